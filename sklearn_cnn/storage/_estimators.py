"""Estimators as records of plain values and tensors, and back."""

import inspect

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import nn

import sklearn_cnn
from sklearn_cnn.storage._fitted_values import check_kinds
from sklearn_cnn.storage._format import damage_reported
from sklearn_cnn.storage._savable import Savable
from sklearn_cnn.storage._values import decode, encode

# Starts the names of tensors that `partial_fit` goes on with.
_OPTIMIZER = "optimizer."
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
    "fitted attribute 'architecture_'": (
        "only code can build a PyTorch module: fit with a network that is known by "
        "name or lies in a folder (such as pretrained='timm:FOLDER'); or use joblib, "
        "which needs the module's class where it loads"
    ),
    "fitted attribute": "use joblib or skops",
}
# Folders that are written to: no file may choose one.
_OF_THIS_MACHINE = "checkpoint", "memory"


def public_estimators() -> dict[str, type]:
    """Classes that can be saved and loaded, by name."""
    public = {name: getattr(sklearn_cnn, name) for name in sklearn_cnn.__all__}
    return {
        name: value
        for name, value in public.items()
        if inspect.isclass(value) and issubclass(value, Savable)
    }


def to_record(estimator: BaseEstimator) -> tuple[dict, dict[str, np.ndarray]]:
    """Record and tensors of a fitted estimator.

    A fitted attribute that is an estimator, too, has a record in this record, and
    tensors whose names begin with that of the attribute.

    Raises
    ------
    TypeError
        If it is not an estimator of this package.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If a parameter or a fitted attribute cannot be stored.
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
    state = estimator._state_to_save()
    names = inspect.signature(type(estimator)).parameters
    parameters = {
        key: None if _is_for_fit_only(key, state[key]) else state[key]
        for key in sorted(names)
    }
    fitted = {k: v for k, v in state.items() if _is_fitted_attribute(k)}
    tensors = fitted.pop("weights_", {}) | _with_prefix(
        _OPTIMIZER, fitted.pop("optimizer_state_", {})
    )
    nested = {}
    for key in [k for k, v in fitted.items() if isinstance(v, Savable)]:
        nested[key], inner = to_record(fitted.pop(key))
        tensors |= _with_prefix(f"{key}.", inner)
    record = {
        "package_version": sklearn_cnn.__version__,
        "class": name,
        "parameters": _encode_all(parameters, "parameter"),
        "fitted": _encode_all(fitted, "fitted attribute"),
    }
    if nested:
        record["nested"] = nested
    # The file takes the arrays' memory as it lies.
    tensors = {key: np.asarray(array, order="C") for key, array in tensors.items()}
    return record, tensors


def from_record(
    record: dict, tensors: dict[str, np.ndarray], name: str
) -> BaseEstimator:
    """The estimator of a record and tensors; error messages call the file `name`.

    Raises
    ------
    ValueError
        If they are not what `to_record` gives, or hold what this version of the package
        does not know.
    """
    if "checkpoint" in record:
        raise ValueError(
            f"{name} holds a fit under way, not a model; call fit again on the same "
            "data with the same parameters and checkpoint, and save the model then"
        )
    with damage_reported(name):
        class_name, written_by = str(record["class"]), record["package_version"]
    here = f"this sklearn_cnn, {sklearn_cnn.__version__},"
    classes = public_estimators()
    if class_name not in classes:
        raise ValueError(
            f"{name}, written by sklearn_cnn {written_by}, holds a {class_name!r}, but "
            f"{here} has {', '.join(classes)} only; install a newer sklearn_cnn"
        )
    with damage_reported(name):
        parameters = {k: decode(v) for k, v in record["parameters"].items()}
        parameters |= dict.fromkeys(parameters.keys() & set(_OF_THIS_MACHINE))
        fitted = {k: decode(v) for k, v in record["fitted"].items()}
        nested = dict(record.get("nested", {}))
        if any("nested" in inner for inner in nested.values()):
            raise ValueError("a model in a model holds no third one")
    unknown = parameters.keys() - inspect.signature(classes[class_name]).parameters
    if unknown:
        raise ValueError(
            f"{name}, written by sklearn_cnn {written_by}, has parameters that the "
            f"{class_name} of {here} does not know: {', '.join(sorted(unknown))}; "
            "install a newer sklearn_cnn"
        )
    for key, inner in nested.items():
        fitted[key] = from_record(inner, _pop_prefix(f"{key}.", tensors), name)
    if moments := _pop_prefix(_OPTIMIZER, tensors):
        fitted["optimizer_state_"] = moments
    if tensors:
        fitted["weights_"] = tensors
    with damage_reported(name):
        if not all(map(_is_fitted_attribute, fitted)):
            raise ValueError("names of fitted attributes end with an underscore")
        check_kinds(fitted)
        estimator = classes[class_name](**parameters)
        estimator.__setstate__(vars(estimator) | fitted)
        estimator._check_loaded()
    return estimator


def _is_for_fit_only(name: str, value) -> bool:
    return (
        name in ("callbacks", *_OF_THIS_MACHINE)
        or isinstance(value, np.random.RandomState)
        or (name == "pretrained" and isinstance(value, (BaseEstimator, nn.Module)))
    )


def _is_fitted_attribute(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _encode_all(values: dict, kind: str) -> dict:
    """Parameters or attributes as JSON, by name."""
    encoded = {}
    for name, value in values.items():
        try:
            encoded[name] = encode(value)
        except TypeError as error:
            what = f"{kind} {name!r}"
            remedy = _REMEDIES.get(what, _REMEDIES[kind])
            raise ValueError(
                f"the {what} holds {error}, which save_model cannot store; {remedy}"
            ) from error
    return encoded


def _with_prefix(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{prefix}{key}": array for key, array in arrays.items()}


def _pop_prefix(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays whose names begin so, taken out of others, by the rest of the name."""
    chosen = [key for key in arrays if key.startswith(prefix)]
    return {key.removeprefix(prefix): arrays.pop(key) for key in chosen}
