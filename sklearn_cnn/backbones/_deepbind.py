"""The family of DeepBind, published models of binding."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_cnn.architectures._deepbind import DeepBind, DeepBindGroup
from sklearn_cnn.backbones._backbone import refuse_layer
from sklearn_cnn.backbones._layer_features import LayerFeatures
from sklearn_cnn.backbones._nucleotides import encode_nucleotides
from sklearn_cnn.backbones._safe_load import load_tensors
from sklearn_cnn.inputs._inputs import Inputs

_FLAGS = ("reverse_complement", "avg_pooling", "num_hidden")


@dataclass(frozen=True, eq=False)
class DeepBindModels:
    """Weights of DeepBind's networks.

    `labels` (n_models,) hold protein and id. `flags` (n_models, 3) say whether a
    network reads both strands, whether it pools the mean beside the maximum, and how
    many hidden units it has. `weights` holds a dict of arrays for each network.
    """

    labels: list[str]
    flags: np.ndarray
    weights: list[dict[str, np.ndarray]]


def read_deepbind(path: str) -> DeepBindModels:
    """Read models from a file of weights and the table "models.tsv" beside it.

    Parameters
    ----------
    path : str
        The file, which holds tensors in a dict ``{id: {"conv_w": ..., "conv_b": ...,
        "w1": ..., "b1": ..., "w2": ..., "b2": ...}}``; or its folder, if no other file
        there ends in ".pt".

    Raises
    ------
    FileNotFoundError
        If one of the two files is not there.
    ValueError
        If one of them is not as described.
    """
    file = Path(path)
    if file.is_dir():
        found = sorted(file.glob("*.pt"))
        if len(found) != 1:
            raise FileNotFoundError(
                f"the folder {path!r} of DeepBind's models must hold one file that "
                f"ends in '.pt'; found {len(found)}"
            )
        file = found[0]
    models = load_tensors(file)
    table = _read_table(file.with_name("models.tsv"))
    if not models:
        raise ValueError(f"{os.fspath(file)!r} holds no model")
    unknown = sorted(set(models) - set(table.index))
    if unknown:
        raise ValueError(
            f"models.tsv beside {os.fspath(file)!r} does not know the model "
            f"{unknown[0]!r}"
        )
    table = table.loc[list(models)]
    flags = table[list(_FLAGS)].to_numpy(int)
    weights = [
        _check_weights(name, arrays, with_mean, n_hidden)
        for (name, arrays), (_, with_mean, n_hidden) in zip(
            models.items(), flags.tolist(), strict=True
        )
    ]
    labels = [f"{p}_{i}" for i, p in zip(table.index, table["protein"], strict=True)]
    return DeepBindModels(labels, flags, weights)


class DeepBindScores(LayerFeatures):
    """Scores of all networks of DeepBind.

    Parameters
    ----------
    models : DeepBindModels
        The networks.
    layer : None
        There are no layers to choose from.
    pooling : {"auto"}
        A score has no positions.
    precision
        See `LayerFeatures`.
    """

    def __init__(self, models: DeepBindModels, layer, pooling: str, precision: str):
        refuse_layer(layer, "DeepBind's models")
        if pooling != "auto":
            raise ValueError(
                f"pooling={pooling!r}, but the scores of DeepBind's models have no "
                "positions; leave pooling='auto'"
            )
        super().__init__(
            _build(models), ("",), pooling, precision, tuple(models.labels)
        )

    def encode(self, X) -> Inputs:
        """Codes of DNA or RNA."""
        return encode_nucleotides(X)

    def _feature_names(self) -> list[str]:
        return list(self.labels)


def _read_table(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, sep="\t", dtype={"id": str, "protein": str})
    missing = {"id", "protein", *_FLAGS} - set(table.columns)
    if missing:
        raise ValueError(f"{os.fspath(path)!r} has no column {sorted(missing)[0]!r}")
    return table.set_index("id")


def _check_weights(name: str, weights, with_mean: int, n_hidden: int) -> dict:
    """Arrays of one network; raise unless their shapes are those of its flags."""
    filters = weights.get("conv_w") if isinstance(weights, dict) else None
    if filters is None or filters.ndim != 3:
        raise ValueError(
            f"the DeepBind model {name!r} has no array 'conv_w' (n_detectors, 4, width)"
        )
    n_detectors, _, width = filters.shape
    n_pooled = n_detectors * (1 + with_mean)
    shapes = {
        "conv_w": (n_detectors, 4, width),
        "conv_b": (n_detectors,),
        "w1": (n_hidden or 1, n_pooled),
        "b1": (n_hidden or 1,),
    }
    if n_hidden:
        shapes |= {"w2": (n_hidden,), "b2": ()}
    checked = {}
    for key, shape in shapes.items():
        array = np.asarray(weights.get(key, []), np.float32)
        # Files have one or two more axes of length one in w2 and b2.
        if key in ("w2", "b2") and array.size == np.prod(shape):
            array = array.reshape(shape)
        if array.shape != shape or 0 in shape:
            raise ValueError(
                f"the array {key!r} of the DeepBind model {name!r} has shape "
                f"{array.shape}; its flags ask for {shape}"
            )
        checked[key] = array
    return checked


def _build(models: DeepBindModels) -> DeepBind:
    """Build the networks; all of one shape are a group."""
    members = {}
    for i, weights in enumerate(models.weights):
        key = (*models.flags[i].tolist(), *weights["conv_w"].shape)
        members.setdefault(key, []).append(i)
    groups = []
    for (both_strands, with_mean, *_), rows in members.items():
        weights = [models.weights[i] for i in rows]
        stacked = {key: np.stack([w[key] for w in weights]) for key in weights[0]}
        groups.append(DeepBindGroup(stacked, bool(both_strands), bool(with_mean)))
    return DeepBind(groups, [i for rows in members.values() for i in rows])
