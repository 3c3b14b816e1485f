"""From tables to verdicts: curves, statistics over seeds, claims, and their robustness."""
