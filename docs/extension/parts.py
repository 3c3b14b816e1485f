"""The extension itself: parts of pages that are made, and formulas in MathML, which needs no script."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from extension import equations, gallery, pages, reference
from extension.pages import ROOT

MADE: dict[str, Callable[..., str]] = {
    "equations": equations.page,
    "file": pages.page,
    "gallery": gallery.page,
    "reference": reference.page,
    "thumbnails": gallery.thumbnails,
}


class Made(SphinxDirective):
    """`{made} gallery results/paper figures/paper`: the Markdown that is made so of these arguments.

    Its links and the arguments are relative to the root of the repository.
    """

    required_arguments = 1
    optional_arguments = 99

    def run(self) -> list[nodes.Node]:
        """The nodes of the Markdown that is made."""
        self.env.note_reread()
        name, *arguments = self.arguments
        with contextlib.chdir(ROOT):
            text = MADE[name](*arguments)
        text = pages.moved(text, ".", _folder(self.env.docname))
        parsed: list[nodes.Node] = self.parse_text_to_nodes(text, allow_section_headings=True)
        return parsed


def _folder(page: str) -> str:
    return str(Path("docs", page).parent)


def _link_to_the_site(app: Sphinx, page: str, content: list[str]) -> None:
    content[0] = pages.moved(content[0], _folder(page), _folder(page))


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _display(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>\n')
    raise nodes.SkipNode


def _complete(app: Sphinx, what: str, name: str, documented: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [re.sub(r"[|*]", r"\\\g<0>", line) for line in lines]  # as in pi(a|s), not reST's markup
    if what in ("attribute", "data", "property"):
        lines[:] = reference.as_written(lines)
    if what == "class":
        lines += reference.fields(documented)


def _shorten(
    app: Sphinx,
    what: str,
    name: str,
    documented: Any,
    options: Any,
    signature: str | None,
    returned: str | None,
) -> tuple[str, str] | None:
    if signature is None:
        return None
    if what == "class" and reference.fields(documented):
        return "", ""  # the keys say it all
    return reference.short(signature), reference.short(returned or "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add what `conf.py` asks for."""
    app.add_directive("made", Made)
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    app.connect("source-read", _link_to_the_site)
    app.connect("autodoc-process-docstring", _complete)
    app.connect("autodoc-process-signature", _shorten)
    return {"parallel_read_safe": True}
