"""Pages of other folders as parts of the site."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

ON_SITE = {
    "README.md": "docs/index.md",
    "CHANGELOG.md": "docs/site/changelog.md",
    "CONTRIBUTING.md": "docs/site/contributing.md",
    "config/README.md": "docs/site/configuration.md",
}
"""Where pages that lie elsewhere for GitHub's sake stand on the site, all from the root."""

_LINK = re.compile(r'(\]\(|src=")(?!\w+:|#)([^)#"\s]+)')


def page(name: str) -> str:
    """A Markdown page of another folder, with links from the root.

    Args:
        name: its path from the root.

    """
    return moved((ROOT / name).read_text("utf-8"), str(Path(name).parent), ".")


def moved(text: str, before: str, after: str) -> str:
    """Markdown in another folder than before; its links and pictures lead where they did, on the site.

    Args:
        text: Markdown.
        before: the folder in which its links lead somewhere, from the root.
        after: the folder in which they shall.

    """

    def link(found: re.Match[str]) -> str:
        target = os.path.normpath(f"{before}/{found[2]}")
        return found[1] + os.path.relpath(ON_SITE.get(target, target), after)

    return _LINK.sub(link, text)
