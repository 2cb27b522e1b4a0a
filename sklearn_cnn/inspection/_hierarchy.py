"""What the units of each layer look for, as tables."""

import numpy as np
import pandas as pd

from sklearn_cnn.inspection._layer_windows import LayerWindows


class Hierarchy:
    """What the units of each layer of a network look for; `layer_motifs` makes it.

    Layers count from 1, which reads the letters; units count from 0, as in `weights_`.

    Attributes
    ----------
    receptive_fields : tuple of int
        Letters that a unit of each layer sees at once.
    symbols : str
        The symbols, in the order of the columns of frequency matrices.
    frequencies : tuple of ndarray of shape (n_units, receptive_field, n_symbols)
        Of each layer: how frequent each symbol is at each position of the windows that
        excite a unit; NaN of a unit that nothing excites.
    units : DataFrame
        One row a unit that something excites, the most important first within its
        layer: "layer", "unit", "importance", "n_windows", "information" (bits of the
        whole matrix) and "consensus" (the commonest symbol, "." where it makes up no
        half).
    pairs : DataFrame
        One row a pair of motifs that a unit behind the first layer needs both, those
        of the most important units first. "layer" and "unit"; "start", where in the
        window the first motif begins; "first" and "second", the motifs as words;
        "spacing", the letters between them. From words planted into random sequences,
        as shares of the unit's strongest response to X: "together", to both words at
        "spacing", "first_alone" and "second_alone", to one word; "best_spacing", the
        spacing to which it responds most; "first_unit" and "second_unit", the unit of
        the first layer that this word excites most.
    spacings : DataFrame
        The "response" at each "spacing" of the words of each pair; "pair" is its row
        in `pairs`.
    """

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
        """
        return self._layers[layer - 1].table(unit)
