"""The paper's names, in plain text Actor_o, J_q or d_theta, set with subscripts and Greek letters."""

from __future__ import annotations

import re

_GREEK = {"alpha": "α", "gamma": "γ", "delta": "δ", "eta": "η", "theta": "θ", "mu": "μ", "pi": "π", "Pi": "Π"}
_SYMBOL = rf"Actor|[A-Za-z]|{'|'.join(_GREEK)}"
_NAME = rf"\b({_SYMBOL})(~?)_([a-zA-Z0-9]|{'|'.join(_GREEK)})\b|\b({'|'.join(_GREEK)})\b"
_KEPT = r"<(script|style|code|title)\b.*?</\1>|<[^>]+>"


def mathtext(text: str) -> str:
    """Plain text with its names as matplotlib sets them."""

    def write(found: re.Match[str]) -> str:
        base, tilde, index, alone = found.groups()
        if alone:
            return rf"$\{alone}$"
        symbol, below = (f"\\{part}" if part in _GREEK else part for part in (base, index))
        if base == "Actor":
            return f"Actor$_{{{below}}}$"
        accented = f"\\tilde{{{symbol}}}" if tilde else symbol
        return f"${accented}_{{{below}}}$"

    return re.sub(_NAME, write, text.replace("$", r"\$"))


def html(page: str) -> str:
    """HTML with the names in its text set; tags, code, scripts, styles and the title stay as they are."""

    def write(found: re.Match[str]) -> str:
        _, base, tilde, index, alone = found.groups()
        if alone:
            return _GREEK[alone]
        if base is None:
            return found[0]
        accent = "\u0303" if tilde else ""
        return f"{_GREEK.get(base, base)}{accent}<sub>{_GREEK.get(index, index)}</sub>"

    return re.sub(f"(?s){_KEPT}|{_NAME}", write, page)
