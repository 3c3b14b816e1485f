"""From a figure back to its runs."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tiny import make_figure, train_run

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance.lineage import KEY, trace

RUNS, TABLE = Path("results/x/runs/four-room"), Path("results/x/fig1.csv")
FIGURE, PDF = Path("figures/x/fig1.png"), Path("figures/x/fig1.pdf")


def made_of(name: str) -> bytes:
    """A sidecar of the figure that says what it was made of."""
    lineage = {"inputs": {name: "0" * 64}, "command": "", "files": {FIGURE.name: "0" * 64}}
    return json.dumps(lineage).encode()


@pytest.mark.parametrize("figure", [FIGURE, PDF])
def test_a_trace_walks_from_figure_to_settings_and_seeds(experiment: Path, figure: Path) -> None:
    lines, problems = trace(figure)
    chain = "\n".join(lines)
    assert problems == []
    parts = (str(figure), "plot fig1", str(TABLE), "aggregate fig1", str(RUNS / "res-ac"), "seeds 0, 1")
    positions = [chain.index(part) for part in parts]
    assert positions == sorted(positions)
    assert "algorithm=stack-ac" in chain


def test_figures_carry_their_lineage(experiment: Path) -> None:
    beside = json.loads(FIGURE.with_suffix(".json").read_text("utf-8"))
    with Image.open(FIGURE) as image:
        carried = json.loads(image.info[KEY])
    assert carried == {key: value for key, value in beside.items() if key != "files"}
    assert set(beside["files"]) == {str(FIGURE), str(PDF)}
    assert carried["inputs"][str(TABLE)].encode() in PDF.read_bytes().replace(b"\\", b"")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (RUNS / "res-ac/progress.csv", "res-ac/progress.csv: changed: sha256"),
        (TABLE, "results/x/fig1.csv: changed: sha256"),
        (FIGURE, "figures/x/fig1.png: changed: sha256"),
        (Path("results/x/four_room.json"), "four_room.json: changed: sha256"),
    ],
)
def test_one_changed_byte_is_named(experiment: Path, changed: Path, named: str) -> None:
    content = bytearray(changed.read_bytes())
    content[-3] ^= 1
    changed.write_bytes(content)
    assert any(named in problem for problem in trace(FIGURE)[1])


def test_a_retrained_run_is_named(experiment: Path) -> None:
    train_run(RUNS / "res-ac", [0, 1], algorithm="res-ac", episodes=20)
    assert any("res-ac/record.json: changed: another run" in problem for problem in trace(FIGURE)[1])


def test_a_run_is_named_by_what_its_record_says_of_it_and_not_of_when(experiment: Path) -> None:
    record = RUNS / "res-ac/record.json"
    content = json.loads(record.read_text("utf-8"))
    record.write_text(json.dumps({**content, "wall_seconds": 1e3, "lock": None}), "utf-8")
    assert trace(FIGURE)[1] == []
    record.write_text(json.dumps({**content, "seeds": [0, 2]}), "utf-8")
    assert trace(FIGURE)[1] == [f"{record}: changed: another run than the table was made of"]


def test_what_is_missing_is_named(experiment: Path) -> None:
    (RUNS / "res-ac/record.json").unlink()
    assert f"{RUNS}/res-ac/record.json: missing" in trace(FIGURE)[1]
    TABLE.with_suffix(".json").unlink()
    with pytest.raises(InvalidInput, match=r"fig1\.json: missing: expected the lineage of a table or figure"):
        trace(FIGURE)
    with pytest.raises(InvalidInput, match=r"nowhere\.png: missing: expected a figure"):
        trace(Path("nowhere.png"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[", "not JSON: expected the lineage of a table or figure"),
        (b"[]", "expected the lineage of a table or figure, a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"{}", "inputs: missing key"),
        (made_of("/etc/passwd"), "expected a path below"),
        (made_of("../a"), "expected a path below"),
        (b'{"inputs": 3, "command": ""}', "inputs = 3"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_sidecar_of_another_kind_is_one_line(experiment: Path, content: bytes, message: str) -> None:
    FIGURE.with_suffix(".json").write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as caught:
        trace(FIGURE)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_made_of_itself_is_one_line(experiment: Path) -> None:
    lineage = {"inputs": {str(TABLE): "0" * 64}, "command": "", "files": {TABLE.name: "0" * 64}}
    TABLE.with_suffix(".json").write_text(json.dumps(lineage), "utf-8")
    with pytest.raises(InvalidInput, match=r"fig1\.csv is made of itself"):
        trace(FIGURE)


def test_another_picture_under_the_same_name_is_named(experiment: Path) -> None:
    with Image.open(FIGURE) as image:
        image.save(FIGURE)  # loses the lineage
    assert any("figures/x/fig1.png: changed: sha256" in problem for problem in trace(FIGURE)[1])
    FIGURE.write_bytes(b"no picture")
    with pytest.raises(InvalidInput, match="not a PNG figure"):
        trace(FIGURE)


def test_a_figure_somewhere_else_or_under_another_name_is_held_against_its_own_bytes(
    experiment: Path,
) -> None:
    forged = Path("forged/fig1.png")
    forged.parent.mkdir()
    forged.with_suffix(".json").write_bytes(FIGURE.with_suffix(".json").read_bytes())
    forged.write_bytes(FIGURE.read_bytes() + b" ")
    assert any("forged/fig1.png: changed: sha256" in problem for problem in trace(forged)[1])
    other = FIGURE.with_suffix(".jpg")
    other.write_bytes(FIGURE.read_bytes())
    with pytest.raises(InvalidInput, match=r"not the lineage of fig1\.jpg: expected fig1\.png, fig1\.pdf"):
        trace(other)


def test_sidecars_are_the_same_bytes_again(experiment: Path) -> None:
    before = [path.with_suffix(".json").read_bytes() for path in (TABLE, FIGURE)]
    make_figure()
    assert [path.with_suffix(".json").read_bytes() for path in (TABLE, FIGURE)] == before
