import numpy as np

from actor_critic_gap.sac.replay_buffer import ReplayBuffer


def row(i: int) -> tuple[np.ndarray, np.ndarray, float, bool, np.ndarray]:
    return (
        np.full(3, i, np.float32),
        np.full(2, -i, np.float32),
        10.0 * i,
        i % 2 == 0,
        np.full(3, i + 0.5, np.float32),
    )


def test_minibatches_are_stored_transitions() -> None:
    replay = ReplayBuffer(100, 3, 2)
    for i in range(20):
        replay.add(*row(i))
    batches = replay.sample(np.random.default_rng(0), 4, 50)
    assert batches.inputs.shape == (4, 50, 5)
    assert batches.next_states.shape == (4, 50, 3)
    index = batches.inputs[..., 0]
    assert (batches.inputs[..., 3:] == -index[..., None]).all()
    assert (batches.rewards == 10 * index).all()
    assert (batches.terminated == (index % 2 == 0)).all()
    assert (batches.next_states == index[..., None] + 0.5).all()
    assert set(index.flatten().tolist()) == set(range(20))


def test_the_oldest_give_way_when_full() -> None:
    replay = ReplayBuffer(8, 3, 2)
    for i in range(20):
        replay.add(*row(i))
    assert len(replay) == 8
    kept = replay.sample(np.random.default_rng(0), 1, 500).inputs[..., 0]
    assert set(kept.flatten().tolist()) == set(range(12, 20))
