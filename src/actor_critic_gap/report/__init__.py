"""What readers are shown: the report, the explorer, comparisons, and the README's results."""
