"""What fitted attributes may be.

The hash of a file finds damage, but anybody can write a file with a right hash. What is
read is checked here, so that a file which is made up is refused when it is loaded, and
not by an odd error in `predict`, or by memory that is written over in `partial_fit`.
"""

import math

import numpy as np

from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.backbones._stored_source import is_known_by_name
from sklearn_cnn.preprocessing._alphabet import Alphabet

# Starts the names of weights of linear models, among which there are whole numbers.
STACK = "stack."


def check_kinds(fitted: dict) -> None:
    """Raise a ValueError if a fitted attribute is of another kind than a fit leaves."""
    for name, value in fitted.items():
        is_right, words = _KINDS.get(name, (None, ""))
        if is_right is not None and not is_right(value):
            raise ValueError(f"{name} must be {words}; found {value!r:.60}")


def check_sizes(estimator) -> None:
    """Raise a ValueError if sizes among the fitted attributes do not go together."""
    config, state = estimator.architecture_, vars(estimator)
    is_borrowed, of_images = isinstance(config, BorrowedConfig), "image_size_" in state
    if is_borrowed:
        _check_borrowed(config)
    else:
        _check_config(config)
        of_images = not isinstance(config, SequenceCNNConfig)
    needed = ["history_", "n_iter_", "n_channels_"]
    needed += [] if is_borrowed else ["n_filters_"]
    if of_images:
        needed.append("image_size_")
    else:
        needed += ["alphabet_", "length_", "position_", "reverse_complement_"]
    missing = [name for name in needed if name not in state]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    expected = {}
    if not (is_borrowed and of_images):
        expected["n_channels_"] = config.n_channels
    if not is_borrowed:
        expected["n_filters_"] = config.n_filters
    if of_images:
        expected |= {} if is_borrowed else {"image_size_": config.size}
    elif config.length is not None:
        expected |= {"length_": config.length, "position_": True}
    for name, value in expected.items():
        if state[name] != value:
            raise ValueError(
                f"{name} is {state[name]!r:.60}, but its networks are for {value!r:.60}"
            )
    means = state.get("channel_means_")
    if means is not None and len(means) != config.n_channels:
        raise ValueError("channel_means_ has not a number for each channel")
    if getattr(estimator, "position_", False) and estimator.length_ is None:
        raise ValueError("position_ is true, but length_ is None")
    if "y_mean_" in state and state["y_mean_"].shape != state["y_scale_"].shape:
        raise ValueError("y_mean_ and y_scale_ have not one shape")


def _check_config(config) -> None:
    """Raise a ValueError if a value of an architecture is of another kind."""
    layers = config.n_filters, config.kernel_sizes, config.pool_sizes
    are_right = [
        *(map(_is_size, (config.n_channels, config.n_outputs))),
        *(isinstance(sizes, tuple) and all(map(_is_size, sizes)) for sizes in layers),
        len(set(map(len, layers))) == 1,
        config.dense_units is None or _is_size(config.dense_units),
        isinstance(config.activation, str) and isinstance(config.pooling, str),
    ]
    if isinstance(config, SequenceCNNConfig):
        are_right += [_is_int(config.n_symbols), _is_flag(config.profile)]
        are_right.append(config.length is None or _is_size(config.length))
    if not all(are_right):
        raise ValueError(f"there is no such architecture: {config!r:.200}")


def _check_borrowed(config: BorrowedConfig) -> None:
    """Raise a ValueError if a value of an architecture is of another kind."""
    layer, blocks = config.layer, config.blocks
    are_right = [
        *map(_is_size, (config.n_channels, config.n_outputs, config.n_features)),
        config.dense_units is None or _is_size(config.dense_units),
        isinstance(config.pooling, str) and is_known_by_name(config.source),
        config.bins == "all" or _is_size(config.bins),
        isinstance(blocks, tuple) and _are_texts(blocks),
        layer is None or isinstance(layer, str) or _are_texts(layer),
        config.alphabet is None or isinstance(config.alphabet, Alphabet),
        isinstance(config.channel_means, tuple),
        all(type(mean) is float for mean in config.channel_means),
        config.length is None or _is_size(config.length),
    ]
    if not all(are_right):
        raise ValueError(f"there is no such architecture: {config!r:.200}")


