"""Tidy tables of runs whose truth is known."""

import numpy as np
import pandas as pd


def made_up(seeds: int = 10, rows: int = 21, **finals: float) -> pd.DataFrame:
    """Returns that rise from 0 to about `final` of each algorithm."""
    rng = np.random.default_rng(0)
    tables = []
    for algorithm, final in finals.items():
        for seed in range(seeds):
            steps = np.arange(rows) * 10
            values = final * steps / steps[-1] + rng.normal(0, 0.3)
            tables.append(
                pd.DataFrame(
                    {
                        "environment": "Pendulum-v1",
                        "algorithm": algorithm,
                        "seed": seed,
                        "iteration": steps,
                        "environment_steps": 10 * steps,
                        "evaluation_return": values,
                        "diverged": 0,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)
