"""Fitted estimators as files: tensors and JSON, nothing executable."""

import contextlib
import errno
import inspect
import json
import math
import os
import secrets
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

import sklearn_cnn
from sklearn_cnn.architectures._image_cnn_config import ImageCNNConfig
from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.metrics._scorer_names import name_of as name_of_scorer
from sklearn_cnn.metrics._scorer_names import named_scorers
from sklearn_cnn.preprocessing._alphabet import Alphabet, resolve_alphabet

# The one entry of the header's metadata, which also marks a file as ours. (The entries
# of a safetensors file have no order: with one, equal models make equal files.)
_ENTRY = "sklearn_cnn"
_FORMAT_VERSION = 1
# Starts the names of tensors that `partial_fit` goes on with.
_OPTIMIZER = "optimizer."
# Architectures of networks, by the name of their class.
_CONFIGS = {cls.__name__: cls for cls in (ImageCNNConfig, SequenceCNNConfig)}
# What to do about values that cannot be stored.
_REMEDIES = {
    "parameter": (
        "replace it by set_params (a fitted estimator by the path of a file that "
        "save_model wrote), or use joblib or skops"
    ),
    "parameter 'monitor'": (
        "it matters in a fit only: replace it by set_params(monitor='loss') or by the "
        "name of a scorer of scikit-learn's"
    ),
    "fitted attribute": "use joblib or skops",
}


