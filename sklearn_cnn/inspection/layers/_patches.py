"""The patches of images that excite the units of each layer."""

import numpy as np
import pandas as pd

from sklearn_cnn.inspection.layers._feature_maps import Field
from sklearn_cnn.inspection.layers._layer_of import layer_of

_UNIT = ["layer", "unit", "importance", "n_patches", "activation"]


class LayerPatches:
    """Patches of images for the units of one layer, at most one an image and unit.

    Parameters
    ----------
    images : ndarray of shape (n_images, n_channels, height, width)
        The images.
    fields : tuple of (Field, Field)
        What a place of the layer's map depends on, downwards and across.
    n_patches : int
        At most so many a unit.
    """

    def __init__(
        self, images: np.ndarray, fields: tuple[Field, Field], *, n_patches: int
    ):
        self.images = images
        self.fields = fields
        self.n_patches = n_patches
        self._activation, self._row, self._column = [], [], []

    def add(self, maps: np.ndarray) -> None:
        """Take the maps (n, n_units, height, width) of the next n images."""
        n_columns = maps.shape[3]
        maps = maps.reshape(*maps.shape[:2], -1)
        # Of equal values, the first.
        place = maps.argmax(axis=2)
        self._activation.append(maps.max(axis=2))
        self._row.append(place // n_columns)
        self._column.append(place % n_columns)

    @property
    def n_units(self) -> int:
        """Units of the layer."""
        return self._activation[0].shape[1]

    def table(self, unit: int) -> pd.DataFrame:
        """One row a patch; see `layer_patches`."""
        activation, row, column = (
            np.concatenate(parts)[:, unit]
            for parts in (self._activation, self._row, self._column)
        )
        best = np.argsort(-activation, kind="stable")[: self.n_patches]
        best = best[activation[best] > 0]
        down, across = self.fields
        top = row[best] * down.step - down.left
        left = column[best] * across.step - across.left
        return pd.DataFrame(
            {
                "image": best,
                "top": top,
                "bottom": top + down.width,
                "left": left,
                "right": left + across.width,
                "activation": activation[best],
            }
        )

    def pixels(self, unit: int) -> np.ndarray:
        """Patches (n, height, width) or (n, height, width, n_channels)."""
        found = self.table(unit)
        n_channels = self.images.shape[1]
        down, across = self.fields
        shape = len(found), down.width, across.width, n_channels
        patches = np.full(shape, np.nan)
        for patch, place in zip(patches, found.itertuples(), strict=True):
            image = np.moveaxis(self.images[place.image], 0, 2)
            height, width = image.shape[:2]
            # What of the patch lies inside of the image.
            rows = slice(max(place.top, 0), min(place.bottom, height))
            columns = slice(max(place.left, 0), min(place.right, width))
            patch[
                rows.start - place.top : rows.stop - place.top,
                columns.start - place.left : columns.stop - place.left,
            ] = image[rows, columns]
        return patches[..., 0] if n_channels == 1 else patches


class Patches:
    """What `layer_patches` returns, where its attributes are described."""

    def __init__(self, layers: list[LayerPatches], importances: list[np.ndarray]):
        self._layers = layers
        self.receptive_fields = tuple(
            tuple(field.width for field in layer.fields) for layer in layers
        )
        rows = []
        for number, (layer, importance) in enumerate(
            zip(layers, importances, strict=True), start=1
        ):
            for unit in np.argsort(-importance, kind="stable").tolist():
                found = layer.table(unit)
                if len(found):
                    strongest = found["activation"].iloc[0]
                    rows.append((number, unit, importance[unit], len(found), strongest))
        self.units = pd.DataFrame(rows, columns=_UNIT)

    def __repr__(self) -> str:
        best = self.units.groupby("layer").head(3)
        table = best.to_string(index=False, float_format="{:.2f}".format)
        return f"Patches, the most important units of each layer:\n{table}"

    def patches(self, layer: int, unit: int) -> pd.DataFrame:
        """Where the patches of a unit are, the strongest first.

        Parameters
        ----------
        layer : int
            The layer, from 1.
        unit : int
            The unit, from 0.

        Returns
        -------
        DataFrame
            "image" (index into X), "top", "bottom", "left" and "right" (pixels, counted
            from 0; "bottom" and "right" excluded), and "activation".

        Raises
        ------
        ValueError
            If there is no such layer or unit.
        """
        return layer_of(self._layers, layer, unit).table(unit)

    def pixels(self, layer: int, unit: int) -> np.ndarray:
        """The patches of a unit, the strongest first.

        Parameters
        ----------
        layer : int
            The layer, from 1.
        unit : int
            The unit, from 0.

        Returns
        -------
        ndarray of shape (n, height, width) or (n, height, width, n_channels)
            In the unit of X; NaN outside of the image.

        Raises
        ------
        ValueError
            If there is no such layer or unit.
        """
        return layer_of(self._layers, layer, unit).pixels(unit)
