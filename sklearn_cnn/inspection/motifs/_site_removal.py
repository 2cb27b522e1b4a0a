"""What a score loses when sites are taken out of sequences."""

import numpy as np
import pandas as pd

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection.attribution._in_silico_mutagenesis import substitute
from sklearn_cnn.inspection.attribution._score import InputScore

# Random letters are put in place of a site so many times.
_N_DRAWS = 4


class SiteRemoval:
    """Losses of the score without sites.

    Parameters
    ----------
    estimator : BaseMotifCNN
        A fitted one, of sequences of symbols.
    inputs : Inputs
        Encoded sequences.
    target : int or None
        Output that counts; of profiles, a position, or None for the mean.
    random_state : RandomState
        What letters are drawn with.
    """

    def __init__(self, estimator, inputs: Inputs, target, random_state):
        self._inputs = inputs
        self._score = InputScore(estimator, target)
        self._present = self._score(inputs)
        self._random_state = random_state
        letters = FittedModel(estimator).letters(inputs)
        self._inside = letters.any(axis=1)
        self._shares = letters.sum(axis=(0, 2)) / letters.sum()

    def losses(self, sites: pd.DataFrame) -> np.ndarray:
        """Mean loss (n,) of each sequence, all of its sites taken out at once.

        Letters as frequent as in all sequences stand in their place.
        """
        covered = np.zeros(self._inside.shape, bool)
        for site in sites.itertuples():
            covered[site.sequence, site.start : site.end] = True
        covered &= self._inside
        with_site = np.flatnonzero(covered.any(axis=1))
        losses = np.zeros(len(covered))
        if not len(with_site):
            return losses
        rows, places = np.nonzero(covered[with_site])
        n_symbols = len(self._shares)
        for _ in range(_N_DRAWS):
            letters = self._random_state.choice(n_symbols, len(rows), p=self._shares)
            without = self._inputs[with_site]
            substitute(without, n_symbols, rows, letters, places)
            lost = self._present[with_site] - self._score(without)
            losses[with_site] += lost / _N_DRAWS
        return losses
