"""The digest of code: what changes it, what does not, and that every Python here agrees on it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.runs import digest as module
from actor_critic_gap.runs.digest import digest

SAC, TABULAR = "sac.family.train", "tabular.family.train"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, which digests are taken of."""
    copy = tmp_path / module.PACKAGE.name
    shutil.copytree(module.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "PACKAGE", copy)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_comments_docstrings_annotations_and_formatting_do_not_count(package: Path) -> None:
    before = digest(TABULAR)
    kernels = package / "tabular/kernels.py"
    edit(kernels, '"""One descent step', '"""A single descent step')
    edit(kernels, "state.steps[0] += 1", "state.steps[0] += (\n        1\n    )  # step")
    edit(kernels, "state: AdamState, lr: float) -> None", "state: 'AdamState', lr: 'object')")
    edit(package / "tabular/settings.py", '"Adam step of the critic (Table 2)"', '"the critic\'s step"')
    assert digest(TABULAR) == before


def test_a_constant_counts_for_all_that_use_it_and_for_nothing_else(package: Path) -> None:
    roots = (SAC, TABULAR, "evidence.robustness.train", "figures.fig1.FIGURE")
    before = [digest(root) for root in roots]
    edit(package / "tabular/kernels.py", "ADAM_EPSILON = 0.9, 0.999", "ADAM_EPSILON = 0.9, 0.99")
    after = [digest(root) for root in roots]
    assert [a != b for a, b in zip(before, after, strict=True)] == [False, True, True, False]
    edit(package / "figures/style.py", '"legend.fontsize": 8', '"legend.fontsize": 9')
    final = [digest(root) for root in roots]
    assert [a != b for a, b in zip(after, final, strict=True)] == [False, False, False, True]


def test_a_renamed_file_is_no_other_code(package: Path) -> None:
    before = digest(SAC)
    (package / "sac/td.py").rename(package / "sac/temporal_difference.py")
    for path in (package / "sac").glob("*.py"):
        text = path.read_text("utf-8")
        text = re.sub(r"\bsac\.td\b", "sac.temporal_difference", text)
        text = text.replace("import compiled, losses, networks, td", "import compiled, losses, networks")
        if path.name == "backends.py":
            text = text.replace(
                "from actor_critic_gap.sac.networks import",
                "from actor_critic_gap.sac import temporal_difference as td\n"
                "from actor_critic_gap.sac.networks import",
                1,
            )
        path.write_text(text, "utf-8")
    assert digest(SAC) == before


def test_a_moved_function_is_no_other_code(package: Path) -> None:
    before = digest(SAC)
    stackelberg, moved = package / "sac/stackelberg.py", package / "sac/ridge.py"
    text = stackelberg.read_text("utf-8")
    start = text.index("def weights(")
    end = text.index("\n\n\n", start)
    stackelberg.write_text(text[:start] + text[end:], "utf-8")
    here = "from torch import Tensor"
    edit(stackelberg, here, f"from actor_critic_gap.sac.ridge import weights\n{here}")
    moved.write_text(f"import torch\nfrom torch import Tensor\n\n\n{text[start:end]}\n", "utf-8")
    assert digest(SAC) == before
    edit(moved, "= eta *", "= 2 * eta *")
    assert digest(SAC) != before


def test_two_definitions_of_one_name_are_told_apart(package: Path) -> None:
    (package / "one.py").write_text("def f():\n    return 1\n")
    (package / "two.py").write_text("def f():\n    return 2\n")
    user = package / "user.py"
    text = "from actor_critic_gap import one, two\n\n\ndef g():\n    return {}.f() - {}.f()\n"
    user.write_text(text.format("one", "two"))
    before = digest("user.g")
    user.write_text(text.format("two", "one"))
    assert digest("user.g") != before


def test_a_local_name_hides_a_definition(package: Path) -> None:
    (package / "user.py").write_text("x = 1\n\n\ndef g(x):\n    return [x for _ in range(3)]\n")
    before = digest("user.g")
    edit(package / "user.py", "x = 1", "x = 2")
    assert digest("user.g") == before
    edit(package / "user.py", "def g(x)", "def g(y)")
    changed = digest("user.g")
    edit(package / "user.py", "x = 2", "x = 3")
    assert digest("user.g") != changed


def test_what_is_imported_within_a_function_counts(package: Path) -> None:
    before = digest("evidence.robustness.train")
    edit(package / "evidence/claims.py", "least <= low and high <= most", "least < low and high <= most")
    assert digest("evidence.robustness.train") != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def g():\n    return eval('f()')\n", "eval hides what code"),
        (
            "import importlib\n\n\ndef g():\n    return importlib.import_module('x')\n",
            "importlib.import_module hides",
        ),
        ("from actor_critic_gap.mdp.finite_mdp import *\n\n\ndef g():\n    return 1\n", "expected a full"),
        ("", "user.g: not defined"),
    ],
)
def test_code_whose_meaning_cannot_be_read_off_is_refused(package: Path, text: str, message: str) -> None:
    (package / "user.py").write_text(text)
    with pytest.raises(ValueError, match=message):
        digest("user.g")


def interpreters() -> list[Path]:
    """Every Python of 3.11 to 3.14 that can be found here."""
    places = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    places += [path / "bin" for path in Path.home().glob(".pyenv/versions/*")]
    names = [place / f"python3.{minor}" for place in places for minor in (11, 12, 13, 14)]
    return [path for path in names if path.is_file() and "shims" not in path.parts]


def test_every_python_agrees() -> None:
    """`digest` needs the standard library only; of other Pythons nothing else is asked."""
    code = (
        "import sys, importlib.util as u; "
        f"s = u.spec_from_file_location('digest', {str(module.__file__)!r}); "
        "m = u.module_from_spec(s); sys.modules['digest'] = m; s.loader.exec_module(m); "
        f"print([m.digest(*r) for r in {[family.roots for family in FAMILIES]!r}])"
    )
    expected = str([family.source_hash for family in FAMILIES])
    found = {sys.executable: expected}
    for python in interpreters():
        ran = subprocess.run([python, "-c", code], capture_output=True, text=True)
        assert ran.returncode == 0, f"{python}: {ran.stderr}"
        found[str(python)] = ran.stdout.strip()
    assert set(found.values()) == {expected}, found
