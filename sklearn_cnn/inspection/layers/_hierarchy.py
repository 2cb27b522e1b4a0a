"""What the units of each layer look for, as tables."""

import numpy as np
import pandas as pd

from sklearn_cnn.inspection.layers._layer_of import layer_of
from sklearn_cnn.inspection.layers._layer_windows import LayerWindows


class Hierarchy:
    """What `layer_motifs` returns, where its attributes are described."""

    def __init__(
        self,
        layers: list[LayerWindows],
        *,
        frequencies: tuple[np.ndarray, ...],
        units: pd.DataFrame,
        pairs: pd.DataFrame,
        spacings: pd.DataFrame,
    ):
        self.receptive_fields = tuple(layer.width for layer in layers)
        self.symbols = layers[0].alphabet.symbols
        self.frequencies = frequencies
        self.units = units
        self.pairs = pairs
        self.spacings = spacings
        self._layers = layers

    def __repr__(self) -> str:
        best = self.units.groupby("layer").head(3)
        columns = ["layer", "unit", "importance", "n_windows", "consensus"]
        table = best[columns].to_string(index=False, float_format="{:.2f}".format)
        return f"Hierarchy, the most important units of each layer:\n{table}"

    def windows(self, layer: int, unit: int) -> pd.DataFrame:
        """The windows that excite a unit, the strongest first.

        Parameters
        ----------
        layer : int
            The layer, from 1.
        unit : int
            The unit, from 0.

        Returns
        -------
        DataFrame
            "sequence" (index into X), "start" and "end" (counted from 0, the end
            excluded), "strand" ("+", or "-" where the opposite one is read),
            "activation", and "letters", as the unit reads them.

        Raises
        ------
        ValueError
            If there is no such layer or unit.
        """
        return layer_of(self._layers, layer, unit).table(unit)