def save_model(estimator: BaseEstimator, path: str | os.PathLike) -> None:
    """Write a fitted estimator to one file without pickle.

    The file is a safetensors file: weights as plain tensors, all else as JSON in its
    header. Unlike a pickle it holds nothing that could be executed, so that models can
    be taken from others, and any safetensors reader can open it.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package. Pipelines and searches are for joblib or
        skops; or save the estimator inside, such as ``search.best_estimator_``.
    path : str or path-like
        Where to write; ``.safetensors`` is the usual ending. An existing file is
        replaced at the very end, so that a save which fails or is interrupted leaves
        it whole.

    Raises
    ------
    TypeError
        If `estimator` is not an estimator of this package.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If a parameter or a fitted attribute is neither a number, string or None nor a
        tuple, list, dict or array of them; nor, as `monitor`, a scorer that has a name
        in `sklearn_cnn.metrics` or in scikit-learn.
    FileNotFoundError
        If the folder of `path` is missing.

    See Also
    --------
    load_model : Read such a file.

    Notes
    -----
    The tensors are those of ``weights_``, under the same names, and after `partial_fit`
    the optimiser's, whose names start with "optimizer.". The header's metadata
    have one entry, "sklearn_cnn", whose text is the JSON of the format's version, this
    package's version, the name of the class, the constructor's parameters and the other
    fitted attributes.

    Some parameters only matter during a fit and are stored as None: `callbacks`, a
    `random_state` that is a RandomState instance, and a `pretrained` that is an
    estimator. Paths among the parameters are stored as strings, NumPy scalars as
    Python's, scorers by their public names, motifs (of `motif_bank`) as ids, names and
    counts. Not stored is what was set on the instance with ``set_output`` or
    ``set_fit_request``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_cnn import MotifCNNClassifier, load_model, save_model
    >>> X, y = ["TGACGTCATT", "CCATTGGCAA"] * 10, ["bound", "free"] * 10
    >>> clf = MotifCNNClassifier(n_filters=4, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.safetensors"
    ...     save_model(clf, path)
    ...     again = load_model(path)
    >>> again
    MotifCNNClassifier(n_filters=4, random_state=0)
    >>> bool((again.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    classes = public_estimators()
    name = type(estimator).__name__
    if classes.get(name) is not type(estimator):
        raise TypeError(
            f"save_model takes a fitted {' or '.join(classes)} of sklearn_cnn; got "
            f"{type(estimator).__module__}.{name}. For other estimators, pipelines and "
            "searches use joblib or skops"
        )
    check_is_fitted(estimator)
    parameters = {
        name: None if _is_for_fit_only(name, value) else value
        for name, value in estimator.get_params(deep=False).items()
    }
    fitted = {k: v for k, v in vars(estimator).items() if _is_fitted_attribute(k)}
    tensors = fitted.pop("weights_") | {
        f"{_OPTIMIZER}{key}": array
        for key, array in fitted.pop("optimizer_state_", {}).items()
    }
    # The file takes the arrays' memory as it lies.
    tensors = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    record = {
        "format_version": _FORMAT_VERSION,
        "package_version": sklearn_cnn.__version__,
        "class": name,
        "parameters": _encode_all(parameters, "parameter"),
        "fitted": _encode_all(fitted, "fitted attribute"),
    }
    text = json.dumps(record, allow_nan=False)
    _write_whole(os.fsdecode(path), save(tensors, metadata={_ENTRY: text}))


def load_model(path: str | os.PathLike) -> BaseEstimator:
    """Read a fitted estimator from a file that `save_model` wrote.

    Nothing in the file is executed, and only estimators of this package come out.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator
        Fitted, with the parameters it was saved with; its predictions equal those of
        the saved one bit by bit on the same kind of machine.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not one of `save_model`, is damaged, or was written by a newer
        version of this package which stores what this one does not know.

    See Also
    --------
    save_model : Write such a file, with an example.

    Notes
    -----
    `device` is as saved. Where that device is missing, choose another before
    predicting: ``load_model(path).set_params(device="cpu")``. Parameters that the class
    did not have when the file was written take their defaults.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_cnn import MotifCNNClassifier, load_model, save_model
    >>> X, y = ["TGACGTCATT", "CCATTGGCAA"] * 10, ["bound", "free"] * 10
    >>> clf = MotifCNNClassifier(n_filters=4, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.safetensors"
    ...     save_model(clf, path)
    ...     again = load_model(path)
    >>> again.predict(["TGACGTCATT"])
    array(['bound'], dtype='<U5')
    """
    path = os.fsdecode(path)
    with open(path, "rb"):
        pass  # Python's own errors for a missing file or a folder.
    try:
        with safe_open(path, framework="np") as file:
            estimator_class, parameters, fitted = _read_record(path, file.metadata())
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(
            f"{path!r} is not a safetensors file, or it is cut short ({error})"
        ) from error
    moments = {
        name.removeprefix(_OPTIMIZER): tensors.pop(name)
        for name in list(tensors)
        if name.startswith(_OPTIMIZER)
    }
    fitted |= {"weights_": tensors}
    if moments:
        fitted["optimizer_state_"] = moments
    estimator = estimator_class(**parameters)
    estimator.__setstate__(vars(estimator) | fitted)
    return estimator


def public_estimators() -> dict[str, type]:
    """Classes that can be saved and loaded, by name."""
    public = {name: getattr(sklearn_cnn, name) for name in sklearn_cnn.__all__}
    return {
        name: value
        for name, value in public.items()
        if getattr(value, "__sklearn_cnn_savable__", False)
    }


def _is_for_fit_only(name: str, value) -> bool:
    return (
        name == "callbacks"
        or isinstance(value, np.random.RandomState)
        or (name == "pretrained" and isinstance(value, BaseEstimator))
    )


def _is_fitted_attribute(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _write_whole(path: str, data: bytes) -> None:
    """Write a file so that at any time the old or the new one is there, whole."""
    target = os.path.realpath(path)  # A link stays a link.
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            errno.ENOENT, "the folder is missing; make it first", folder
        )
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, "path is a folder, not a file", path)
    temporary = f"{target}.{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        if getattr(error, "filename", None) == temporary:
            error.filename = path
        raise


def _read_record(path: str, metadata: dict | None) -> tuple[type, dict, dict]:
    """Class, parameters and fitted attributes out of a file's metadata."""
    if not metadata or _ENTRY not in metadata:
        raise ValueError(
            f"{path!r} is a safetensors file, but not one that save_model wrote: its "
            f"metadata have no entry {_ENTRY!r}"
        )
    with _damage_reported(path):
        record = json.loads(metadata[_ENTRY])
        name, written_by = str(record["class"]), record["package_version"]
        is_newer = record["format_version"] > _FORMAT_VERSION
    here = f"this sklearn_cnn, {sklearn_cnn.__version__},"
    if is_newer:
        raise ValueError(
            f"{path!r} was written by sklearn_cnn {written_by} in version "
            f"{record['format_version']} of the format, but {here} reads up to version "
            f"{_FORMAT_VERSION}; a newer sklearn_cnn is needed"
        )
    classes = public_estimators()
    if name not in classes:
        raise ValueError(
            f"{path!r}, written by sklearn_cnn {written_by}, holds a {name!r}, but "
            f"{here} has {', '.join(classes)} only"
        )
    with _damage_reported(path):
        parameters = {k: _decode(v) for k, v in record["parameters"].items()}
        fitted = {k: _decode(v) for k, v in record["fitted"].items()}
        if not all(map(_is_fitted_attribute, fitted)):
            raise ValueError("names of fitted attributes end with an underscore")
    unknown = parameters.keys() - inspect.signature(classes[name]).parameters.keys()
    if unknown:
        raise ValueError(
            f"{path!r}, written by sklearn_cnn {written_by}, has parameters that the "
            f"{name} of {here} does not know: {', '.join(sorted(unknown))}"
        )
    return classes[name], parameters, fitted


@contextlib.contextmanager
def _damage_reported(path: str) -> Iterator[None]:
    """Errors of reading JSON that is not as it should be, as one that says so."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path!r} is damaged: its entry {_ENTRY!r} is not what save_model writes "
            f"({type(error).__name__}: {error})"
        ) from error


def _encode_all(values: dict, kind: str) -> dict:
    """Parameters or attributes as JSON, by name."""
    encoded = {}
    for name, value in values.items():
        try:
            encoded[name] = _encode(value)
        except TypeError as error:
            what = f"{kind} {name!r}"
            remedy = _REMEDIES.get(what, _REMEDIES[kind])
            raise ValueError(
                f"the {what} holds {error}, which save_model cannot store; {remedy}"
            ) from error
    return encoded


def _encode(value):
    """A value as JSON; what JSON lacks becomes an object with a "__type__"."""
    if isinstance(value, (np.bool_, np.number, np.str_)):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return {"__type__": "float", "value": str(value)}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, tuple):
        return {"__type__": "tuple", "items": [_encode(item) for item in value]}
    if isinstance(value, dict):
        if "__type__" not in value and all(isinstance(key, str) for key in value):
            return {key: _encode(item) for key, item in value.items()}
        items = [[_encode(key), _encode(item)] for key, item in value.items()]
        return {"__type__": "dict", "items": items}
    if isinstance(value, np.ndarray):
        return _encode_array(value)
    if isinstance(value, Alphabet):
        return {"__type__": "alphabet", "name": value.name, "symbols": value.symbols}
    if type(value) in _CONFIGS.values():
        values = {field.name: getattr(value, field.name) for field in fields(value)}
        return {
            "__type__": "architecture",
            "class": type(value).__name__,
            "values": _encode(values),
        }
    if isinstance(value, MotifSet):
        entries = [
            [str(identifier), str(name), counts.tolist()]
            for identifier, name, counts in value.entries()
        ]
        kind = {"__type__": "motifs", "alphabet": value.alphabet}
        return kind | {"entries": entries}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if (name := name_of_scorer(value)) is not None:
        return {"__type__": "scorer", "name": name}
    name = getattr(value, "__qualname__", value)
    named = f" {name!r}" if callable(value) else ""
    raise TypeError(f"a {type(value).__name__}{named}")


def _encode_array(array: np.ndarray) -> dict:
    values = array.ravel()
    if array.dtype.kind in "mM":
        values = values.astype(np.int64)  # Dates and times count their unit.
    strings_only = array.dtype == object and all(isinstance(v, str) for v in values)
    if values.dtype.kind not in "biufU" and not strings_only:
        raise TypeError(f"an array of dtype {array.dtype}")
    return {
        "__type__": "array",
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "values": [_encode(item) for item in values.tolist()],
    }


def _decode(value):
    """The inverse of `_encode`."""
    match value:
        case list():
            return [_decode(item) for item in value]
        case {"__type__": "float", "value": text}:
            return float(text)
        case {"__type__": "tuple", "items": items}:
            return tuple(_decode(item) for item in items)
        case {"__type__": "dict", "items": items}:
            return {_decode(key): _decode(item) for key, item in items}
        case {"__type__": "array", "dtype": dtype, "shape": shape, "values": values}:
            return np.array(_decode(values), dtype=dtype).reshape(shape)
        case {"__type__": "alphabet", "name": name, "symbols": symbols}:
            alphabet = resolve_alphabet(name)
            if alphabet.symbols != symbols:
                raise ValueError(
                    f"the alphabet {name!r} has the symbols {symbols!r} in the file "
                    f"and {alphabet.symbols!r} here"
                )
            return alphabet
        case {"__type__": "architecture", "class": name, "values": values}:
            return _CONFIGS[name](**_decode(values))
        case {"__type__": "scorer", "name": name}:
            scorers = named_scorers()
            if name not in scorers:
                raise ValueError(f"there is no scorer {name!r} here")
            return scorers[name]
        case {"__type__": "motifs", "alphabet": alphabet, "entries": entries}:
            ids, names, counts = zip(*entries, strict=True)
            counts = map(np.array, counts)
            return MotifDatabase.from_entries(ids, names, counts, alphabet)
        case {"__type__": kind}:
            raise ValueError(f"unknown type {kind!r}")
        case dict():
            return {key: _decode(item) for key, item in value.items()}
    return value
