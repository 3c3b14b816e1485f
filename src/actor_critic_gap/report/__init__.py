"""What readers are shown: the report, and the README's results."""
