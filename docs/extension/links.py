"""Whether every link within a built site leads somewhere; nothing is asked of the network."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

DOWNLOADS = "_downloads"
"""Sphinx's folder of files that pages offer."""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = {"", "top"}
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key in ("id", "name"):
                self.places.add(value or "")
            elif key in ("href", "src"):
                self.links.append(value or "")


def broken(site: Path) -> list[str]:
    """The links that lead nowhere, each with its page; those to other hosts are not followed.

    Args:
        site: folder of HTML pages.

    """
    # what is there to be downloaded leads to what lies beside it elsewhere
    written = (path for path in sorted(site.rglob("*.html")) if DOWNLOADS not in path.parts)
    pages = {path.resolve(): _Page() for path in written}
    for path, page in pages.items():
        page.feed(path.read_text("utf-8"))
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages.get(target)
            if not target.exists() or (known and unquote(parts.fragment) not in known.places):
                wrong.append(f"{path.relative_to(site.resolve())}: {link}: leads nowhere")
    return wrong


if __name__ == "__main__":
    found = broken(Path(sys.argv[1]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
