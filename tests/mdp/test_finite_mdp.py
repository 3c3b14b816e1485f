from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from numpy.testing import assert_allclose
from problems import FOUR_ROOM, Problem, problems, random_problem

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp import finite_mdp as exact
from actor_critic_gap.mdp.finite_mdp import FiniteMDP
from actor_critic_gap.mdp.matrix_notation import Reference, reference, tensor, variable

TOLERANCE = 1e-10


def close(actual: Any, expected: Any) -> None:
    assert_allclose(actual, expected, rtol=TOLERANCE, atol=TOLERANCE)


def on_random_mdps_and_four_room(test: Callable[[Problem], None]) -> Callable[[], None]:
    return settings(max_examples=60, deadline=None)(given(problems)(example(FOUR_ROOM)(test)))


def setup(problem: Problem) -> tuple[Reference, torch.Tensor, torch.Tensor]:
    return reference(problem.mdp), variable(problem.logits), variable(problem.q)


@on_random_mdps_and_four_room
def test_values_and_distribution_solve_their_definitions(problem: Problem) -> None:
    mdp, policy = problem.mdp, problem.policy
    ref, theta, q = setup(problem)
    close(exact.action_values(mdp, policy), ref.q(theta).detach().reshape(ref.shape))
    close(exact.stationary_distribution(mdp, policy), ref.d(theta).detach().reshape(ref.shape))
    close(exact.stationary_distribution(mdp, policy).sum(), 1)
    close(exact.residual(mdp, policy, problem.q), ref.delta(theta, q).detach().reshape(ref.shape))
    close(exact.actor_objective(mdp, policy, problem.q), ref.J_pi(theta, q).item())


@on_random_mdps_and_four_room
def test_objective_is_the_same_in_primal_and_dual_form(problem: Problem) -> None:
    ref, theta, _ = setup(problem)
    close(exact.objective(problem.mdp, problem.policy), ref.J(theta).item())


@on_random_mdps_and_four_room
def test_gap_of_the_objectives_is_the_expected_residual_eq_19(problem: Problem) -> None:
    mdp, policy, q = problem.mdp, problem.policy, problem.q
    ref, theta, q_ref = setup(problem)
    gap = (ref.J(theta) - ref.J_pi(theta, q_ref)).item()
    close((exact.stationary_distribution(mdp, policy) * exact.residual(mdp, policy, q)).sum(), gap)


@on_random_mdps_and_four_room
def test_gradients_are_those_of_autograd(problem: Problem) -> None:
    mdp, logits, q = problem
    ref, theta, q_ref = setup(problem)
    close(exact.policy_gradient(mdp, logits), ref.grad(ref.J(theta), theta))
    close(exact.actor_o_gradient(mdp, logits, q), ref.grad(ref.J_pi(theta, q_ref), theta))
    d_states = ref.d(theta).detach().reshape(ref.shape).sum(dim=1)
    replaced = d_states @ ref.Pi(theta) @ q_ref
    close(exact.actor_g_gradient(mdp, logits, q), ref.grad(replaced, theta))


@on_random_mdps_and_four_room
def test_theorem_1(problem: Problem) -> None:
    mdp, logits, q = problem
    ref, theta, q_ref = setup(problem)
    whole = ref.d(theta) @ ref.delta(theta, q_ref)
    close(
        exact.policy_gradient(mdp, logits) - exact.actor_o_gradient(mdp, logits, q),
        ref.grad(whole, theta),
    )
    fixed_residual = ref.d(theta) @ ref.delta(theta, q_ref).detach()
    gap = ref.grad(fixed_residual, theta)
    close(exact.policy_gradient(mdp, logits) - exact.actor_g_gradient(mdp, logits, q), gap)
    close(exact.correction(mdp, logits, q), gap)


@on_random_mdps_and_four_room
def test_res_critic_is_the_gap_of_the_values(problem: Problem) -> None:
    mdp, policy, q = problem.mdp, problem.policy, problem.q
    ref, theta, _ = setup(problem)
    close(exact.res_critic_values(mdp, policy, q) + q, ref.q(theta).detach().reshape(ref.shape))


