"""Profiles in the forms people have them."""

import numpy as np
import pandas as pd

from sklearn_cnn.preprocessing._containers import first_row, unpack
from sklearn_cnn.preprocessing._signals import shape_of


def as_profiles(y, name: str = "y") -> list[np.ndarray]:
    """One array a profile, of a table of rows or of profiles of unequal lengths.

    The profiles may be the cells of a table of one column.
    Among objects, NaN is in place of None and pandas.NA.
    """
    y = unpack(y, name)
    rows = y.to_numpy() if hasattr(y, "to_numpy") else y
    if getattr(rows, "shape", ())[1:] == (1,) and any(map(shape_of, first_row(rows))):
        rows = rows[:, 0]
    profiles = [np.asarray(profile) for profile in rows]
    return [
        np.where(pd.isna(profile), np.nan, profile)
        if profile.dtype == object
        else profile
        for profile in profiles
    ]
