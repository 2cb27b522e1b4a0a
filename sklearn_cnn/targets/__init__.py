"""From y to the targets of a loss, and from a network's outputs to predictions."""
