"""The family of vision models of the Hugging Face hub."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sklearn_cnn.backbones._images import encode_images
from sklearn_cnn.backbones._layer_features import (
    LayerFeatures,
    resolve_layers,
    units_first,
)
from sklearn_cnn.backbones._transformers_model import TransformersModel, last_state
from sklearn_cnn.inputs._inputs import Inputs


@dataclass(frozen=True, eq=False)
class VisionModel(TransformersModel):
    """Weights and config of a vision model, and its image processor."""

    processor: Any


class HuggingFaceVision(LayerFeatures):
    """Layers of a vision model, pooled over the positions in an image.

    Parameters
    ----------
    source : VisionModel
        What was loaded.
    layer : str, tuple of str or None
        Dotted names of submodules; None is the last hidden state.
    pooling : {"auto", "max", "mean", "flatten"}
        Over positions, or the tokens that stand for them; "auto" is the mean.
    precision
        See `LayerFeatures`.
    """

    made_for = "images"

    def __init__(self, source: VisionModel, layer, pooling: str, precision: str):
        self.processor = source.processor
        self.settings = tuple(sorted(self.processor.to_dict().items()))
        module = source.build()
        layers = resolve_layers(module, "" if layer is None else layer)
        pooling = "mean" if pooling == "auto" else pooling
        super().__init__(module, layers, pooling, precision)

    def encode(self, X) -> Inputs:
        """Images as bytes; later the processor resizes them for the model."""
        return encode_images(X)

    def network_inputs(self, images) -> Inputs:
        """What the model reads, of all images at once: floats (n, 3, height, width)."""
        values = self.encode(images).values
        parts = range(0, len(values), self.auto_batch_size)
        parts = [self._pixels(values[i : i + self.auto_batch_size]) for i in parts]
        return Inputs(np.concatenate(parts))

    def _batch(self, part: Inputs, device: torch.device) -> torch.Tensor:
        return torch.tensor(self._pixels(part.values), dtype=self.dtype, device=device)

    def _pixels(self, images: np.ndarray) -> np.ndarray:
        """What the processor makes of bytes (n, 3, height, width)."""
        pixels = self.processor(
            images=list(images.copy()),  # Writable, as PyTorch wants them.
            input_data_format="channels_first",
            return_tensors="np",
        )["pixel_values"]
        return np.asarray(pixels)

    def _tensor(self, output, layer: str) -> torch.Tensor:
        """States (n, n_units, positions ...); an output without positions as it is."""
        return units_first(super()._tensor(last_state(output), layer))
