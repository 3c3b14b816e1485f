"""Pages of other folders as parts of the site."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LINK = re.compile(r'(\]\(|src=")(?!\w+:|#)')


def page(name: str) -> str:
    """A Markdown page of the root."""
    return (ROOT / name).read_text("utf-8")


def moved(text: str, root: str) -> str:
    """Markdown whose links and pictures, relative to the root, lead there from a folder below it.

    Args:
        text: Markdown.
        root: path from that folder to the root.

    """
    return _LINK.sub(rf"\1{root}/", text)
