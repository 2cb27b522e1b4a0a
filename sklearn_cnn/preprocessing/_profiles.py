"""Profiles in the forms people have them."""

import numpy as np


def as_profiles(y) -> list[np.ndarray]:
    """One array a profile, of a table of rows or of profiles of unequal lengths."""
    rows = y.to_numpy() if hasattr(y, "to_numpy") else y
    return [np.asarray(profile) for profile in rows]
