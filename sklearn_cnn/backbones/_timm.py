"""The family of timm's image models."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.backbones._hub import hub_or_cache
from sklearn_cnn.backbones._images import encode_images
from sklearn_cnn.backbones._layer_features import (
    LayerFeatures,
    resolve_layers,
    units_first,
)
from sklearn_cnn.backbones._transformers_model import arrays_of, load_arrays
from sklearn_cnn.inputs._inputs import Inputs


@dataclass(frozen=True, eq=False)
class TimmModel:
    """Weights and settings of a model of timm, without its classifier.

    `settings` are those that differ from the defaults of the architecture. `size` is
    the height and width of the model's input; `mean` and `std` (3,) standardise the
    colours.
    """

    architecture: str
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]
    size: tuple[int, int]
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def build(self) -> nn.Module:
        """The module, with its weights."""
        import timm

        # timm draws initial weights; the caller's random state must not change.
        with torch.random.fork_rng(devices=[]):
            module = timm.create_model(self.architecture, **self.settings)
        load_arrays(module, self.weights)
        return module


def load_timm(name: str) -> TimmModel:
    """Read a pretrained model by its name in timm, or from a folder.

    Parameters
    ----------
    name : str
        Name, with or without a tag of weights ("resnet18.a1_in1k"), which come from the
        hub or its cache; or a folder with "config.json" and weights, as timm saves them
        for the hub.

    Raises
    ------
    ImportError
        If timm is not installed.
    OSError
        If the weights are not on this machine, and the hub is not reached.
    ValueError
        If timm has no such model.
    """
    try:
        import timm
    except ImportError:
        raise ImportError(
            f"model='timm:{name}' needs timm; install it with "
            "`pip install 'sklearn-cnn[timm]'`"
        ) from None
    settings, source = {}, name
    if os.path.isdir(name):
        config = json.loads((Path(name) / "config.json").read_text(encoding="utf-8"))
        settings, source = config.get("model_args", {}), f"local-dir:{name}"
    elif not timm.is_model(name.partition(".")[0]):
        raise ValueError(
            f"model='timm:{name}' is neither the name of a model of timm "
            "(timm.list_models() has them) nor a folder"
        )
    # A folder, or the repository with the tag of the weights.
    repository = name
    if source == name:
        repository = getattr(timm.get_pretrained_cfg(name), "hf_hub_id", None) or name
    with hub_or_cache("timm", repository) as from_cache:
        where = {"file": _cached_weights(repository)} if from_cache else None
        with torch.random.fork_rng(devices=[]):
            module = timm.create_model(
                source, pretrained=True, num_classes=0, pretrained_cfg_overlay=where
            )
    how = timm.data.resolve_model_data_config(module)
    return TimmModel(
        architecture=module.pretrained_cfg["architecture"],
        settings={**settings, "num_classes": 0},
        weights=arrays_of(module),
        size=tuple(how["input_size"][1:]),
        interpolation=how["interpolation"],
        mean=tuple(how["mean"]),
        std=tuple(how["std"]),
    )


def _cached_weights(repository: str) -> str:
    """Path of the weights in the hub's cache."""
    from huggingface_hub import hf_hub_download

    return hf_hub_download(repository, "model.safetensors", local_files_only=True)


class TimmFeatures(LayerFeatures):
    """Layers of a model of timm.

    Parameters
    ----------
    source : TimmModel
        What was loaded.
    layer : str, tuple of str or None
        Dotted names of submodules; None is the input of the classifier.
    pooling, precision
        See `LayerFeatures`.
    """

    made_for = "images"

    def __init__(self, source: TimmModel, layer, pooling: str, precision: str):
        self.size = source.size
        self.mode = "bilinear" if source.interpolation == "bilinear" else "bicubic"
        self.mean, self.std = source.mean, source.std
        self.settings = self.size, self.mode, self.mean, self.std
        module = source.build()
        layers = resolve_layers(module, "" if layer is None else layer)
        super().__init__(module, layers, pooling, precision)

    def encode(self, X) -> Inputs:
        """Images as bytes."""
        return encode_images(X)

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Images of bytes, resized and standardised as in the model's training."""
        x = F.interpolate(x / 255, self.size, mode=self.mode, antialias=True)
        x = x.clamp(0, 1)
        mean, std = x.new_tensor(self.mean), x.new_tensor(self.std)
        return (x - mean[:, None, None]) / std[:, None, None]

    def n_positions(self, length: int) -> int:
        """Pixels of the model's own size."""
        return math.prod(self.size)

    def _tensor(self, output, layer: str) -> torch.Tensor:
        """States (n, n_units, positions ...); an output without positions as it is."""
        return units_first(super()._tensor(output, layer))
