"""Pages in a real browser."""

from pathlib import Path

from playwright.sync_api import Browser, Page


def opened(browser: Browser, path: Path, width: int) -> tuple[Page, list[str]]:
    """A page in a window of this width, and what the browser has to say about it, now and later."""
    page, said = browser.new_page(viewport={"width": width, "height": 900}), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.goto(path.as_uri())
    return page, said
