"""Linear models beside the networks: features, penalties, stacking weights."""
