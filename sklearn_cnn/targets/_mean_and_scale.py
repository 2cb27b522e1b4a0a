"""Mean and standard deviation of targets."""

import numpy as np


def mean_and_scale(y: np.ndarray, weights) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of the known values of each target.

    The scale of a constant target is 1. The smallest value is subtracted before sums,
    and the largest distance divided out before squares: a constant stays exactly
    constant, and neither an offset nor a unit costs digits.
    """
    unknown = np.isnan(y)
    total = np.einsum("n,n...->...", weights, ~unknown)
    lowest = np.fmin.reduce(y)
    # One copy, changed in place, since there may be many targets.
    values = y - lowest
    values[unknown] = 0
    mean = np.einsum("n,n...->...", weights, values) / total
    values -= mean
    values[unknown] = 0
    widest = np.maximum(values.max(axis=0), -values.min(axis=0))
    widest = np.where(widest > 0, widest, 1)
    values /= widest
    variance = np.einsum("n,n...,n...->...", weights, values, values) / total
    scale = widest * np.sqrt(variance)
    return np.asarray(lowest + mean), np.where(scale > 0, scale, 1.0)
