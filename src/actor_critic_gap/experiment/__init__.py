"""An experiment: its config, families of runs, tables and cost."""
