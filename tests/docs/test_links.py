"""The check of a built site finds what leads nowhere, and nothing else."""

from pathlib import Path

from extension import links


def site(folder: Path, first: str, second: str = '<h1 id="here">Here</h1>') -> list[str]:
    (folder / "a b").mkdir()
    (folder / "first.html").write_text(first, "utf-8")
    (folder / "a b" / "second.html").write_text(second, "utf-8")
    (folder / "table.csv").write_text("x\n", "utf-8")
    return links.broken(folder)


def test_links_that_lead_somewhere(tmp_path: Path) -> None:
    page = (
        '<a href="a%20b/second.html#here">x</a> <a href="table.csv">x</a> <a href="#own">x</a>'
        '<a href="#">x</a> <img src="data:,"> <a href="https://example.org">x</a> <svg><g id="own"/></svg>'
    )
    assert site(tmp_path, page, '<h1 id="here">x</h1><a href="../first.html">x</a>') == []


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    wrong = ["none.html", "none.csv", "a%20b/second.html#there", "#none"]
    page = "<img src='none.png'>" + "".join(f'<a href="{link}">x</a>' for link in wrong)
    assert site(tmp_path, page) == [f"first.html: {link}: leads nowhere" for link in ["none.png", *wrong]]


def test_files_to_download_are_no_pages(tmp_path: Path) -> None:
    (tmp_path / "_downloads").mkdir()
    (tmp_path / "_downloads" / "explorer.html").write_text('<a href="report.html">x</a>', "utf-8")
    assert site(tmp_path, '<a href="_downloads/explorer.html">x</a>', "") == []
