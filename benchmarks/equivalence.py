"""Are this project's SAC-10-0, Stack-SAC-10-0 and Res-SAC-10-10 as good as its own in Stable-Baselines3?

python benchmarks/equivalence.py --algorithms sac -- Pendulum-v1=20000 HalfCheetah-v4=100000
python benchmarks/equivalence.py --algorithms stack-sac res-sac -- Pendulum-v1=20000

Trains both from --seeds seeds with the settings of config/paper.yaml, evaluates them alike (the mean action,
--episodes episodes) and puts their rows into benchmarks/equivalence.csv in the place of those of the same
algorithms and environments. Draws docs/equivalence.png of all that is there, and prints the difference of
the areas under the learning curves in units of what Stable-Baselines3 learned (its mean final value minus its
mean first one), and the larger p-value of Welch's two one-sided tests against the margin: below 0.05 they are
equivalent. Needs `pip install -e '.[sb3]'`. The first command takes about 25 minutes on two cores.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import gymnasium
import pandas as pd
import torch
from scipy import stats
from stable_baselines3.common.evaluation import evaluate_policy

from actor_critic_gap.evidence.statistics import area_under_curve, final_values
from actor_critic_gap.experiment.config import read_config
from actor_critic_gap.figures import style
from actor_critic_gap.sac.family import on_environment
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.sac.training import Trainer
from actor_critic_gap.sb3 import ResSAC, StackSAC
from actor_critic_gap.sb3.delayed import DelayedSAC

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "benchmarks" / "equivalence.csv"
OURS, SB3 = "this project", "Stable-Baselines3"
COLOURS = {OURS: "#0072B2", SB3: "#D55E00"}
ARM = ["algorithm", "environment"]
MARGIN = 0.1
"""How large a difference of areas is taken for none, in units of what SB3 learned; chosen before all runs."""
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
    """The same in Stable-Baselines3."""
    torch.set_num_threads(1)
    environment = gymnasium.make(settings.environment)
    assert environment.spec is not None
    assert environment.spec.max_episode_steps is not None
    classes: dict[str, tuple[type[DelayedSAC], dict[str, Any]]] = {
        "sac": (DelayedSAC, {}),
        "stack-sac": (StackSAC, {"eta": settings.eta}),
        "res-sac": (ResSAC, {"res_critic_updates": settings.res_critic_updates, "clip": settings.clip}),
    }
    algorithm, own = classes[settings.algorithm]
    model = algorithm(
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
        **own,
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
        algorithm=style.sac_name(settings.label),
        environment=settings.environment,
        implementation=implementation,
        seed=seed,
    )


def compared(table: pd.DataFrame) -> str:
    """The difference of the areas of one algorithm on one environment, and the tests' verdict, as a row."""
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


def plot(table: pd.DataFrame) -> None:
    """A panel of learning curves for each algorithm and environment."""
    arms = table.groupby(ARM, sort=False)
    figure, axes = style.subplots(1, arms.ngroups, figsize=(2.9 * arms.ngroups, 2.8), squeeze=False)
    for axis, ((algorithm, environment), rows) in zip(axes[0], arms, strict=True):
        style.curves(axis, rows, "environment_steps", "evaluation_return", "implementation", palette=COLOURS)
        style.thousands(axis)
        axis.set(title=f"{algorithm}\n{environment}", ylabel="return of an evaluation episode")
        if axis is not axes[0][0]:
            axis.get_legend().remove()
            axis.set(ylabel="")
    style.title(figure, f"The same algorithm twice ({style.n_seeds(table)}, mean ± standard deviation)")
    style.save(figure, [ROOT / "docs" / "equivalence.png"], {})


def main() -> None:
    """Train, write the table and the plot, print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", metavar="ENVIRONMENT=STEPS", help="with none, draw and compare")
    parser.add_argument("--algorithms", nargs="+", choices=("sac", "stack-sac", "res-sac"), default=["sac"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--episodes", type=int, default=10, help="of an evaluation")
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    config = read_config([ROOT / "config" / "paper.yaml"])
    experiments = []
    for algorithm, given in product(options.algorithms, options.steps):
        environment, equals, steps = given.partition("=")
        if not (equals and steps.isdecimal()):
            parser.error(f"{given}: expected ENVIRONMENT=STEPS")
        entry = {
            "algorithm": algorithm,
            "environment_steps": int(steps),
            "critic_updates": 10,
            "evaluation_episodes": options.episodes,
            "prediction_interval": 0,
        }
        experiments.append(on_environment(config, environment, entry, given))
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    tasks = [
        (implementation, settings, seed)
        for settings, seed, implementation in product(experiments, seeds, (OURS, SB3))
    ]
    with ProcessPoolExecutor(options.cores) as pool:
        trained = list(pool.map(train, tasks))
    new = {(style.sac_name(settings.label), settings.environment) for settings in experiments}
    kept = pd.read_csv(TABLE)
    kept = kept[[arm not in new for arm in zip(kept["algorithm"], kept["environment"], strict=True)]]
    table = pd.concat([kept, *trained], ignore_index=True)
    table.to_csv(TABLE, index=False, float_format="%.6g")
    print("| | environment | difference of the areas | 90 % interval | p | |\n|---|---|---|---|---|---|")
    for (algorithm, environment), rows in table.groupby(ARM, sort=False):
        print(f"| {algorithm} | {environment} | {compared(rows)}")
    plot(table)


if __name__ == "__main__":
    main()
