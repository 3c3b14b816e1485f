"""One contestant of benchmarks/sac.py in a process of its own: trains, and prints its speed as JSON.

python benchmarks/sac_worker.py CONTESTANT ENVIRONMENT WARMUP_STEPS TIMED_STEPS

CONTESTANT is one of PEERS, or this project's engine by its settings in JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.update(
    OMP_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
)

HIDDEN, BATCH, LR, GAMMA, TAU = 128, 128, 3e-4, 0.99, 0.005

Work = Callable[[int], None]
spent: dict[str, float] = {}


def engine(environment: str, warmup: int, settings: dict[str, Any]) -> Work:
    """This project's engine: `steps` environment steps with all updates; counts the time in updates."""
    import torch

    from actor_critic_gap.sac.settings import SACSettings
    from actor_critic_gap.sac.training import Trainer
    from actor_critic_gap.validation import validated

    torch.set_num_threads(1)
    data = {"environment": environment, "warmup_steps": warmup, **settings}
    run = Trainer(validated(SACSettings, data, "benchmark"), 0, 6.0)
    while run.replay.added < warmup:
        run.collect()
    update = run.agent.update

    def timed(*arguments: Any) -> dict[str, float]:
        started = time.perf_counter()
        statistics = update(*arguments)
        spent["update_seconds"] += time.perf_counter() - started
        return statistics

    run.agent.update = timed  # type: ignore[method-assign]

    def work(steps: int) -> None:
        spent["update_seconds"] = 0.0
        for _ in range(steps // run.settings.iteration_steps):
            assert run.iterate()

    return work


def cleanrl(environment: str, warmup: int, actor_updates: int) -> Work:
    """Eager SAC in the style of CleanRL: one module a network, a minibatch and next action an update.

    Per 10 environment steps 10 critic updates, each with polyak, and `actor_updates` actor and temperature
    updates. Written for this benchmark.
    """
    import gymnasium
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(1)
    env = gymnasium.make(environment)
    assert isinstance(env.observation_space, gymnasium.spaces.Box)
    assert isinstance(env.action_space, gymnasium.spaces.Box)
    n_states, n_actions = env.observation_space.shape[0], env.action_space.shape[0]

    def mlp(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(inputs, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, outputs),
        )

    actor = mlp(n_states, 2 * n_actions)
    critics, targets = ([mlp(n_states + n_actions, 1) for _ in range(2)] for _ in range(2))
    for critic, target in zip(critics, targets, strict=True):
        target.load_state_dict(critic.state_dict())
    critic_adam = torch.optim.Adam([p for c in critics for p in c.parameters()], lr=LR)
    actor_adam = torch.optim.Adam(actor.parameters(), lr=LR)
    log_alpha = torch.zeros(1, requires_grad=True)
    alpha_adam = torch.optim.Adam([log_alpha], lr=LR)
    size = 1_000_000
    storage = [np.zeros((size, k), np.float32) for k in (n_states, n_actions, 1, 1, n_states)]

    def act(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_std = actor(states).chunk(2, dim=1)
        normal = torch.distributions.Normal(mean, log_std.clamp(-20, 2).exp())
        u = normal.rsample()
        action = torch.tanh(u)
        log_prob = normal.log_prob(u) - torch.log(1 - action.pow(2) + 1e-6)  # type: ignore[no-untyped-call]
        return action, log_prob.sum(1, keepdim=True)

    def value(networks: list[nn.Sequential], states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        inputs = torch.cat([states, actions], dim=1)
        return torch.min(networks[0](inputs), networks[1](inputs))

    filled = 0
    rng = np.random.default_rng(0)
    state, _ = env.reset(seed=0)

    def step(random: bool) -> None:
        nonlocal state, filled
        if random:
            action = rng.uniform(-1, 1, n_actions).astype(np.float32)
        else:
            with torch.no_grad():
                action = act(torch.as_tensor(state, dtype=torch.float32)[None])[0][0].numpy()
        following, reward, terminated, truncated, _ = env.step(action)
        for table, item in zip(storage, (state, action, reward, terminated, following), strict=True):
            table[filled % size] = item
        filled += 1
        state = env.reset()[0] if terminated or truncated else following

    def update(update_actor: bool) -> None:
        rows = rng.integers(filled, size=BATCH)
        s, a, r, done, s2 = (torch.as_tensor(table[rows]) for table in storage)
        alpha = log_alpha.exp().item()
        with torch.no_grad():
            a2, log_prob = act(s2)
            y = r + (1 - done) * GAMMA * (value(targets, s2, a2) - alpha * log_prob)
        inputs = torch.cat([s, a], dim=1)
        loss = functional.mse_loss(critics[0](inputs), y) + functional.mse_loss(critics[1](inputs), y)
        critic_adam.zero_grad()
        loss.backward()
        critic_adam.step()
        if update_actor:
            action, log_prob = act(s)
            actor_loss = (alpha * log_prob - value(critics, s, action)).mean()
            actor_adam.zero_grad()
            actor_loss.backward()
            actor_adam.step()
            alpha_loss = (-log_alpha.exp() * (log_prob.detach() - n_actions)).mean()
            alpha_adam.zero_grad()
            alpha_loss.backward()
            alpha_adam.step()
        for critic, target in zip(critics, targets, strict=True):
            for p, q in zip(critic.parameters(), target.parameters(), strict=True):
                q.data.copy_(TAU * p.data + (1 - TAU) * q.data)

    for _ in range(warmup):
        step(random=True)

    def work(steps: int) -> None:
        for _ in range(steps // 10):
            for _ in range(10):
                step(random=False)
            for i in range(10):
                update(update_actor=i >= 10 - actor_updates)

    return work


def stable_baselines3(environment: str, warmup: int, same_schedule: bool) -> Work:
    """Stable-Baselines3, as it comes (10 actor updates) or with the actor on the last of 10 updates only."""
    import torch
    from stable_baselines3 import SAC
    from torch.nn import functional

    torch.set_num_threads(1)

    class Scheduled(SAC):  # type: ignore[misc]
        """SB3's own parts in the schedule of SAC-10-0."""

        def train(self, gradient_steps: int, batch_size: int = 64) -> None:
            for i in range(gradient_steps):
                data = self.replay_buffer.sample(batch_size)
                alpha = torch.exp(self.log_ent_coef.detach())
                with torch.no_grad():
                    actions, log_prob = self.actor.action_log_prob(data.next_observations)
                    following = torch.cat(self.critic_target(data.next_observations, actions), dim=1)
                    soft = following.min(dim=1, keepdim=True).values - alpha * log_prob[:, None]
                    y = data.rewards + (1 - data.dones) * self.gamma * soft
                values = self.critic(data.observations, data.actions)
                loss = 0.5 * sum(functional.mse_loss(v, y) for v in values)
                self.critic.optimizer.zero_grad()
                loss.backward()
                self.critic.optimizer.step()
                if i == gradient_steps - 1:
                    actions, log_prob = self.actor.action_log_prob(data.observations)
                    q = torch.cat(self.critic(data.observations, actions), dim=1).min(dim=1).values
                    actor_loss = (alpha * log_prob - q).mean()
                    self.actor.optimizer.zero_grad()
                    actor_loss.backward()
                    self.actor.optimizer.step()
                    ent_loss = -(self.log_ent_coef * (log_prob + self.target_entropy).detach()).mean()
                    self.ent_coef_optimizer.zero_grad()
                    ent_loss.backward()
                    self.ent_coef_optimizer.step()
                polyak(self.critic.parameters(), self.critic_target.parameters(), self.tau)

    from stable_baselines3.common.utils import polyak_update as polyak

    model = (Scheduled if same_schedule else SAC)("MlpPolicy", environment, **_peer_settings(warmup))
    model.learn(warmup)
    return lambda steps: model.learn(steps, reset_num_timesteps=False)


def sbx(environment: str, warmup: int) -> Work:
    """SBX with policy_delay = 10, which is exactly the schedule of SAC-10-0."""
    from sbx import SAC

    model = SAC("MlpPolicy", environment, policy_delay=10, **_peer_settings(warmup))
    model.learn(warmup)
    return lambda steps: model.learn(steps, reset_num_timesteps=False)


def _peer_settings(warmup: int) -> dict[str, Any]:
    return {
        "learning_rate": LR,
        "buffer_size": 1_000_000,
        "learning_starts": warmup,
        "batch_size": BATCH,
        "tau": TAU,
        "gamma": GAMMA,
        "train_freq": 10,
        "gradient_steps": 10,
        "policy_kwargs": {"net_arch": [HIDDEN, HIDDEN]},
        "seed": 0,
        "device": "cpu",
    }


PEERS: dict[str, Callable[[str, int], Work]] = {
    "CleanRL style": lambda env, warmup: cleanrl(env, warmup, 1),
    "CleanRL style, 10 actor updates": lambda env, warmup: cleanrl(env, warmup, 10),
    "SB3, same schedule": lambda env, warmup: stable_baselines3(env, warmup, True),
    "SB3 as it comes": lambda env, warmup: stable_baselines3(env, warmup, False),
    "SBX, policy_delay 10": sbx,
}


def main() -> None:
    contestant, environment, warmup, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if contestant in PEERS:
        work = PEERS[contestant](environment, warmup)
    else:
        work = engine(environment, warmup, json.loads(contestant))
    work(200)  # compilation, caches, allocators
    started = time.perf_counter()
    work(steps)
    spent["seconds"] = time.perf_counter() - started
    print(json.dumps({**spent, "steps": steps}))


if __name__ == "__main__":
    main()
