"""From X to what a network reads."""
