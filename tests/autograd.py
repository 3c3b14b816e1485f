"""What Algorithms 1-4 differentiate, on batches of transitions, for torch's autograd."""

import torch

from actor_critic_gap.mdp.finite_mdp import Array
from actor_critic_gap.mdp.matrix_notation import tensor
from actor_critic_gap.tabular.kernels import Batch, Integers


def log_policy(theta: torch.Tensor, states: Integers, actions: Integers) -> torch.Tensor:
    return torch.log_softmax(theta, dim=1)[torch.from_numpy(states), torch.from_numpy(actions)]


def derivative_of(loss: torch.Tensor, variable: torch.Tensor) -> Array:
    return torch.autograd.grad(loss, variable)[0].numpy()


def lookup(table: torch.Tensor, states: Integers, actions: Integers) -> torch.Tensor:
    return table[torch.from_numpy(states), torch.from_numpy(actions)]


def sampled_stackelberg(
    theta: torch.Tensor,
    q: torch.Tensor,
    batch: Batch,
    derivative: torch.Tensor,
    gamma: float,
    eta: float,
    scale: float,
    sum_next_actions: bool,
) -> Array:
    """-(d_theta d_q J~_q)' (d_q^2 J~_q + eta I)^-1 derivative with dense autograd Jacobians (Eq. 43)."""
    size = batch.states.size
    next_states = torch.from_numpy(batch.next_states)

    def target(theta: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        if sum_next_actions:
            value = (torch.softmax(theta, dim=1) * q).sum(dim=1)[next_states]
        else:
            # Value of q'(s~, a~), derivative of the score function: q' grad log pi.
            score = log_policy(theta, batch.next_states, batch.next_actions)
            value = lookup(q, batch.next_states, batch.next_actions) * torch.exp(score - score.detach())
        return tensor(batch.rewards) + gamma * value

    def semi_gradient(theta: torch.Tensor, q: torch.Tensor, frozen: torch.Tensor) -> torch.Tensor:
        errors = lookup(q, batch.states, batch.actions) - target(theta, frozen)
        loss = 0.5 * scale * (errors**2).sum() / size
        return torch.autograd.grad(loss, q, create_graph=True)[0]

    inner = q.detach().requires_grad_()
    hessian = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
        lambda x: semi_gradient(theta.detach(), x, q.detach()), inner
    ).reshape(q.numel(), q.numel())
    damped = hessian + eta * torch.eye(q.numel(), dtype=torch.float64)
    response = torch.linalg.solve(damped, derivative.reshape(-1)).reshape(q.shape)
    cross = (semi_gradient(theta, inner, q.detach()) * response.detach()).sum()
    return -derivative_of(cross, theta)
