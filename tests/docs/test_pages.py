"""Every page of the site can be reached, and every public module stands on one page of the reference."""

import re
from pathlib import Path
from typing import Annotated

import pytest
import yaml
from extension import equations, pages, reference
from pydantic import BaseModel, Field

from actor_critic_gap.sac.settings import SACSettings

DOCS = pages.ROOT / "docs"


def toctree(page: Path) -> list[Path]:
    listed = re.findall(r"```\{toctree\}\n(?:[:\w -]+\n)*\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return [page.parent / f"{name}.md" for block in listed for name in block.split()]


def test_every_page_is_in_a_table_of_contents() -> None:
    index, reference_index = DOCS / "index.md", DOCS / "site" / "api" / "index.md"
    listed = [index, *toctree(index), *toctree(reference_index)]
    assert sorted(listed) == sorted(DOCS.rglob("*.md"))


def test_every_public_module_is_on_one_page_of_the_reference() -> None:
    package = equations.PACKAGE
    rooms = [path.name for path in package.iterdir() if (path / "__init__.py").is_file()]
    files = [path.stem for path in package.glob("[!_]*.py")]
    public = sorted(module for name in rooms + files for module in reference.modules(name))
    assert "actor_critic_gap.mdp.finite_mdp" in public
    documented = []
    for page in (DOCS / "site" / "api").glob("*.md"):
        for rooms in re.findall(r"\{made\} reference (.*)", page.read_text("utf-8")):
            documented += re.findall(r"automodule:: (\S+)", reference.page(*rooms.split()))
    assert sorted(documented) == public


class Settings(BaseModel):
    size: int
    shape: list[Annotated[int, Field(gt=0)]] = Field([], description="rows, columns")


def test_settings_are_described_with_type_and_default() -> None:
    assert reference.fields(Settings)[3:] == ["* ``size: int``", "* ``shape: list[int] = []``: rows, columns"]
    assert any(line.startswith("* ``clip: ") for line in reference.fields(SACSettings))
    assert reference.fields(int) == reference.fields(BaseModel) == reference.fields(len) == []


def test_a_colon_in_the_words_on_an_attribute_does_not_make_a_type_of_them() -> None:
    split = ["algorithm-x-y.", "", ":type: The paper's name"]
    assert reference.as_written(split) == ["The paper's name: algorithm-x-y.", ""]
    assert reference.as_written(["Its size.", ""]) == ["Its size.", ""]
    assert reference.as_written(["Alias for field number 0", ""]) == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[x](docs/a.md#b)", "[x](a.md#b)"),
        ("![x](figures/a.png)", "![x](../figures/a.png)"),
        ('<img src="figures/a.gif" width="3">', '<img src="../figures/a.gif" width="3">'),
        ("[![x](a.png)](#b)", "[![x](../a.png)](#b)"),
        ("[x](https://example.org)", "[x](https://example.org)"),
        ("[x](#here)", "[x](#here)"),
        ("[x](CONTRIBUTING.md#here)", "[x](site/contributing.md#here)"),
    ],
)
def test_links_lead_where_they_did(link: str, expected: str) -> None:
    assert pages.moved(link, ".", "docs") == expected


def test_a_page_of_another_folder_has_links_from_the_root() -> None:
    assert "](config/quick.yaml)" in pages.page("config/README.md")
    assert "](docs/claims.md)" in pages.page("config/README.md")


def test_pages_that_lie_elsewhere_are_on_the_site() -> None:
    for page, on_site in pages.ON_SITE.items():
        assert f"{{made}} file {page}\n" in (pages.ROOT / on_site).read_text("utf-8")


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (
            "(x: ~numpy.ndarray[tuple[~typing.Any, ...], ~numpy.dtype[~numpy.float32]], y: float)",
            "(x: ~numpy.typing.NDArray[~numpy.float32], y: float)",
        ),
        ("(x: dict[str, int])", "(x: dict[str, int])"),
    ],
)
def test_signatures_are_short(signature: str, expected: str) -> None:
    assert reference.short(signature) == expected


def test_the_workflow_catalogue_finds_what_it_reads() -> None:
    shown = yaml.safe_load((pages.ROOT / ".snakemake-workflow-catalog.yml").read_text("utf-8"))
    assert set(shown["usage"]) == {"mandatory-flags", "software-stack-deployment"}
    readme = (pages.ROOT / "README.md").read_text("utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert list((pages.ROOT / "workflow" / "rules").glob("*.smk"))
