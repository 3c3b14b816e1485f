from pathlib import Path

import pytest
from PIL import Image

from actor_critic_gap.cli.main import main


def test_a_trained_policy_becomes_a_moving_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = "--environment-steps 400 --warmup-steps 200 --critic-updates 1 --hidden-units 8"
    train = f"train sac --env Pendulum-v1 --algorithm sac --seed 0 {sizes} --evaluation-interval 20"
    assert main([*train.split(), "--evaluation-episodes", "1", "--output", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["watch", str(tmp_path), "--steps", "10"]) == 0
    assert f"wrote {tmp_path / 'policy.gif'}" in capsys.readouterr().out
    with Image.open(tmp_path / "policy.gif") as picture:
        assert picture.n_frames >= 8  # type: ignore[attr-defined]
        assert picture.size == (500, 500)


def test_a_tabular_run_has_nothing_to_watch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "sampled", "--episodes", "10", "--output", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["watch", str(tmp_path)]) == 2
    assert "algorithm = 'res-ac': expected a run of sac, stack-sac, res-sac" in capsys.readouterr().err
