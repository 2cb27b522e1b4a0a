"""The windows of sequences that excite the units of one layer."""

import numpy as np
import pandas as pd

from sklearn_cnn.inspection.layers._unit_responses import Responses
from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._codes import decode


class LayerWindows:
    """Windows of sequences, at most one a sequence and unit.

    Parameters
    ----------
    codes : ndarray of shape (n_sequences, longest)
        The sequences.
    alphabet : Alphabet
        What the codes mean.
    responses : Responses
        The strongest response of each unit in each sequence.
    width : int
        Letters of a window.
    threshold : float
        Share of the strongest response of a unit from which on a window counts.
    """

    def __init__(
        self,
        codes: np.ndarray,
        alphabet: Alphabet,
        responses: Responses,
        *,
        width: int,
        threshold: float,
    ):
        self.codes = codes
        self.alphabet = alphabet
        self.responses = responses
        self.width = width
        self.threshold = threshold

    @property
    def n_units(self) -> int:
        """Units of the layer."""
        return len(self.responses.importance)

    def strongest(self, unit: int) -> float:
        """Its strongest response."""
        return self.responses.activation[:, unit].max()

    def rows(self, unit: int) -> np.ndarray:
        """Sequences that excite a unit, the strongest first."""
        activation = self.responses.activation[:, unit]
        least = self.threshold * self.strongest(unit)
        order = np.argsort(-activation, kind="stable")
        return order[activation[order] >= least] if least > 0 else order[:0]

    def letters(self, unit: int) -> np.ndarray:
        """Codes (n_windows, width) of its windows, as the unit reads them."""
        rows = self.rows(unit)
        places = self.responses.start[rows, unit][:, None] + np.arange(self.width)
        codes = self.codes[rows[:, None], places]
        opposite = self.responses.opposite[rows, unit]
        if opposite.any():
            codes[opposite] = self.alphabet.complement[codes[opposite, ::-1]]
        return codes

    def frequencies(self, unit: int) -> np.ndarray:
        """How frequent each symbol is, (width, n_symbols); NaN without windows."""
        codes = self.letters(unit)
        if len(codes) == 0:
            return np.full((self.width, len(self.alphabet.symbols)), np.nan)
        return self.alphabet.columns.astype(float)[codes].mean(axis=0)

    def table(self, unit: int) -> pd.DataFrame:
        """One row a window; see `layer_motifs`."""
        rows = self.rows(unit)
        starts = self.responses.start[rows, unit]
        opposite = self.responses.opposite[rows, unit]
        return pd.DataFrame(
            {
                "sequence": rows,
                "start": starts,
                "end": starts + self.width,
                "strand": np.where(opposite, "-", "+"),
                "activation": self.responses.activation[rows, unit],
                "letters": decode(self.letters(unit), self.alphabet),
            }
        )
