"""Profiles: targets and predictions with a value for each position of a sequence."""

from collections.abc import Callable, Iterable

import numpy as np

from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._profiles import as_profiles


def read_profiles(y, inputs: Inputs, name: str) -> list[np.ndarray]:
    """Profiles as the user gave them; raise unless each is as long as its sequence.

    Parameters
    ----------
    y : array-like of shape (n, length), or n array-likes of one dimension
        The profiles.
    inputs : Inputs
        The sequences they belong to.
    name : str
        What error messages call them.
    """
    lengths = inputs.lengths
    if lengths is None:
        lengths = np.full(len(inputs), inputs.length)
    profiles = as_profiles(y)
    for i, (profile, length) in enumerate(zip(profiles, lengths, strict=True)):
        if profile.ndim != 1:
            raise ValueError(
                f"{name}[{i}] has shape {profile.shape}; with output='profile' it "
                f"holds one value for each of the {length} positions of "
                f"X{name[1:]}[{i}]"
            )
        if len(profile) != length:
            raise ValueError(
                f"{name}[{i}] holds {len(profile)} values, but X{name[1:]}[{i}] has "
                f"{length} positions; with output='profile' there is one for each"
            )
    return profiles


def pad_profiles(values: np.ndarray, lengths: list[int], width: int) -> np.ndarray:
    """Array (n, width) of profiles, from the values of all positions in a row.

    Behind the end of a profile stands NaN, which losses take for unknown.
    """
    lengths = np.array(lengths)
    padded = np.full((len(lengths), width), np.nan)
    padded[np.arange(width) < lengths[:, None]] = values
    return padded


def cut_profiles(padded: np.ndarray) -> np.ndarray:
    """Profiles without the NaN behind their ends.

    They are an array (n, length) if all have one length, else an object array.
    """
    lengths = (~np.isnan(padded)).sum(axis=1)
    if lengths.min() == padded.shape[1]:
        return padded
    rows = zip(padded, lengths, strict=True)
    return _as_objects(row[:length] for row, length in rows)


def map_profiles(function: Callable, profiles: np.ndarray) -> np.ndarray:
    """Apply a function of arrays to profiles of equal or unequal lengths."""
    if profiles.dtype != object:
        return function(profiles)
    return _as_objects(map(function, profiles))


def _as_objects(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """Object array (n,) of arrays."""
    arrays = list(arrays)
    objects = np.empty(len(arrays), dtype=object)
    for i, array in enumerate(arrays):
        objects[i] = array
    return objects
