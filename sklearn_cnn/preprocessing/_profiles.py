"""Profiles in the forms people have them."""

import numpy as np
import pandas as pd

from sklearn_cnn.preprocessing._containers import unpack


def as_profiles(y, name: str = "y") -> list[np.ndarray]:
    """One array a profile, of a table of rows or of profiles of unequal lengths.

    Among objects, NaN is in place of None and pandas.NA.
    """
    y = unpack(y, name)
    rows = y.to_numpy() if hasattr(y, "to_numpy") else y
    profiles = [np.asarray(profile) for profile in rows]
    return [
        np.where(pd.isna(profile), np.nan, profile)
        if profile.dtype == object
        else profile
        for profile in profiles
    ]