@on_random_mdps_and_four_room
def test_theorem_2(problem: Problem) -> None:
    jacobian = exact.stationary_distribution_jacobian(problem.mdp, problem.logits)
    ref, theta, _ = setup(problem)
    assert jacobian.shape == (*ref.shape, *ref.shape)
    for weights in np.random.default_rng(1).normal(size=(3, *ref.shape)):
        directional = ref.grad(ref.d(theta) @ tensor(weights).reshape(-1), theta)
        close(np.tensordot(jacobian, weights), directional)


@on_random_mdps_and_four_room
def test_critic_gradients_are_those_of_autograd(problem: Problem) -> None:
    mdp, policy, q = problem.mdp, problem.policy, problem.q
    ref, theta, q_ref = setup(problem)
    theta = theta.detach()
    other = np.random.default_rng(2).dirichlet(np.ones(q.size)).reshape(q.shape)
    for weights, d in ((None, ref.d(theta)), (other, tensor(other).reshape(-1))):
        loss = ref.J_q(theta, q_ref, d)
        close(exact.critic_objective(mdp, policy, q, weights), loss.item())
        close(exact.critic_gradient(mdp, policy, q, weights), ref.grad(loss, q_ref))
        target = (ref.r + ref.gamma * ref.P @ ref.Pi(theta) @ q_ref).detach()
        close(
            exact.critic_semi_gradient(mdp, policy, q, weights),
            ref.grad(0.5 * d @ (target - q_ref) ** 2, q_ref),
        )


@on_random_mdps_and_four_room
def test_res_critic_and_res_actor_gradients_are_those_of_autograd(problem: Problem) -> None:
    mdp, logits, q = problem
    w = np.random.default_rng(3).normal(size=q.shape)
    ref, theta, q_ref = setup(problem)
    w_ref, theta_fixed = variable(w), theta.detach()
    d = ref.d(theta_fixed)
    delta = ref.delta(theta_fixed, q_ref).detach()
    following = ref.gamma * ref.P @ ref.Pi(theta_fixed) @ w_ref
    loss = 0.5 * d @ (delta + following - w_ref) ** 2
    close(exact.res_critic_objective(mdp, problem.policy, q, w), loss.item())
    close(exact.res_critic_gradient(mdp, problem.policy, q, w), ref.grad(loss, w_ref))
    semi = 0.5 * d @ (delta + following.detach() - w_ref) ** 2
    close(exact.res_critic_semi_gradient(mdp, problem.policy, q, w), ref.grad(semi, w_ref))
    d_states = d.reshape(ref.shape).sum(dim=1)
    surrogate = d_states @ ref.Pi(theta) @ (q_ref + w_ref).detach()
    close(exact.res_actor_gradient(mdp, logits, q, w), ref.grad(surrogate, theta))


def implicit_gradient(ref: Reference, theta: torch.Tensor, q: torch.Tensor, eta: float) -> np.ndarray:
    """Eq. 38 term by term: every derivative by autograd, D = D_theta."""

    def q_derivative(theta: torch.Tensor) -> torch.Tensor:
        inner = q.detach().requires_grad_()
        loss = ref.J_q(theta, inner, ref.d(theta))
        return torch.autograd.grad(loss, inner, create_graph=True)[0]

    d = ref.d(theta).detach()
    hessian = torch.autograd.functional.hessian(  # type: ignore[no-untyped-call]
        lambda x: ref.J_q(theta.detach(), x, d), q.detach()
    )
    (critic,) = torch.autograd.grad(ref.J_pi(theta, q), q)
    response = torch.linalg.solve(hessian + eta * torch.eye(q.numel(), dtype=torch.float64), critic)
    return ref.grad(ref.J_pi(theta, q) - q_derivative(theta) @ response, theta)


