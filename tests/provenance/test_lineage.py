"""From a figure back to its runs, in an experiment of two tiny runs that the command line makes."""

import json
from pathlib import Path

import pytest
from PIL import Image

from actor_critic_gap.cli.main import main
from actor_critic_gap.provenance.lineage import KEY

RUNS, TABLE = Path("results/x/runs/four-room"), Path("results/x/fig1.csv")
FIGURE, PDF = Path("figures/x/fig1.png"), Path("figures/x/fig1.pdf")


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    commands = [
        f"train --algorithm {algorithm} --episodes 10 --seeds 2 --output {RUNS / algorithm}"
        for algorithm in ("res-ac", "stack-ac")
    ]
    commands += [
        "describe --output results/x/four_room.json",
        f"aggregate fig1 {RUNS / 'res-ac'} {RUNS / 'stack-ac'} --seeds 2 --output {TABLE}",
        f"plot fig1 {TABLE} --environment results/x/four_room.json --output {FIGURE} {PDF}",
    ]
    for command in commands:
        assert main(command.split()) == 0
    return tmp_path


def why(capsys: pytest.CaptureFixture[str], figure: Path = FIGURE) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["why", str(figure)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_why_walks_from_figure_to_settings_and_seeds(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for figure in (FIGURE, PDF):
        code, chain, errors = why(capsys, figure)
        assert (code, errors) == (0, "")
        positions = [
            chain.index(part)
            for part in (
                str(figure),
                "plot fig1",
                str(TABLE),
                "aggregate fig1",
                str(RUNS / "res-ac"),
                "seeds 0, 1",
            )
        ]
        assert positions == sorted(positions)
        assert "algorithm=stack-ac" in chain


def test_figures_carry_their_passport(experiment: Path) -> None:
    beside = json.loads(FIGURE.with_suffix(".json").read_text())
    with Image.open(FIGURE) as image:
        carried = json.loads(image.info[KEY])
    assert carried == {key: value for key, value in beside.items() if key != "files"}
    assert set(beside["files"]) == {str(FIGURE), str(PDF)}
    assert b"/Keywords" in PDF.read_bytes()
    assert carried["settings"].encode() in PDF.read_bytes().replace(b"\\", b"")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (RUNS / "res-ac" / "progress.csv", "res-ac/progress.csv: sha256"),
        (TABLE, "results/x/fig1.csv: sha256"),
        (FIGURE, "figures/x/fig1.png: sha256"),
        (Path("results/x/four_room.json"), "four_room.json: sha256"),
    ],
)
def test_one_changed_byte_is_named(
    experiment: Path, capsys: pytest.CaptureFixture[str], changed: Path, named: str
) -> None:
    content = bytearray(changed.read_bytes())
    content[-3] ^= 1
    changed.write_bytes(content)
    code, _, errors = why(capsys)
    assert code == 2
    assert "no longer matches" in errors
    assert named in errors


def test_a_retrained_run_is_named(experiment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(f"train --algorithm res-ac --episodes 20 --seeds 2 --output {RUNS / 'res-ac'}".split()) == 0
    _, _, errors = why(capsys)
    assert "res-ac/progress.csv: sha256" in errors
    assert "res-ac/record.json: other settings than the table was made of" in errors


def test_what_is_missing_is_named(experiment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (RUNS / "res-ac" / "record.json").unlink()
    assert "res-ac/record.json: missing" in why(capsys)[2]
    TABLE.with_suffix(".json").unlink()
    assert "fig1.json: missing: expected what tells where results come from" in why(capsys)[2]
    FIGURE.with_suffix(".json").write_text("[")
    assert "fig1.json: expected a JSON object with command, files, inputs, settings" in why(capsys)[2]
    assert "nowhere.png: missing: expected a figure" in why(capsys, Path("nowhere.png"))[2]


def test_another_picture_under_the_same_name_is_named(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(FIGURE) as image:
        image.save(FIGURE)  # loses the passport
    assert "figures/x/fig1.png: sha256" in why(capsys)[2]


def test_a_figure_somewhere_else_or_under_another_name_is_held_against_its_own_bytes(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = Path("forged/fig1.png")
    forged.parent.mkdir()
    forged.with_suffix(".json").write_bytes(FIGURE.with_suffix(".json").read_bytes())
    forged.write_bytes(FIGURE.read_bytes() + b" ")
    assert "forged/fig1.png: sha256" in why(capsys, forged)[2]
    other = FIGURE.with_suffix(".jpg")
    other.write_bytes(FIGURE.read_bytes())
    assert "not the passport of fig1.jpg: expected fig1.png, fig1.pdf" in why(capsys, other)[2]


def test_passports_are_the_same_bytes_again(experiment: Path) -> None:
    before = [path.with_suffix(".json").read_bytes() for path in (TABLE, FIGURE)]
    command = f"aggregate fig1 {RUNS / 'res-ac'} {RUNS / 'stack-ac'} --seeds 2 --output {TABLE}"
    assert main(command.split()) == 0
    command = f"plot fig1 {TABLE} --environment results/x/four_room.json --output {FIGURE} {PDF}"
    assert main(command.split()) == 0
    assert [path.with_suffix(".json").read_bytes() for path in (TABLE, FIGURE)] == before
