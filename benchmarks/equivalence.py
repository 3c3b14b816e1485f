"""Is this project's SAC-10-0 as good as Stable-Baselines3's SAC with the same schedule and settings?

python benchmarks/equivalence.py Pendulum-v1=20000 HalfCheetah-v4=100000

Trains both from --seeds seeds, evaluates them alike (the mean action, --episodes episodes) and writes
benchmarks/equivalence.csv and docs/equivalence.png. Prints, for each environment, the difference of the areas
under the learning curves in units of what SB3 learned (its mean final value minus its mean first one), and
the larger p-value of Welch's two one-sided tests against the margin: below 0.05 they are equivalent.
Needs `pip install -e '.[sb3]'`; about 25 minutes on two cores with HalfCheetah.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import gymnasium
import pandas as pd
import torch
from scipy import stats
from stable_baselines3.common.evaluation import evaluate_policy

from actor_critic_gap.evidence.statistics import area_under_curve, final_values
from actor_critic_gap.figures import style
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.sac.training import Trainer
from actor_critic_gap.sb3.delayed import DelayedSAC
from actor_critic_gap.validation import validated

ROOT = Path(__file__).resolve().parents[1]
OURS, SB3 = "SAC-10-0, here", "SAC-10-0, Stable-Baselines3"
MARGIN = 0.1
"""How large a difference of areas is taken for none, in units of what SB3 learned; chosen before the runs."""
N_EVALUATIONS = 50
FIRST_SEED = 100
"""Seeds that no verdict uses."""


def ours(settings: SACSettings, seed: int) -> list[tuple[int, float]]:
    """Environment steps and evaluation return of one run of this project's engine."""
    run = Trainer(settings, seed, None)
    every = settings.environment_steps // N_EVALUATIONS // settings.iteration_steps
    rows = [(0, run.evaluate())]
    while run.replay.added < settings.environment_steps:
        assert run.iterate()
        if run.iteration % every == 0:
            rows.append((run.replay.added, run.evaluate()))
    return rows


def theirs(settings: SACSettings, seed: int) -> list[tuple[int, float]]:
    """The same of Stable-Baselines3's SAC."""
    torch.set_num_threads(1)
    environment = gymnasium.make(settings.environment)
    assert environment.spec is not None
    assert environment.spec.max_episode_steps is not None
    model = DelayedSAC(
        "MlpPolicy",
        environment,
        settings.lr,
        critic_updates=settings.critic_updates,
        train_freq=settings.iteration_steps,
        gamma=settings.gamma,
        tau=settings.tau,
        batch_size=settings.batch_size,
        buffer_size=settings.environment_steps,
        learning_starts=10 * environment.spec.max_episode_steps,
        policy_kwargs={"net_arch": [settings.hidden_units] * 2},
        seed=seed,
        device="cpu",
    )
    elsewhere = gymnasium.make(settings.environment)
    elsewhere.reset(seed=1_000_000 + seed)

    def evaluate() -> float:
        mean, _ = evaluate_policy(model, elsewhere, settings.evaluation_episodes, warn=False)
        assert isinstance(mean, float)
        return mean

    rows = [(0, evaluate())]
    while model.num_timesteps < settings.environment_steps:
        model.learn(settings.environment_steps // N_EVALUATIONS, reset_num_timesteps=False)
        rows.append((model.num_timesteps, evaluate()))
    return rows


def train(task: tuple[str, SACSettings, int]) -> pd.DataFrame:
    """The learning curve of one run."""
    implementation, settings, seed = task
    rows = (ours if implementation == OURS else theirs)(settings, seed)
    return pd.DataFrame(rows, columns=["environment_steps", "evaluation_return"]).assign(
        environment=settings.environment, implementation=implementation, seed=seed
    )


def compared(table: pd.DataFrame) -> str:
    """The difference of the areas on one environment, and the tests' verdict, in a row of a table."""
    areas = {}
    for implementation, rows in table.groupby("implementation"):
        runs = rows.pivot_table(index="seed", columns="environment_steps", values="evaluation_return")
        curves = runs.to_numpy()
        areas[implementation] = area_under_curve(curves, runs.columns.to_numpy(float))
        if implementation == SB3:
            learned = final_values(curves).mean() - curves[:, 0].mean()
    a, b = areas[OURS] / learned, areas[SB3] / learned
    test = stats.ttest_ind(a, b, equal_var=False)
    low, high = test.confidence_interval(0.9)
    p_value = max(
        stats.ttest_ind(a + MARGIN, b, equal_var=False, alternative="greater").pvalue,
        stats.ttest_ind(a - MARGIN, b, equal_var=False, alternative="less").pvalue,
    )
    verdict = "equivalent" if p_value < 0.05 else "not shown"
    return f"{a.mean() - b.mean():+.3f} | {low:+.3f} to {high:+.3f} | {p_value:.3f} | {verdict} |"


def main() -> None:
    """Train, write the table and the plot, print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="+", metavar="ENVIRONMENT=STEPS")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--episodes", type=int, default=10, help="of an evaluation")
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    experiments = []
    for given in options.steps:
        environment, steps = given.split("=")
        data = {
            "algorithm": "sac",
            "environment": environment,
            "environment_steps": int(steps),
            "critic_updates": 10,
            "evaluation_episodes": options.episodes,
        }
        experiments.append(validated(SACSettings, data, given))
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    tasks = [
        (implementation, settings, seed)
        for settings, seed, implementation in product(experiments, seeds, (OURS, SB3))
    ]
    with ProcessPoolExecutor(options.cores) as pool:
        table = pd.concat(pool.map(train, tasks), ignore_index=True)
    table.to_csv(ROOT / "benchmarks" / "equivalence.csv", index=False, float_format="%.6g")
    print("| environment | difference of the areas | 90 % interval | p | |\n|---|---|---|---|---|")
    figure, axes = style.subplots(1, len(experiments), figsize=(3.4 * len(experiments), 2.8), squeeze=False)
    for axis, settings in zip(axes[0], experiments, strict=True):
        shown = table[table["environment"] == settings.environment]
        print(f"| {settings.environment} | {compared(shown)}")
        colours = {OURS: "#0072B2", SB3: "#D55E00"}
        style.curves(axis, shown, "environment_steps", "evaluation_return", "implementation", palette=colours)
        style.thousands(axis)
        axis.set(title=settings.environment, ylabel="return of an evaluation episode")
        if axis is not axes[0][0]:
            axis.get_legend().remove()
    style.title(figure, f"The same algorithm twice ({options.seeds} seeds, mean ± standard deviation)")
    style.save(figure, [ROOT / "docs" / "equivalence.png"], {})


if __name__ == "__main__":
    main()