@on_random_mdps_and_four_room
def test_theorem_3_stackelberg_gradient_is_the_policy_gradient(problem: Problem) -> None:
    mdp, logits, q = problem
    ref, theta, q_ref = setup(problem)
    gradient = exact.stackelberg_gradient(mdp, logits, q)
    close(gradient, ref.grad(ref.J(theta), theta))
    for eta in (0.05, 0.5):
        regularised = exact.stackelberg_gradient(mdp, logits, q, eta)
        close(regularised, implicit_gradient(ref, theta, q_ref, eta))


@on_random_mdps_and_four_room
def test_eq_46_semi_gradient_stackelberg_is_the_policy_gradient(problem: Problem) -> None:
    mdp, logits, q = problem
    ref, theta, q_ref = setup(problem)
    close(exact.stackelberg_semi_gradient(mdp, logits, q), ref.grad(ref.J(theta), theta))
    d = ref.d(theta).detach()
    for eta in (0.0, 0.5):
        # Eq. 43: cross term, semi-Hessian (Eq. 40) and semi-derivative (Eq. 42) one by one.
        response = d / (d + eta)
        for fixed, weights in ((False, ref.d(theta)), (True, d)):
            semi = -weights * ref.delta(theta, q_ref)
            expected = ref.grad(ref.J_pi(theta, q_ref) - semi @ response, theta)
            close(
                exact.stackelberg_semi_gradient(mdp, logits, q, eta, fixed_distribution=fixed),
                expected,
            )


@on_random_mdps_and_four_room
def test_app_c_entropy_in_the_residual_makes_the_soft_actor_gradient_exact(problem: Problem) -> None:
    mdp, logits, q = problem
    ref, theta, _ = setup(problem)
    for temperature in (1.0, 0.3):
        log_policy = torch.log_softmax(theta.reshape(ref.shape), dim=1).reshape(-1)
        soft = ref.d(theta) @ (ref.r - temperature * log_policy)
        target = ref.grad(soft, theta)
        close(exact.soft_objective(mdp, logits, temperature), soft.item())
        gradient = exact.soft_actor_gradient(mdp, logits, q, temperature)
        close(gradient + exact.soft_correction(mdp, logits, q, temperature), target)
        gap = soft - ref.mu0 @ ref.Pi(theta) @ (tensor(q).reshape(-1) - temperature * log_policy) * (
            1 - ref.gamma
        )
        d = exact.stationary_distribution(mdp, problem.policy)
        close((d * exact.soft_residual(mdp, logits, q, temperature)).sum(), gap.item())


def test_app_c_without_entropy_in_the_residual_the_gap_stays() -> None:
    mdp, logits, q = random_problem(3, 6, 3, 0.9)
    ref, theta, _ = setup(Problem(mdp, logits, q))
    log_policy = torch.log_softmax(theta.reshape(ref.shape), dim=1).reshape(-1)
    target = ref.grad(ref.d(theta) @ (ref.r - log_policy), theta)
    gradient = exact.soft_actor_gradient(mdp, logits, q)
    error = np.abs(gradient + exact.correction(mdp, logits, q) - target).max()
    assert error > 0.1 * np.abs(target).max()


def test_semi_stackelberg_with_a_fixed_distribution_is_the_actor_g_gradient() -> None:
    mdp, logits, q = random_problem(3, 6, 3, 0.9)
    gradient = exact.stackelberg_semi_gradient(mdp, logits, q, fixed_distribution=True)
    close(gradient, exact.actor_g_gradient(mdp, logits, q))


@settings(max_examples=40, deadline=None)
@given(problems)
def test_optimal_values_satisfy_the_optimality_equation(problem: Problem) -> None:
    mdp = problem.mdp
    values = exact.optimal_values(mdp)
    assert values.shape == (mdp.n_states,)
    close((mdp.r + mdp.gamma * mdp.P @ values).max(axis=1), values)


def test_ties_between_actions_do_not_cycle() -> None:
    """Every action is optimal here; to the last bit they differ, and plain policy iteration never ends."""
    P = np.random.default_rng(4).dirichlet(np.ones(9), size=(9, 4))
    mdp = FiniteMDP(P, np.full((9, 4), 1 / 3), np.full(9, 1 / 9), 0.99)
    assert_allclose(exact.optimal_values(mdp), 100 / 3)


