"""Whole training runs against plain loops that are written with torch's autograd and Adam."""

from typing import Any

import numpy as np
import pytest
import torch
from autograd import log_policy, lookup, sampled_stackelberg
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from actor_critic_gap.mdp.finite_mdp import Array, objective, optimal_objective, softmax_policy
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.mdp.matrix_notation import reference, tensor
from actor_critic_gap.tabular import kernels, training
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings

SMALL: dict[str, Any] = {"layout": ("######", "#    #", "#  # #", "######"), "goal": (2, 1)}


def sampled_loop(settings: SampledSettings, seed: int) -> tuple[dict[str, Array], list[float]]:
    """Algorithms 1-4 as App. D.1.2 states them, on the random numbers of the compiled run."""
    mdp = FourRoom.of(settings).mdp
    sparse, random = kernels.sparse_mdp(mdp), training.streams(seed)
    start = training.initial_players(settings, mdp.r.shape, random)
    theta, q, w = (tensor(x).requires_grad_() for x in (start.logits, start.q, start.w))
    adam = {
        "theta": torch.optim.Adam([theta], lr=settings.actor_lr, maximize=True),
        "q": torch.optim.Adam([q], lr=settings.critic_lr),
        "w": torch.optim.Adam([w], lr=settings.res_critic_lr),
    }
    half = 0.5 if settings.half_loss else 1.0
    starts: list[int] = []
    returns: list[float] = []

    def descend(name: str, variable: torch.Tensor, loss: torch.Tensor) -> None:
        variable.grad = torch.autograd.grad(loss, variable)[0]
        adam[name].step()

    def td_loss(table: torch.Tensor, batch: kernels.Batch, rewards: torch.Tensor) -> torch.Tensor:
        following = lookup(table, batch.next_states, batch.next_actions).detach()
        errors = lookup(table, batch.states, batch.actions) - rewards - mdp.gamma * following
        return half * (errors**2).mean()

    def update_critics(batch: kernels.Batch) -> None:
        rewards = tensor(batch.rewards)
        following = lookup(q, batch.next_states, batch.next_actions)
        delta = (rewards + mdp.gamma * following - lookup(q, batch.states, batch.actions)).detach()
        if settings.algorithm == "res-ac":
            for _ in range(settings.res_critic_updates):
                descend("w", w, td_loss(w, batch, delta))
        descend("q", q, td_loss(q, batch, rewards))

    def actor_gradient(batch: kernels.Batch, policy: Array) -> torch.Tensor:
        if settings.algorithm in ("actor-g-critic", "res-ac"):
            values = q if settings.algorithm == "actor-g-critic" else q + w
            coefficients = lookup(values, batch.states, batch.actions).detach()
            surrogate = (log_policy(theta, batch.states, batch.actions) * coefficients).mean()
            return torch.autograd.grad(surrogate, theta)[0]
        draws = random.start_batch.random(settings.initial_state_batch)
        states = np.array(starts)[(draws * len(starts)).astype(int)]
        actions = kernels.draw_actions(policy, states, random.start_batch)
        coefficients = lookup(q, states, actions).detach()
        surrogate = (log_policy(theta, states, actions) * coefficients).mean()
        gradient = torch.autograd.grad(surrogate, theta)[0]
        if settings.algorithm == "actor-o-critic":
            return gradient
        scale = 1 - mdp.gamma if settings.stack_discounted_start else 1.0
        derivative = torch.zeros_like(q)
        if settings.stack_value_derivative == "value":
            for s, a in zip(batch.states, batch.actions, strict=True):
                derivative[s, a] += 1 / batch.states.size
        else:
            x = q.detach().requires_grad_()
            surrogate = (log_policy(theta, states, actions) * lookup(x, states, actions)).mean()
            derivative = scale * torch.autograd.grad(surrogate, x)[0]
        correction = sampled_stackelberg(
            theta,
            q.detach(),
            batch,
            derivative.detach(),
            mdp.gamma,
            settings.eta,
            2 * half,
            settings.stack_next_action == "sum",
        )
        return scale * gradient + tensor(correction)

    for _ in range(settings.episodes):
        policy = softmax_policy(theta.detach().numpy())
        batch = kernels.episode(sparse, policy, settings.episode_length, random)
        returns.append(batch.rewards.sum())
        starts.append(batch.states[0])
        if settings.update_order == "critic-first":
            update_critics(batch)
        theta.grad = actor_gradient(batch, policy)
        adam["theta"].step()
        if settings.update_order == "simultaneous":
            update_critics(batch)
    tables = {"logits": theta.detach().numpy(), "q": q.detach().numpy(), "w": w.detach().numpy()}
    return tables, returns


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "actor-o-critic"},
        {"algorithm": "actor-g-critic", "logits_init": 0.5},
        {"algorithm": "res-ac", "res_critic_updates": 3, "res_critic_init": 0.3},
        {"algorithm": "res-ac", "update_order": "critic-first", "half_loss": True},
        {"algorithm": "stack-ac"},
        {"algorithm": "stack-ac", "stack_next_action": "sum", "half_loss": True},
        {"algorithm": "stack-ac", "stack_value_derivative": "log-policy"},
        {"algorithm": "stack-ac", "stack_discounted_start": False, "eta": 0.01, "at_goal": "reset"},
    ],
    ids=str,
)
def test_sampled_runs_equal_the_plain_loop(change: dict[str, Any]) -> None:
    settings = SampledSettings(
        **SMALL, episodes=12, episode_length=25, log_interval=3, initial_state_batch=15, **change
    )
    progress, tables = training.train(settings, [11])
    expected, returns = sampled_loop(settings, 11)
    assert_allclose(progress["episode_return"], np.mean(np.reshape(returns, (-1, 3)), axis=1))
    assert ("w" in tables) == (settings.algorithm == "res-ac")
    for name, table in tables.items():
        assert_allclose(table[0], expected[name], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("actor", ["actor-o", "actor-g", "pg"])
@pytest.mark.parametrize("critic", ["td", "br"])
def test_dynamic_programming_equals_the_plain_loop(actor: Any, critic: Any) -> None:
    settings = DynamicProgrammingSettings(
        **SMALL, actor=actor, critic=critic, iterations=20, log_interval=10, logits_init=0.5
    )
    progress, tables = training.train(settings, [3])
    mdp = FourRoom.of(settings).mdp
    ref = reference(mdp)
    start = training.initial_players(settings, mdp.r.shape, training.streams(3))
    theta, q = (tensor(x).reshape(-1).requires_grad_() for x in (start.logits, start.q))
    actor_adam = torch.optim.Adam([theta], lr=settings.actor_lr, maximize=True)
    critic_adam = torch.optim.Adam([q], lr=settings.critic_lr)
    rows = []
    for iteration in range(21):
        d = ref.d(theta).detach()
        rows.append((ref.J(theta).item(), ref.J_q(theta, q, d).item()))
        d_states = d.reshape(ref.shape).sum(dim=1)
        value = {
            "actor-o": ref.J_pi(theta, q),
            "actor-g": d_states @ ref.Pi(theta) @ q,
            "pg": ref.J(theta),
        }[actor]
        target = ref.r + ref.gamma * ref.P @ ref.Pi(theta) @ q
        if critic == "td":
            target = target.detach()
        loss = 0.5 * d @ (target - q) ** 2
        theta.grad, q.grad = (
            torch.autograd.grad(value, theta, retain_graph=True)[0],
            torch.autograd.grad(loss, q)[0],
        )
        if iteration < 20:
            actor_adam.step()
            critic_adam.step()
    assert progress["iteration"].tolist() == [0, 10, 20]
    assert_allclose(progress[["objective", "critic_objective"]], rows[::10], rtol=1e-9, atol=1e-12)
    assert_allclose(tables["logits"][0].reshape(-1), theta.detach(), rtol=1e-9, atol=1e-11)
    assert_allclose(tables["q"][0].reshape(-1), q.detach(), rtol=1e-9, atol=1e-11)


def test_players_start_as_the_readings_say_and_alike_for_all_algorithms() -> None:
    shape = (104, 40)
    drawn = [
        training.initial_players(settings, shape, training.streams(3))
        for settings in (
            SampledSettings(algorithm="res-ac", res_critic_init=0.5),
            SampledSettings(algorithm="stack-ac"),
            DynamicProgrammingSettings(critic_init=2.0, logits_init=0.1),
        )
    ]
    assert [x.q.std() for x in drawn] == pytest.approx([1, 1, 2], rel=0.05)
    assert [x.w.std() for x in drawn] == pytest.approx([0.5, 0, 0], rel=0.05)
    assert [x.logits.std() for x in drawn] == pytest.approx([0, 0, 0.1], rel=0.05)
    assert (drawn[0].q == drawn[1].q).all()
    assert_allclose(drawn[2].q, 2 * drawn[0].q)
    assert (drawn[0].q != training.initial_players(SampledSettings(), shape, training.streams(4)).q).all()


def test_streams_are_independent_of_each_other() -> None:
    first = [generator.random(8).tolist() for generator in training.streams(0)]
    assert len({tuple(numbers) for numbers in first}) == len(kernels.EpisodeStreams._fields)
    assert first == [generator.random(8).tolist() for generator in training.streams(0)]


@pytest.mark.parametrize("at_goal", ["continue", "reset"])
def test_episodes_of_all_algorithms_start_alike(at_goal: Any) -> None:
    starts = []
    for actor_lr in (0.01, 0.5):
        settings = SampledSettings(at_goal=at_goal, actor_lr=actor_lr, episodes=10)
        mdp, random = kernels.sparse_mdp(FourRoom.of(settings).mdp), training.streams(0)
        policy = softmax_policy(np.random.default_rng(0).normal(size=mdp.r.shape) * actor_lr * 10)
        starts.append([kernels.episode(mdp, policy, 300, random).states[0] for _ in range(10)])
    assert starts[0] == starts[1]


def test_progress_of_a_sampled_run_is_exact_for_its_players() -> None:
    settings = SampledSettings(episodes=30, log_interval=10, res_critic_init=0.5)
    progress, tables = training.train(settings, [0, 4])
    mdp = FourRoom.of(settings).mdp
    assert len(progress) == 2 * settings.rows
    assert progress["environment_steps"].tolist() == [3000, 6000, 9000] * 2
    last = progress.groupby("seed").last()
    for i, seed in enumerate((0, 4)):
        policy = softmax_policy(tables["logits"][i])
        value = objective(mdp, policy)
        predictions = [mdp.mu0 @ (policy * x).sum(axis=1) for x in (tables["q"][i], tables["w"][i])]
        expected = [value, value / (1 - mdp.gamma), predictions[0], sum(predictions)]
        columns = ["objective", "true_return", "critic", "critic_plus_res_critic"]
        assert_allclose(last.loc[seed, columns].to_numpy(float), expected, rtol=1e-11)


def test_a_seed_does_not_depend_on_its_companions_nor_on_the_logging() -> None:
    settings = SampledSettings(episodes=20, log_interval=10)
    together, _ = training.train(settings, [0, 1, 2])
    alone, _ = training.train(settings, [1])
    assert_frame_equal(together[together["seed"] == 1].reset_index(drop=True), alone)
    coarse, tables = training.train(settings.model_copy(update={"log_interval": 20}), [1])
    _, fine = training.train(settings, [1])
    assert all((tables[name] == fine[name]).all() for name in tables)
    assert coarse["objective"].iloc[-1] == alone["objective"].iloc[-1]
    assert not together[together["seed"] == 0]["objective"].equals(alone["objective"])


def test_res_ac_solves_a_small_room_from_samples() -> None:
    settings = SampledSettings(**SMALL, episodes=400, actor_lr=0.05, critic_lr=0.05)
    progress, _ = training.train(settings, range(3))
    optimum = optimal_objective(FourRoom.of(settings).mdp)
    final = progress.groupby("seed")["objective"].last()
    assert (final > 0.9 * optimum).all()
