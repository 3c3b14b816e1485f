"""Training runs on FourRoom: from samples (Algorithms 1-4) and with known r and P (App. D.1.1)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from actor_critic_gap.mdp.finite_mdp import Array
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.tabular import kernels
from actor_critic_gap.tabular.gap import measured_gap
from actor_critic_gap.tabular.kernels import (
    EpisodeStreams,
    Players,
    SparseMDP,
    UpdateRule,
    adam_state,
    sparse_mdp,
)

if TYPE_CHECKING:
    from actor_critic_gap.tabular.settings import (
        DynamicProgrammingSettings,
        SampledSettings,
        TabularSettings,
    )

Tables = dict[str, Array]


def streams(*seed: int) -> EpisodeStreams:
    """Independent generators spawned from a seed of one or more integers."""
    spawned = np.random.SeedSequence(seed).spawn(len(EpisodeStreams._fields))
    return EpisodeStreams(*(np.random.default_rng(child) for child in spawned))


def initial_players(settings: TabularSettings, shape: tuple[int, int], random: EpisodeStreams) -> Players:
    """The players before their first update, normal with the deviations of readings T1-T3."""
    res_critic_init = 0.0 if settings.algorithm == "dynamic-programming" else settings.res_critic_init
    deviations = (settings.critic_init, settings.logits_init, res_critic_init)
    q, logits, w = (d * random.initialisation.standard_normal(shape) for d in deviations)
    return Players(logits, q, w, adam_state(shape), adam_state(shape), adam_state(shape))


def train(settings: TabularSettings, seeds: Sequence[int]) -> tuple[pd.DataFrame, Tables]:
    """Train the players of each seed; a seed's result does not depend on the other seeds.

    Returns the progress table (columns: see `sampled_progress` and `exact_progress`) with a row for each
    seed and logging interval, and the final tables of the players, each of shape (seeds, S, A).
    """
    mdp = sparse_mdp(FourRoom.of(settings).mdp)
    rows, all_players = [], []
    for seed in seeds:
        started = time.perf_counter()
        random = streams(seed)
        players = initial_players(settings, mdp.r.shape, random)
        if settings.algorithm == "dynamic-programming":
            progress = exact_progress(settings, mdp, players)
        else:
            progress = sampled_progress(settings, mdp, players, random, streams(seed, 1))
        rows += [{"seed": seed, **row} for row in progress]
        all_players.append(players)
        print(
            f"seed {seed}: J = {rows[-1]['objective']:.4f} after {time.perf_counter() - started:.2f} s",
            file=sys.stderr,
        )
    names = ("logits", "q", "w") if settings.algorithm == "res-ac" else ("logits", "q")
    tables = {name: np.stack([getattr(players, name) for players in all_players]) for name in names}
    return pd.DataFrame(rows), tables


def exact_progress(
    settings: DynamicProgrammingSettings, mdp: SparseMDP, players: Players
) -> Iterator[dict[str, float]]:
    """Learning with r and P known (App. D.1.1); yields a row at the start and one an interval.

    `objective` is J (Eq. 7), `critic_objective` is J_q weighted by d_theta (Eq. 11).
    """
    actors = {
        "actor-o": kernels.ACTOR_O,
        "actor-g": kernels.ACTOR_G,
        "pg": kernels.POLICY_GRADIENT,
    }
    for iteration in range(0, settings.iterations + 1, settings.log_interval):
        objective, critic_objective = kernels.exact_iterations(
            min(iteration, settings.log_interval),
            mdp,
            actors[settings.actor],
            settings.critic == "br",
            players,
            settings.actor_lr,
            settings.critic_lr,
        )
        yield {
            "iteration": iteration,
            "objective": objective,
            "critic_objective": critic_objective,
        }


def sampled_rule(settings: SampledSettings) -> UpdateRule:
    """What the compiled functions need of the settings."""
    return UpdateRule(
        algorithm=kernels.ALGORITHMS.index(settings.algorithm),
        gamma=settings.gamma,
        actor_lr=settings.actor_lr,
        critic_lr=settings.critic_lr,
        res_critic_lr=settings.res_critic_lr,
        res_critic_updates=settings.res_critic_updates,
        loss_scale=1.0 if settings.half_loss else 2.0,
        critic_first=settings.update_order == "critic-first",
        initial_state_batch=settings.initial_state_batch,
        eta=settings.eta,
        sum_next_actions=settings.stack_next_action == "sum",
        log_policy_derivative=settings.stack_value_derivative == "log-policy",
        start_scale=1 - settings.gamma if settings.stack_discounted_start else 1.0,
    )


def sampled_progress(
    settings: SampledSettings,
    mdp: SparseMDP,
    players: Players,
    random: EpisodeStreams,
    measuring: EpisodeStreams,
) -> Iterator[dict[str, float]]:
    """Algorithms 1-4 (App. D.1.2); yields a row an interval.

    `episode_return` is the mean undiscounted return of the interval's episodes, `stackelberg_factor` the mean
    share of the critic's response in Stack-AC's correction (0 in the other algorithms). The rest is exact for
    the players at its end: `objective` is J, and `true_return`, `critic` and `critic_plus_res_critic`
    (Res-AC only) are the means under mu_0 and the policy of q_theta, q and q + w, in discounted reward.
    With `gap_batches` the columns of `Gap` follow, drawn from the streams `measuring` and not from those of
    the run, which is the same with and without.
    """
    rule, dense = sampled_rule(settings), FourRoom.of(settings).mdp
    starts = np.empty(settings.episodes, np.int64)
    for done in range(0, settings.episodes, settings.log_interval):
        episode_return, factor = kernels.sampled_episodes(
            settings.log_interval,
            settings.episode_length,
            mdp,
            rule,
            players,
            starts,
            done,
            random,
        )
        policy = kernels.policy_table(players.logits)
        true_return = float(mdp.mu0 @ kernels.evaluate(mdp, policy)[1])
        critic, res_critic = (
            float(mdp.mu0 @ kernels.expectation(policy, table)) for table in (players.q, players.w)
        )
        row = {
            "environment_steps": (done + settings.log_interval) * settings.episode_length,
            "episode_return": episode_return,
            "objective": (1 - mdp.gamma) * true_return,
            "true_return": true_return,
            "critic": critic,
            "stackelberg_factor": factor,
        }
        if settings.algorithm == "res-ac":
            row["critic_plus_res_critic"] = critic + res_critic
        if settings.gap_batches > 0:
            seen = starts[: done + settings.log_interval]
            row |= measured_gap(
                dense, rule, players, seen, settings.episode_length, settings.gap_batches, measuring
            )._asdict()
        yield row
