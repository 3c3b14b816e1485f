import gymnasium
import numpy as np
import probes  # noqa: F401 (registers the environments)
import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.environments import Environment, episode_seed


def test_actions_fill_the_box_and_observations_are_flat() -> None:
    environment = Environment("probes/Acted-v0")
    assert (environment.n_states, environment.n_actions, environment.episode_length) == (1, 1, 100)
    for action, reward in ((-1.0, -9.0), (0.5, 0.0), (1.0, -1.0)):  # of -(a - 1)^2 with a in [-2, 2]
        state = environment.reset(0)
        assert state.shape == (1,)
        _, found, terminated, truncated = environment.step(np.array([action], np.float32))
        assert found == pytest.approx(reward)
        assert (terminated, truncated) == (True, False)


def test_an_episode_that_is_cut_off_is_not_terminated() -> None:
    environment = Environment("probes/CutOff-v0")
    environment.reset(0)
    assert environment.step(np.zeros(1, np.float32))[2:] == (False, True)


def test_an_episode_repeats_under_its_seed() -> None:
    environment = Environment("Pendulum-v1")
    seeds = [episode_seed(0, 1, 2), episode_seed(0, 1, 2), episode_seed(0, 2, 1), episode_seed(1, 1, 2)]
    starts = [environment.reset(seed).tolist() for seed in seeds]
    assert starts[0] == starts[1]
    assert len({tuple(start) for start in starts}) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("probes/Discreet-v0", r"action space Discrete\(3\): expected a bounded Box"),
        ("actor_critic_gap/FourRoom-v0", r"action space Discrete\(4\): expected a bounded Box"),
        ("probes/Endless-v0", "no time limit: expected one, or episodes may never end"),
        ("NoSuch-v7", "environment = 'NoSuch-v7': .*: expected the id of an installed gymnasium environment"),
        ("no such\nid", "environment = 'no such.nid': .*: expected the id of an installed gymnasium"),
    ],
)
def test_environments_that_cannot_be_learned_are_refused_in_one_line(name: str, message: str) -> None:
    if "probes/Endless-v0" not in gymnasium.registry:
        gymnasium.register("probes/Endless-v0", entry_point="probes:Constant")
    with pytest.raises(InvalidInput, match=message) as error:
        Environment(name)
    assert "\n" not in str(error.value)
