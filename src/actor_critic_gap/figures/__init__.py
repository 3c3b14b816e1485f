"""The paper's figures, each drawn from its tidy table alone; one module a figure."""
