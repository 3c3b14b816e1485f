"""What tells runs apart, and a checkpoint from that of another run."""

import pytest

from actor_critic_gap.runs import identity as module
from actor_critic_gap.runs.identity import Identity

RUN = Identity(settings={"algorithm": "sac", "lr": 3e-4}, seeds=[0], source_hash="a" * 16)


def test_a_record_has_the_looked_up_run_only_where_there_is_one() -> None:
    assert RUN.recorded() == {
        "settings": {"algorithm": "sac", "lr": 3e-4},
        "seeds": [0],
        "source_hash": "a" * 16,
    }
    assert RUN.model_copy(update={"source": RUN.recorded()}).recorded()["source"] == RUN.recorded()


def test_the_key_changes_with_everything_but_the_order_of_the_settings() -> None:
    changed = [
        RUN.model_copy(update={"settings": {"algorithm": "sac", "lr": 1e-4}}),
        RUN.model_copy(update={"seeds": [1]}),
        RUN.model_copy(update={"source_hash": "b" * 16}),
        RUN.model_copy(update={"source": RUN.recorded()}),
    ]
    assert len({identity.key() for identity in (RUN, *changed)}) == 5
    assert RUN.model_copy(update={"settings": {"lr": 3e-4, "algorithm": "sac"}}).key() == RUN.key()


def test_the_key_changes_with_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    before = RUN.key()
    monkeypatch.setattr(module, "versions", lambda: {"numpy": "1.0"})
    assert RUN.key() != before