def check_arrays(weights: dict, moments: dict, *, borrowed: bool = False) -> None:
    """Raise a ValueError if weights, or moments of the optimiser, are of other types.

    `borrowed` trunks may have whole numbers and truth values of their own. Moments must
    have the shapes of their weights, too: PyTorch does not look, and would write beside
    them.
    """
    for name, array in weights.items():
        is_count = name.endswith("num_batches_tracked") or name.startswith(STACK)
        if borrowed and array.dtype.kind in "biu":
            continue
        kinds = "fi" if is_count else "f"
        if array.dtype.kind not in kinds or array.dtype.itemsize < 4:
            raise ValueError(f"the weights {name!r} are of type {array.dtype}")
    of_networks = {k: array for k, array in weights.items() if not k.startswith(STACK)}
    if (
        len({array.dtype for array in of_networks.values() if array.dtype.kind == "f"})
        > 1
    ):
        raise ValueError("the weights of the networks are of several types")
    for name, array in moments.items():
        member, slot, parameter = name.split(".", 2)
        weight = weights[f"{member}.{parameter}"]
        is_step = slot == "step"
        shape, dtype = ((), np.float32) if is_step else (weight.shape, weight.dtype)
        known = is_step or slot in ("exp_avg", "exp_avg_sq")
        if not known or array.shape != shape or array.dtype != dtype:
            raise ValueError(f"the moments {name!r} are not those of a weight")


def _is_int(value, least: int = 0) -> bool:
    return type(value) is int and value >= least


def _is_size(value) -> bool:
    return _is_int(value, 1)


def _is_flag(value) -> bool:
    return type(value) is bool


def _is_column(value, kinds: str) -> bool:
    return (
        isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in kinds
    )


def _are_classes(value) -> bool:
    is_column = _is_column(value, "biufUmMO") and len(value) > 0
    # Labels that are objects are strings.
    return is_column and (value.dtype != object or _are_texts(value))


def _are_texts(value) -> bool:
    return all(isinstance(entry, str) for entry in value)


def _are_numbers(value) -> bool:
    is_array = isinstance(value, np.ndarray) and value.dtype == np.float64
    return is_array and value.ndim <= 1 and value.size > 0


def _are_scales(value) -> bool:
    return _are_numbers(value) and bool((value > 0).all())


def _is_history(value) -> bool:
    return isinstance(value, list) and all(
        isinstance(record, dict)
        and _is_int(record.get("member"))
        and _is_int(record.get("epoch"), 1)
        for record in value
    )


def _is_range(value) -> bool:
    is_pair = isinstance(value, tuple) and len(value) == 2
    return is_pair and all(type(x) is float and math.isfinite(x) for x in value)


def _are_masks(value) -> bool:
    """Whether masks show as many places each, few enough for a table of all words."""
    return (
        isinstance(value, tuple)
        and len(value) > 0
        and all(isinstance(mask, tuple) and all(map(_is_int, mask)) for mask in value)
        and {len(mask) for mask in value} <= {len(value[0])} & set(range(1, 9))
        and all(mask[0] == 0 and sorted(set(mask)) == list(mask) for mask in value)
    )


# By the name of the attribute: is a value right, and what is right, in words.
_KINDS = {
    "alphabet_": (
        lambda value: value is None or isinstance(value, Alphabet),
        "an alphabet or None",
    ),
    "channel_means_": (
        lambda value: _are_numbers(value) and value.ndim == 1,
        "numbers",
    ),
    "classes_": (_are_classes, "labels"),
    "device_": (lambda value: isinstance(value, str), "a name"),
    "feature_names_in_": (
        lambda value: _is_column(value, "O") and _are_texts(value),
        "names",
    ),
    "feature_names_out_": (
        lambda value: _is_column(value, "O") and _are_texts(value),
        "names",
    ),
    "gapped_masks_": (
        lambda value: value is None or _are_masks(value),
        "masks of 1 to 8 ascending places or None",
    ),
    "history_": (_is_history, "a list of records of epochs"),
    "image_size_": (
        lambda value: (
            isinstance(value, tuple) and len(value) == 2 and all(map(_is_size, value))
        ),
        "two whole numbers",
    ),
    "layers_": (
        lambda value: isinstance(value, tuple) and _are_texts(value),
        "a tuple of names",
    ),
    "length_": (lambda value: value is None or _is_size(value), "a size or None"),
    "multilabel_": (_is_flag, "true or false"),
    "n_channels_": (_is_size, "a size"),
    "n_features_in_": (_is_size, "a size"),
    "n_iter_": (_is_int, "a whole number"),
    "pixel_range_": (_is_range, "two numbers"),
    "position_": (_is_flag, "true or false"),
    "reverse_complement_": (_is_flag, "true or false"),
    "training_hashes_": (
        lambda value: _is_column(value, "u") and value.dtype == np.uint64,
        "hashes",
    ),
    "y_mean_": (_are_numbers, "numbers"),
    "y_scale_": (_are_scales, "positive numbers"),
}
