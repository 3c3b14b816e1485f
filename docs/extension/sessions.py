"""Whether the Python sessions of a page print what it shows: `python docs/extension/sessions.py PAGE`."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path


def run(page: Path) -> doctest.TestResults:
    """Run the `pycon` blocks of a Markdown page, one after the other, and print where they differ."""
    text = page.read_text("utf-8")
    session = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    test = doctest.DocTestParser().get_doctest(session, {}, page.name, str(page), 0)
    return doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])).failed > 0)
