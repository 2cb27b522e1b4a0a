"""Tasks: from y to the targets of a loss, from a network's outputs to predictions."""
