"""The compiled functions against torch in float64, on networks and minibatches of any shape."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from actor_critic_gap.sac import backends, compiled, networks, stackelberg, td
from actor_critic_gap.sac.backends import BACKENDS, Climbed
from actor_critic_gap.sac.networks import Adam
from actor_critic_gap.sac.td import Critic, Regression

NUMBA = BACKENDS["numba"]
sizes = st.integers(1, 70)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def normal(generator: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))


def critic(n: int, inputs: int, hidden: int, dtype: torch.dtype = torch.float32) -> Critic:
    parameters = [p.to(dtype) for p in networks.critics(rng(), n, inputs, hidden, "torch")]
    return Critic.create(parameters, lr=1e-3)


def minibatches(m: int, batch: int, inputs: int, members: int = 1, **further: Any) -> Regression:
    generator = rng(1)
    x, base = normal(generator, m, batch, inputs), normal(generator, m, members, batch)
    discount = 0.99 * (normal(generator, m, batch) > -1).float()
    return Regression(x, base, discount, normal(generator, m, batch, inputs), 0.05, **further)


def part(data: Regression, chosen: slice, dtype: torch.dtype = torch.float32) -> Regression:
    inputs, base, discount, next_inputs = (tensor[chosen].to(dtype) for tensor in data[:4])
    return Regression(inputs, base, discount, next_inputs, data.tau, data.own, data.bound)


def double(data: Regression) -> Regression:
    return part(data, slice(None), torch.float64)


def relative_error(mine: list[Tensor], exact: list[Tensor]) -> float:
    a, b = (torch.cat([t.detach().double().flatten() for t in tensors]) for tensors in (mine, exact))
    return float((a - b).norm() / b.norm())


@given(sizes, sizes, sizes, st.booleans())
@settings(max_examples=40, deadline=None)
def test_products_of_any_shape(m: int, k: int, n: int, transposed: bool) -> None:
    a, b = rng(0).standard_normal((m, k), np.float32), rng(1).standard_normal((k, n), np.float32)
    if transposed:
        a = np.ascontiguousarray(a.T).T
    c = np.full((m, n), np.nan, np.float32)
    compiled.product(a, b, c)
    np.testing.assert_allclose(c, a.astype(float) @ b, rtol=0, atol=2e-6 * k)


@given(n=st.integers(1, 3), inputs=sizes, hidden=sizes, rows=st.integers(1, 300), actions=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_passes_through_networks_of_any_shape(
    n: int, inputs: int, hidden: int, rows: int, actions: int
) -> None:
    x = normal(rng(1), rows, inputs)
    ensemble = networks.critics(rng(), n, inputs, hidden, "glorot")
    exact = networks.values([p.double() for p in ensemble], x.double())
    assert (NUMBA.values(ensemble, x) - exact).abs().max() < 1e-5
    actor = networks.actor(rng(), inputs, actions, hidden, "glorot")
    expected = networks.gaussian([p.double() for p in actor], x.double())
    for part, exact in zip(NUMBA.gaussian(actor, x), expected, strict=True):
        assert part.shape == exact.shape
        assert (part - exact).abs().max() < 1e-5


def distances_to_kinks(parameters: list[Tensor], inputs: Tensor) -> Tensor:
    """Of each row the least distance from zero of what goes into a rectified linear unit: (B,)."""
    w1, b1, w2, b2 = (parameter.detach() for parameter in parameters[:4])
    first = inputs @ w1 + b1
    second = first.relu() @ w2 + b2
    return torch.cat([first, second], dim=2).abs().amin(dim=(0, 2))


def clear_of_kinks(exact: Critic, data: Regression) -> Regression:
    """A minibatch without the rows so close to one that any rounding may switch a unit.

    Adam makes a full step of that.
    """
    one = double(data)
    distances = torch.minimum(
        distances_to_kinks(exact.parameters, one.inputs), distances_to_kinks(exact.targets, one.next_inputs)
    )
    (rows,) = torch.where(distances > 5e-7)
    inputs, next_inputs = (tensor[:, rows] for tensor in (data.inputs, data.next_inputs))
    base, discount = (tensor[..., rows] for tensor in (data.base, data.discount))
    return data._replace(inputs=inputs, base=base, discount=discount, next_inputs=next_inputs)


@given(
    n=st.integers(1, 3),
    inputs=st.integers(1, 40),
    hidden=st.integers(1, 50),
    batch=st.integers(1, 40),
    own=st.booleans(),
    bound=st.sampled_from([0.5, float("inf")]),
)
@settings(max_examples=30, deadline=None)
def test_twenty_updates_of_any_shape(
    n: int, inputs: int, hidden: int, batch: int, own: bool, bound: float
) -> None:
    mine, exact = critic(n, inputs, hidden), critic(n, inputs, hidden, torch.float64)
    data = minibatches(20, batch, inputs, n if own else 1, own=own, bound=bound)
    NUMBA.regress(mine, data)
    for i in range(20):
        one = part(data, slice(i, i + 1))
        assume(clear_of_kinks(exact, one).inputs.shape == one.inputs.shape)
        td.regress(exact, double(one))
    assert relative_error(mine.parameters, exact.parameters) < 1e-5
    assert relative_error(mine.targets, exact.targets) < 1e-5
    assert mine.optimiser.steps == 20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("own", [False, True])
def test_twenty_updates_at_the_papers_size(backend: str, own: bool) -> None:
    """Two critics of HalfCheetah as in Table 3."""
    mine, exact = critic(2, 23, 128), critic(2, 23, 128, torch.float64)
    data = minibatches(20, 128, 23, 2 if own else 1, own=own)
    for i in range(20):
        one = clear_of_kinks(exact, part(data, slice(i, i + 1)))
        assert one.inputs.shape[1] > 120
        BACKENDS[backend].regress(mine, one)
        td.regress(exact, double(one))
    assert relative_error(mine.parameters, exact.parameters) < 1e-5
    assert relative_error(mine.targets, exact.targets) < 1e-5


@given(n=st.integers(1, 3), inputs=sizes, hidden=sizes, batch=sizes)
@settings(max_examples=20, deadline=None)
def test_losses_and_errors_of_any_shape(n: int, inputs: int, hidden: int, batch: int) -> None:
    data = minibatches(1, batch, inputs)
    mine = NUMBA.regress(critic(n, inputs, hidden), data)
    exact = td.regress(critic(n, inputs, hidden, torch.float64), double(data))
    for a, b in zip(mine, exact, strict=True):
        assert a.shape == b.shape
        assert relative_error([a], [b]) < 1e-5


@given(
    n=st.integers(1, 3),
    res=st.integers(0, 2),
    states=st.integers(1, 20),
    actions=st.integers(1, 7),
    hidden=st.integers(1, 50),
    batch=st.integers(1, 40),
    wild=st.booleans(),
    own=st.booleans(),
    weighted=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_the_actors_gradient_of_any_shape(
    n: int,
    res: int,
    states: int,
    actions: int,
    hidden: int,
    batch: int,
    wild: bool,
    own: bool,
    weighted: bool,
) -> None:
    res = n if own and res else res
    s, eps = normal(rng(1), batch, states), normal(rng(2), batch, actions)
    actor = [p.requires_grad_() for p in networks.actor(rng(), states, actions, hidden, "torch")]
    if wild:  # log std beyond both bounds, and actions at the ends of their range
        with torch.no_grad():
            actor[5] += 30 * normal(rng(3), 1, 2 * actions)
    critics = networks.critics(rng(4), n, states + actions, hidden, "glorot")
    res_critics = networks.critics(rng(5), res, states + actions, hidden, "glorot") if res else None
    weights = normal(rng(6), batch) if weighted else None
    climbed = Climbed(critics, res_critics, own, weights)
    mine = NUMBA.actor_step(actor, climbed, s, eps, torch.tensor(0.3))
    exact = backends.actor_step(
        [p.detach().double().requires_grad_() for p in actor],
        Climbed(
            [p.double() for p in critics],
            None if res_critics is None else [p.double() for p in res_critics],
            own,
            None if weights is None else weights.double(),
        ),
        s.double(),
        eps.double(),
        torch.tensor(0.3, dtype=torch.float64),
    )
    assert relative_error(list(mine.gradient), list(exact.gradient)) < 1e-5
    for a, b in zip(mine[1:], exact[1:], strict=True):
        assert (a is None) == (b is None)
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            torch.testing.assert_close(a.double(), b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("broken", [0, 1])
def test_the_value_of_a_critic_that_is_not_a_number_shows_in_the_actors_step(broken: int, own: bool) -> None:
    actor = [p.requires_grad_() for p in networks.actor(rng(), 3, 1, 8, "torch")]
    critics, res_critics = (networks.critics(rng(k), 2, 4, 8, "torch") for k in (4, 5))
    critics[5][broken] = torch.nan
    climbed = Climbed(critics, res_critics if own else None, own)
    given = (actor, climbed, normal(rng(1), 6, 3), normal(rng(2), 6, 1), torch.tensor(0.3))
    assert backends.actor_step(*given).q.isnan().all()
    assert NUMBA.actor_step(*given).q.isnan().all()


def test_both_actors_act_alike_and_follow_their_parameters() -> None:
    parameters = networks.actor(rng(), 5, 3, 24, "torch")
    numba, plain = (BACKENDS[name].actor(parameters) for name in ("numba", "torch"))
    state, noise = normal(rng(1), 5).numpy(), normal(rng(2), 3).numpy()
    for _ in range(2):
        for given_noise in (noise, None):
            np.testing.assert_allclose(numba(state, given_noise), plain(state, given_noise), atol=1e-6)
        for parameter in parameters:
            parameter *= 1.5


def test_calls_go_on_from_where_the_last_one_ended_to_the_same_bytes() -> None:
    data = minibatches(6, 32, 9)
    at_once, in_parts = critic(2, 9, 48), critic(2, 9, 48)
    NUMBA.regress(at_once, data)
    for chosen in (slice(0, 1), slice(1, 4), slice(4, 6)):
        NUMBA.regress(in_parts, part(data, chosen))
    for p, q in zip(at_once.state, in_parts.state, strict=True):
        assert torch.equal(p, q)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["inputs", "base", "next inputs", "parameters", "targets"])
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("bound", [1.0, float("inf")])
def test_what_is_not_finite_shows_in_the_loss(place: str, poison: float, own: bool, bound: float) -> None:
    mine = critic(2, 5, 33)
    data = minibatches(2, 9, 5, 2, own=own, bound=bound)
    data.discount[:] = 0.99
    tensors = {
        "inputs": data.inputs,
        "base": data.base,
        "next inputs": data.next_inputs,
        "parameters": mine.optimiser.parameters[4],
        "targets": mine.targets[4],
    }
    tensors[place].view(-1)[0] = poison
    losses, _ = NUMBA.regress(mine, data)
    infinite = not np.isnan(poison) and place in ("base", "targets", "next inputs")
    assert (not torch.isfinite(losses[-1])) or (infinite and bound == 1.0)  # an infinite y is bounded


@given(n=st.integers(1, 3), inputs=sizes, hidden=st.integers(2, 70), batch=st.integers(2, 70))
@settings(max_examples=20, deadline=None)
def test_the_critics_response_of_any_shape(n: int, inputs: int, hidden: int, batch: int) -> None:
    critics = networks.critics(rng(), n, inputs, hidden, "torch")
    x, acted = normal(rng(1), batch, inputs), normal(rng(2), batch, inputs)
    exact = stackelberg.response([p.double() for p in critics], x.double(), acted.double())
    for mine, expected in zip(NUMBA.response(critics, x, acted), exact, strict=True):
        assert mine.shape == expected.shape
        assert relative_error([mine], [expected]) < 1e-5


def test_the_compiled_adam_is_torchs_where_gradients_are_tiny_and_huge() -> None:
    gradients = torch.tensor([[0.0, 1e-20, 1e-9, 1e-4, 1.0, 1e10]])
    start = torch.ones_like(gradients)
    adam = Adam([start.clone()], lr=0.01)
    parameters, means, squares, targets = (
        t.numpy() for t in (start.clone(), torch.zeros_like(start), torch.zeros_like(start), start.clone())
    )
    for step in range(1, 4):
        adam.step((gradients,))
        rate, correction = 0.01 / (1 - 0.9**step), 1 / np.sqrt(1 - 0.999**step)
        compiled.adam_and_polyak(
            parameters,
            gradients.numpy(),
            means,
            squares,
            targets,
            np.float32(rate),
            np.float32(correction),
            np.float32(1),
        )
    np.testing.assert_allclose(parameters, adam.parameters[0].numpy(), rtol=1e-6)
    np.testing.assert_array_equal(targets, parameters)