VALID: dict[str, Any] = {
    "P": np.full((2, 3, 2), 0.5),
    "r": np.zeros((2, 3)),
    "mu0": [0.5, 0.5],
    "gamma": 0.9,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"P": np.full((2, 3, 2), 0.4)}, r"P\[0, 0\] sums to 0.8"),
        ({"P": np.full((2, 3, 3), 1 / 3)}, r"P has shape \(2, 3, 3\)"),
        ({"P": np.tile([1.5, -0.5], (2, 3, 1))}, "smallest entry -0.5"),
        ({"P": "dynamics"}, "P is not an array of real numbers"),
        ({"r": np.zeros((3, 2))}, r"r has shape \(3, 2\); expected \(2, 3\)"),
        ({"r": np.full((2, 3), np.nan)}, "r holds values that are not finite"),
        ({"mu0": [0.5, 0.6]}, "mu0 sums to 1.1"),
        ({"mu0": [1.0]}, r"mu0 has shape \(1,\)"),
        ({"gamma": 1.0}, "gamma = 1.0; expected 0 <= gamma < 1"),
        ({"gamma": -0.1}, "gamma = -0.1"),
        ({"gamma": "0.9"}, "gamma = '0.9'"),
        ({"r": np.zeros((2, 3), complex)}, "r is not an array of real numbers"),
        ({"gamma": float("nan")}, "gamma = nan"),
    ],
)
def test_invalid_mdps_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        FiniteMDP(**{**VALID, **change})


def test_wrong_players_are_refused() -> None:
    mdp = FiniteMDP(**VALID)
    uniform = np.full((2, 3), 1 / 3)
    with pytest.raises(InvalidInput, match=r"q has shape \(3, 2\); expected \(2, 3\)"):
        exact.residual(mdp, uniform, np.zeros((3, 2)))
    with pytest.raises(InvalidInput, match=r"policy\[1\] sums to 1.5"):
        exact.action_values(mdp, uniform * [[1], [1.5]])
    for name, call in (
        ("policy", lambda: exact.action_values(mdp, uniform * np.nan)),
        ("logits", lambda: exact.policy_gradient(mdp, uniform * np.inf)),
        ("q", lambda: exact.residual(mdp, uniform, uniform * np.nan)),
        ("weights", lambda: exact.critic_objective(mdp, uniform, uniform, uniform * np.nan)),
    ):
        with pytest.raises(InvalidInput, match=f"{name} holds values that are not finite"):
            call()
    with pytest.raises(InvalidInput, match="weights: smallest entry -1; expected weights >= 0"):
        exact.critic_gradient(mdp, uniform, uniform, -np.ones((2, 3)))


def test_stackelberg_gradient_without_full_support_is_refused() -> None:
    mdp = FiniteMDP(**{**VALID, "P": np.tile([1.0, 0.0], (2, 3, 1)), "mu0": [1.0, 0.0]})
    zeros = np.zeros((2, 3))
    for gradient in (exact.stackelberg_gradient, exact.stackelberg_semi_gradient):
        with pytest.raises(InvalidInput, match="Assumption 1"):
            gradient(mdp, zeros, zeros)
        with pytest.raises(InvalidInput, match="eta = -1"):
            gradient(mdp, zeros, zeros, -1.0)
        assert np.isfinite(gradient(mdp, zeros, zeros, 0.5)).all()
        never = np.array([[0.0, -1000.0, 0.0]] * 2)  # every state is visited, an action is not
        with pytest.raises(InvalidInput, match="Assumption 1"):
            gradient(FiniteMDP(**VALID), never, zeros)


def test_arrays_are_copied_and_frozen() -> None:
    P = np.full((2, 3, 2), 0.5)
    mdp = FiniteMDP(**{**VALID, "P": P})
    P[:] = 0
    assert mdp.P.sum() == 6
    with pytest.raises(ValueError, match="read-only"):
        mdp.P[0, 0, 0] = 1
