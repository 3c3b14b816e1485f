import numpy as np
import pytest
import torch
from layers import module
from numpy.testing import assert_allclose

from actor_critic_gap.sac import networks


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_an_ensemble_is_its_members() -> None:
    parameters = networks.critics(rng(), 3, 5, 16, "torch")
    inputs = torch.randn(7, 5)
    expected = torch.stack([module(parameters, k)(inputs)[:, 0] for k in range(3)])
    torch.testing.assert_close(networks.values(parameters, inputs), expected)


def test_actions_and_their_exact_density() -> None:
    parameters = [p.double() for p in networks.actor(rng(), 4, 3, 16, "torch")]
    states, noise = torch.randn(6, 4, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64)
    mean, log_std = module(parameters)(states).chunk(2, dim=1)
    base = torch.distributions.Normal(mean, log_std.exp())
    squashed = torch.distributions.TransformedDistribution(base, [torch.distributions.TanhTransform()])
    actions, log_policy = networks.sample(networks.gaussian(parameters, states), noise)
    torch.testing.assert_close(actions, (mean + log_std.exp() * noise).tanh())
    expected = squashed.log_prob(actions).sum(dim=1)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(log_policy, expected, rtol=1e-9, atol=1e-9)


def test_the_density_is_finite_where_tanh_saturates_and_log_std_is_bounded() -> None:
    distribution = networks.Gaussian(torch.tensor([[40.0, -40.0]]), torch.zeros(1, 2))
    actions, log_policy = networks.sample(distribution, torch.zeros(1, 2))
    assert actions.tolist() == [[1.0, -1.0]]
    assert torch.isfinite(log_policy).all()
    parameters = networks.actor(rng(), 2, 1, 8, "torch")
    parameters[-1][0] = torch.tensor([0.0, 1e3])
    assert networks.gaussian(parameters, torch.randn(3, 2)).log_std.max() == 2


def test_the_numpy_actor_is_the_torch_actor_and_follows_its_updates() -> None:
    parameters = networks.actor(rng(), 4, 3, 16, "torch")
    act = networks.NumpyActor(parameters)
    state, noise = rng(1).normal(size=4).astype(np.float32), rng(2).normal(size=3).astype(np.float32)
    for _ in range(2):
        distribution = networks.gaussian(parameters, torch.from_numpy(state)[None])
        expected, _ = networks.sample(distribution, torch.from_numpy(noise))
        assert_allclose(act(state, noise), expected[0], rtol=1e-5, atol=1e-6)
        assert_allclose(act(state), distribution.mean[0].tanh(), rtol=1e-5, atol=1e-6)
        parameters[0] += 0.1


def test_adam_is_that_of_torch() -> None:
    start = [torch.randn(3, 4), torch.randn(5)]
    mine, theirs = ([p.clone().requires_grad_() for p in start] for _ in range(2))
    adam, expected = networks.Adam(mine, 1e-2), torch.optim.Adam(theirs, lr=1e-2)
    for _ in range(20):
        gradients = [torch.randn_like(p) for p in start]
        adam.step(tuple(gradients))
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient
        expected.step()
    for parameter, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(parameter, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("init", "bound"), [("torch", 1 / 20), ("glorot", np.sqrt(6 / (400 + 300)))])
def test_initial_weights_fill_their_bounds(init: str, bound: float) -> None:
    weights, biases = networks._layer(rng(), (2,), 400, 300, init)
    assert weights.abs().max() == pytest.approx(bound, rel=1e-3)
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert biases.abs().max() == (0 if init == "glorot" else pytest.approx(bound, rel=0.02))
