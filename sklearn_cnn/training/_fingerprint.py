"""Hash of all that the result of a fit depends on."""

import hashlib
import os
from pathlib import Path
from pickle import PicklingError

import joblib
import numpy as np
import torch

import sklearn_cnn
from sklearn_cnn._package import warn
from sklearn_cnn.training._fitted_state import fitted_state

# Parameters that change nothing in the result, or that are read in another way below.
_LEFT_OUT = {"callbacks", "checkpoint", "pretrained", "verbose"}


def fingerprint(estimator, data: dict, source) -> str | None:
    """Hash of a fit's parameters, its data and the versions of the software.

    Equal fits have equal fingerprints, in any process.

    Parameters
    ----------
    estimator : BaseCNN
        Working copy of the estimator, which has encoded its inputs; if training goes
        on, it has the weights.
    data : dict
        All that was passed to `fit`, encoded or not, by name.
    source : BaseCNN or None
        Fitted estimator that fine-tuning starts from.

    Returns
    -------
    str or None
        None, with a warning, if a part of it cannot be hashed.
    """
    parameters = {
        key: _content(key, value)
        for key, value in estimator.get_params().items()
        if key not in _LEFT_OUT
    }
    of_source = {} if source is None else fitted_state(source)
    parts = {
        "versions": (sklearn_cnn.__version__, torch.__version__, np.__version__),
        "class": type(estimator).__name__,
        **{f"parameter {key}": value for key, value in parameters.items()},
        **{f"attribute {key}": value for key, value in fitted_state(estimator).items()},
        **{f"pretrained {key}": value for key, value in of_source.items()},
        **data,
    }
    digest = hashlib.sha256()
    for name, value in parts.items():
        # One by one: joblib sees whether two values are one object.
        try:
            digest.update(f"{name} {joblib.hash(value, hash_name='sha1')}".encode())
        except (AttributeError, PicklingError, TypeError) as error:
            warn(
                f"checkpoint is ignored, since the fit could not be recognised later: "
                f"the {name} cannot be hashed ({error})"
            )
            return None
    return digest.hexdigest()[:32]


def _content(key: str, value):
    """A parameter, or the content of the file that it names."""
    if isinstance(value, np.random.RandomState):
        return value.get_state()
    is_path = key == "motif_bank" and isinstance(value, (str, os.PathLike))
    if is_path and Path(value).is_file():
        return Path(value).read_bytes()
    return value
