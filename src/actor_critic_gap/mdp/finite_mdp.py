"""Exact quantities of a finite MDP: values, distributions, and the gradients of Secs. 2-5 and App. C.

Equation and theorem numbers are those of Wen, Kumar, Gummadi and Schuurmans, "Characterizing the Gap
Between Actor-Critic and Policy Gradient", ICML 2021. Arrays are float64. `S` is the number of states,
`A` the number of actions. Vectors over state-action pairs, which the paper stacks into one column, are
arrays of shape (S, A) here; gradients with respect to the logits or the critic have that shape too.

The actor is the tabular softmax policy pi(a|s) = softmax(logits[s])[a]. The critic is a table `q`.

What comes with an MDP is checked: a table of another shape, a number that is not finite, or a row of a policy
that is no distribution raises InvalidInput.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, softmax

from actor_critic_gap.errors import InvalidInput

Array = NDArray[np.float64]

_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class FiniteMDP:
    """A Markov decision process with known dynamics (Sec. 2).

    Attributes:
        P: transition probabilities Pr(s'|s, a), shape (S, A, S); each row P[s, a] sums to one.
        r: expected rewards, shape (S, A).
        mu0: initial state distribution, shape (S,); sums to one.
        gamma: discount factor, 0 <= gamma < 1.

    Raises:
        InvalidInput: a shape, a number or a row sum is off. The arrays are copied and made read-only.

    """

    P: Array
    r: Array
    mu0: Array
    gamma: float

    def __post_init__(self) -> None:
        P, r, mu0 = (_array(name, getattr(self, name)) for name in ("P", "r", "mu0"))
        if P.ndim != 3 or P.shape[0] != P.shape[2] or 0 in P.shape:
            raise InvalidInput(f"P has shape {P.shape}; expected (S, A, S) with S, A >= 1")
        n_states, n_actions, _ = P.shape
        for name, value, shape in (("r", r, (n_states, n_actions)), ("mu0", mu0, (n_states,))):
            if value.shape != shape:
                raise InvalidInput(f"{name} has shape {value.shape}; expected {shape}")
        if (P < 0).any() or (np.abs(P.sum(axis=2) - 1) > _TOLERANCE).any():
            s, a = np.argwhere((P < 0).any(axis=2) | (np.abs(P.sum(axis=2) - 1) > _TOLERANCE))[0]
            raise InvalidInput(
                f"P[{s}, {a}] sums to {P[s, a].sum():.12g} with smallest entry {P[s, a].min():.12g}; "
                "expected probabilities >= 0 that sum to 1"
            )
        if (mu0 < 0).any() or abs(mu0.sum() - 1) > _TOLERANCE:
            raise InvalidInput(
                f"mu0 sums to {mu0.sum():.12g} with smallest entry {mu0.min():.12g}; "
                "expected probabilities >= 0 that sum to 1"
            )
        if not isinstance(self.gamma, (int, float)) or not 0 <= self.gamma < 1:
            raise InvalidInput(f"gamma = {self.gamma!r}; expected 0 <= gamma < 1")
        for name, value in (("P", P), ("r", r), ("mu0", mu0)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return int(self.P.shape[0])

    @property
    def n_actions(self) -> int:
        """Number of actions A."""
        return int(self.P.shape[1])


def _array(name: str, value: ArrayLike) -> Array:
    try:
        array = np.array(value)
        if not np.can_cast(array.dtype, np.float64, casting="same_kind"):
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} is not an array of real numbers") from None
    if not np.isfinite(array).all():
        raise InvalidInput(f"{name} holds values that are not finite")
    return array


def _table(mdp: FiniteMDP, name: str, value: ArrayLike) -> Array:
    table = _array(name, value)
    if table.shape != mdp.r.shape:
        raise InvalidInput(f"{name} has shape {table.shape}; expected {mdp.r.shape}")
    return table


def _policy_table(mdp: FiniteMDP, value: ArrayLike) -> Array:
    policy = _table(mdp, "policy", value)
    sums = policy.sum(axis=1)
    off = (np.abs(sums - 1) > _TOLERANCE) | (policy < 0).any(axis=1)
    if off.any():
        s = int(off.argmax())
        raise InvalidInput(
            f"policy[{s}] sums to {sums[s]:.12g} with smallest entry {policy[s].min():.12g}; "
            "expected probabilities >= 0 that sum to 1"
        )
    return policy


def _policy(mdp: FiniteMDP, logits: ArrayLike) -> Array:
    return softmax_policy(_table(mdp, "logits", logits))


def softmax_policy(logits: Array) -> Array:
    """pi_theta: the per-state softmax of the logits, shape (S, A) (Sec. 2)."""
    policy: Array = softmax(logits, axis=1)
    return policy


def state_expectation(policy: Array, values: Array) -> Array:
    """Pi x: the mean of `values` (S, A) over the policy's actions in each state, shape (S,) (Eq. 1)."""
    expectation: Array = np.einsum("sa,sa->s", policy, values)
    return expectation


def next_state_weights(mdp: FiniteMDP, weights: Array) -> Array:
    """P' x: the mass that state-action weights (S, A) send to each next state, shape (S,)."""
    mass: Array = weights.reshape(-1) @ mdp.P.reshape(-1, mdp.n_states)
    return mass


def _solve(matrix: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def _bellman_matrix(mdp: FiniteMDP, policy: Array) -> Array:
    """I - gamma Pi P, the state-to-state form of Psi (Eq. 11), shape (S, S)."""
    transitions = (policy[:, None, :] @ mdp.P)[:, 0, :]
    matrix: Array = np.eye(mdp.n_states) - mdp.gamma * transitions
    return matrix


def _action_values(mdp: FiniteMDP, policy: Array, rewards: Array) -> Array:
    values = _solve(_bellman_matrix(mdp, policy), state_expectation(policy, rewards))
    return rewards + mdp.gamma * (mdp.P @ values)


def action_values(mdp: FiniteMDP, policy: ArrayLike) -> Array:
    """q_theta = sum_i (gamma P Pi)^i r: the policy's state-action values, shape (S, A) (Sec. 2)."""
    return _action_values(mdp, _policy_table(mdp, policy), mdp.r)


def state_distribution(mdp: FiniteMDP, policy: ArrayLike) -> Array:
    """d_S: the discounted stationary distribution over states, shape (S,), sums to one (Eqs. 3-4)."""
    matrix = _bellman_matrix(mdp, _policy_table(mdp, policy))
    return _solve(matrix.T, (1 - mdp.gamma) * mdp.mu0)


def walk_distribution(mdp: FiniteMDP, policy: ArrayLike, length: int) -> Array:
    """The states of an undiscounted walk of `length` steps from mu_0: mean over its times, shape (S,).

    Where the samples of App. D.1.2 come from (reading T15); it sums to one.
    """
    policy = _policy_table(mdp, policy)
    transitions = np.einsum("sa,sat->st", policy, mdp.P)
    states, total = mdp.mu0, np.zeros(mdp.n_states)
    for _ in range(length):
        total += states
        states = states @ transitions
    return total / length


def stationary_distribution(mdp: FiniteMDP, policy: ArrayLike) -> Array:
    """d_theta: the discounted stationary distribution over pairs, shape (S, A), sums to one (Eq. 3)."""
    policy = _policy_table(mdp, policy)
    return state_distribution(mdp, policy)[:, None] * policy


def objective(mdp: FiniteMDP, policy: ArrayLike) -> float:
    """J(theta) = (1 - gamma) mu_0' Pi q_theta = d_theta' r, in units of reward per step (Eqs. 5-7)."""
    return float((stationary_distribution(mdp, policy) * mdp.r).sum())


def actor_objective(mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike) -> float:
    """J_pi(theta, phi) = (1 - gamma) mu_0' Pi q (Eq. 10)."""
    policy, q = _policy_table(mdp, policy), _table(mdp, "q", q)
    return float((1 - mdp.gamma) * mdp.mu0 @ state_expectation(policy, q))


def residual(mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike) -> Array:
    """Delta = r + gamma P Pi q - q: the critic's residual, shape (S, A) (after Eq. 13)."""
    policy, q = _policy_table(mdp, policy), _table(mdp, "q", q)
    return mdp.r + mdp.gamma * (mdp.P @ state_expectation(policy, q)) - q


def critic_objective(
    mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """J_q = 1/2 sum_sa d(s, a) delta(s, a)^2 (Eq. 11); `weights` is d (S, A), by default d_theta."""
    d = _weights(mdp, policy, weights)
    return float(0.5 * (d * residual(mdp, policy, q) ** 2).sum())


def _weights(mdp: FiniteMDP, policy: ArrayLike, weights: ArrayLike | None) -> Array:
    if weights is None:
        return stationary_distribution(mdp, policy)
    d = _table(mdp, "weights", weights)
    if (d < 0).any():
        raise InvalidInput(f"weights: smallest entry {d.min():.12g}; expected weights >= 0")
    return d


def actor_gradient(policy: Array, state_weights: Array, values: Array) -> Array:
    """sum_s weights(s) sum_a values(s, a) d pi(s, a) / d logits = H Delta(Xi' weights) values (Eq. 25).

    Every actor gradient of the paper is this one with its own weights (S,) and values (S, A): Eqs. 8,
    9, 12 and 32. Returns shape (S, A).
    """
    advantages = values - state_expectation(policy, values)[:, None]
    return state_weights[:, None] * policy * advantages


def policy_gradient(mdp: FiniteMDP, logits: ArrayLike) -> Array:
    """The gradient of J with respect to the logits, shape (S, A) (Eq. 8)."""
    policy = _policy(mdp, logits)
    return actor_gradient(policy, state_distribution(mdp, policy), action_values(mdp, policy))


def actor_o_gradient(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike) -> Array:
    """The partial derivative of J_pi in the logits: start states, critic values, shape (S, A) (Eq. 12)."""
    return actor_gradient(_policy(mdp, logits), (1 - mdp.gamma) * mdp.mu0, _table(mdp, "q", q))


def actor_g_gradient(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike) -> Array:
    """The policy gradient with the critic in place of q_theta, shape (S, A) (Eq. 9)."""
    policy = _policy(mdp, logits)
    return actor_gradient(policy, state_distribution(mdp, policy), _table(mdp, "q", q))


def res_critic_values(mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike) -> Array:
    """w_theta = sum_i (gamma P Pi)^i delta: the value of the residual as a reward, shape (S, A) (Eq. 30)."""
    return _action_values(mdp, _policy_table(mdp, policy), residual(mdp, policy, q))


def correction(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike) -> Array:
    """The gradient of d_theta' delta with delta held fixed: PG minus Actor_g, shape (S, A) (Eqs. 28-30)."""
    policy = _policy(mdp, logits)
    values = res_critic_values(mdp, policy, q)
    return actor_gradient(policy, state_distribution(mdp, policy), values)


def _residual_mdp(mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike) -> FiniteMDP:
    """The MDP whose reward is the critic's residual: that of the res-critic (Sec. 4.3)."""
    return replace(mdp, r=residual(mdp, policy, q))


def res_critic_objective(
    mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike, w: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """J_w = 1/2 sum_sa d(s, a) (delta + gamma P Pi w - w)(s, a)^2 (Eq. 31); `weights` as in Eq. 11."""
    return critic_objective(_residual_mdp(mdp, policy, q), policy, w, weights)


def res_critic_gradient(
    mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike, w: ArrayLike, weights: ArrayLike | None = None
) -> Array:
    """The full gradient of J_w in the res-critic table, shape (S, A) (Eq. 35)."""
    return critic_gradient(_residual_mdp(mdp, policy, q), policy, w, weights)


def res_critic_semi_gradient(
    mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike, w: ArrayLike, weights: ArrayLike | None = None
) -> Array:
    """The semi-gradient of J_w in the res-critic table, shape (S, A) (App. D.1.2)."""
    return critic_semi_gradient(_residual_mdp(mdp, policy, q), policy, w, weights)


def res_actor_gradient(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike, w: ArrayLike) -> Array:
    """Res-AC's actor gradient with critic q and res-critic w: Eq. 9 plus Eq. 32, shape (S, A) (Eq. 33)."""
    return actor_g_gradient(mdp, logits, _table(mdp, "q", q) + _table(mdp, "w", w))


def stationary_distribution_jacobian(mdp: FiniteMDP, logits: ArrayLike) -> Array:
    """Upsilon[s, a, s', a'] = d d_theta(s', a') / d logits[s, a], shape (S, A, S, A) (Theorem 2).

    Upsilon = H Delta(Xi' d_S) Psi^-1. Dense: costs an (S A) x (S A) solve.
    """
    policy = _policy(mdp, logits)
    n_states, n_actions = policy.shape
    jacobian = np.zeros((n_states, n_actions, n_states, n_actions))
    states = np.arange(n_states)
    per_state = policy[:, None, :] * (np.eye(n_actions) - policy[:, :, None])
    jacobian[states, :, states, :] = state_distribution(mdp, policy)[:, None, None] * per_state
    size = n_states * n_actions
    upsilon = _solve(_psi(mdp, policy).T, jacobian.reshape(size, size).T).T
    return upsilon.reshape(jacobian.shape)


def _psi(mdp: FiniteMDP, policy: Array) -> Array:
    """Psi = I - gamma P Pi (Eq. 11), shape (S A, S A)."""
    size = policy.size
    matrix: Array = np.eye(size) - mdp.gamma * (mdp.P[..., None] * policy).reshape(size, size)
    return matrix


def critic_gradient(
    mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike, weights: ArrayLike | None = None
) -> Array:
    """The full ("BR") gradient of J_q in the critic table, -Psi' D delta, shape (S, A) (Eq. 13).

    `weights` is the state-action distribution d of Eq. 11, shape (S, A); by default d_theta.
    """
    policy = _policy_table(mdp, policy)
    weighted = _weights(mdp, policy, weights) * residual(mdp, policy, q)
    return mdp.gamma * next_state_weights(mdp, weighted)[:, None] * policy - weighted


def critic_semi_gradient(
    mdp: FiniteMDP, policy: ArrayLike, q: ArrayLike, weights: ArrayLike | None = None
) -> Array:
    """The semi-gradient ("TD") of J_q in the critic table, -D delta, shape (S, A) (Eq. 18)."""
    return -_weights(mdp, policy, weights) * residual(mdp, policy, q)


def stackelberg_gradient(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike, eta: float = 0.0) -> Array:
    """The Stackelberg gradient, with Psi' D Psi + eta I as the critic's Hessian, shape (S, A) (Eq. 38).

    The derivative of D = D_theta in the logits is part of it. At eta = 0 it equals the policy gradient
    (Theorem 3), for which mu_0 and the policy need full support (Assumption 1).
    """
    policy, q = _policy(mdp, logits), _table(mdp, "q", q)
    d_states = _full_support(mdp, policy, eta)
    d = d_states[:, None] * policy
    psi = _psi(mdp, policy)
    hessian: Array = psi.T @ (d.reshape(-1, 1) * psi) + eta * np.eye(policy.size)
    critic_derivative = (1 - mdp.gamma) * (mdp.mu0[:, None] * policy).reshape(-1)
    response = _solve(hessian, critic_derivative)
    ratio = (psi @ response).reshape(policy.shape)
    delta = residual(mdp, policy, q)
    return (
        actor_gradient(policy, (1 - mdp.gamma) * mdp.mu0, q)
        + actor_gradient(policy, d_states, _action_values(mdp, policy, ratio * delta))
        + actor_gradient(policy, mdp.gamma * next_state_weights(mdp, d * ratio), q)
        - actor_gradient(
            policy, mdp.gamma * next_state_weights(mdp, d * delta), response.reshape(policy.shape)
        )
    )


def stackelberg_semi_gradient(
    mdp: FiniteMDP,
    logits: ArrayLike,
    q: ArrayLike,
    eta: float = 0.0,
    *,
    fixed_distribution: bool = False,
) -> Array:
    """The Stackelberg gradient of a critic that follows its semi-gradient, shape (S, A) (Eqs. 43-46).

    The critic's semi-Hessian is D + eta I (Eq. 40). At eta = 0 it equals the policy gradient (Eq. 46).
    `fixed_distribution` drops the derivative of D_theta in the logits, as an estimate from samples must
    (end of Sec. 5.3); at eta = 0 what remains is the Actor_g gradient.
    """
    policy, q = _policy(mdp, logits), _table(mdp, "q", q)
    d_states = _full_support(mdp, policy, eta)
    d = d_states[:, None] * policy
    ratio = d / (d + eta)
    gradient = actor_gradient(policy, (1 - mdp.gamma) * mdp.mu0, q) + actor_gradient(
        policy, mdp.gamma * next_state_weights(mdp, d * ratio), q
    )
    if fixed_distribution:
        return gradient
    values = _action_values(mdp, policy, ratio * residual(mdp, policy, q))
    return gradient + actor_gradient(policy, d_states, values)


def _full_support(mdp: FiniteMDP, policy: Array, eta: float) -> Array:
    if not (eta >= 0 and np.isfinite(eta)):
        raise InvalidInput(f"eta = {eta}; expected a finite number >= 0")
    d_states = state_distribution(mdp, policy)
    if eta == 0 and not (d_states[:, None] * policy > 0).all():
        raise InvalidInput(
            "eta = 0 with a state-action pair that is never visited; expected full support of the "
            "stationary distribution (Assumption 1), or eta > 0"
        )
    return d_states


def soft_objective(mdp: FiniteMDP, logits: ArrayLike, temperature: float = 1.0) -> float:
    """J^SAC = d_theta' (r - alpha log pi): the entropy-regularised objective (Eq. 73)."""
    logits = _table(mdp, "logits", logits)
    d = stationary_distribution(mdp, softmax_policy(logits))
    return float((d * (mdp.r - temperature * log_softmax(logits, axis=1))).sum())


def soft_residual(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike, temperature: float = 1.0) -> Array:
    """delta_E = r + gamma P Pi (q - alpha log pi) - q, shape (S, A) (App. C.1)."""
    logits, q = _table(mdp, "logits", logits), _table(mdp, "q", q)
    soft_values = state_expectation(softmax_policy(logits), q - temperature * log_softmax(logits, axis=1))
    return mdp.r + mdp.gamma * (mdp.P @ soft_values) - q


def soft_actor_gradient(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike, temperature: float = 1.0) -> Array:
    """SAC's actor gradient under the stationary distribution, shape (S, A) (Eq. 89)."""
    logits, q = _table(mdp, "logits", logits), _table(mdp, "q", q)
    return actor_g_gradient(mdp, logits, q - temperature * log_softmax(logits, axis=1))


def soft_correction(mdp: FiniteMDP, logits: ArrayLike, q: ArrayLike, temperature: float = 1.0) -> Array:
    """The gradient of d_theta' delta_E with delta_E held fixed, shape (S, A) (Eq. 86).

    Added to `soft_actor_gradient` it makes the gradient of `soft_objective`, whatever q is.
    """
    policy = _policy(mdp, logits)
    values = _action_values(mdp, policy, soft_residual(mdp, logits, q, temperature))
    return actor_gradient(policy, state_distribution(mdp, policy), values)


def optimal_values(mdp: FiniteMDP) -> Array:
    """v*: the optimal state values, shape (S,), by policy iteration (Sec. 3.3)."""
    states = np.arange(mdp.n_states)
    actions = mdp.r.argmax(axis=1)
    while True:
        policy = np.zeros_like(mdp.r)
        policy[states, actions] = 1.0
        q = action_values(mdp, policy)
        # An action must be better by more than rounding, or ties would cycle for ever.
        better = q.max(axis=1) > q[states, actions] + _TOLERANCE * (1 + np.abs(q).max())
        if not better.any():
            values: Array = q.max(axis=1)
            return values
        actions = np.where(better, q.argmax(axis=1), actions)


def optimal_objective(mdp: FiniteMDP) -> float:
    """J* = (1 - gamma) mu_0' v*: the largest value of J, in units of reward per step."""
    return float((1 - mdp.gamma) * mdp.mu0 @ optimal_values(mdp))
