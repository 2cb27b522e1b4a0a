"""Scores of all windows of a sequence, as the estimator gives them window by window."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.architectures._merged_ensemble import MergedEnsemble
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.scanning._branches import SharedBranch
from sklearn_cnn.scanning._deep_networks import DeepNetworks, can_be_shared
from sklearn_cnn.scanning._networks import SharedNetworks

# Letters of windows that are predicted one by one, at a time.
_LETTERS = 2**20
# Windows that are computed together, fewer where they span more places than these.
_WINDOWS, _PLACES = 4096, 2**16


class WindowScores:
    """Scores of all windows of some letters, by one pass over them if possible.

    Windows share what is computed for their letters where networks pool at their end
    alone, and all letters are known. Other windows are predicted one by one; of nothing
    but N, as in the gaps of an assembly, there is only one.

    Parameters
    ----------
    estimator : BaseMotifCNN
        Fitted on sequences of symbols.
    length, stride : int
        Letters in a window, and from one window to the next.
    """

    def __init__(self, estimator: BaseMotifCNN, length: int, stride: int):
        self.length, self.stride = length, stride
        self.predict = getattr(estimator, "decision_function", estimator.predict)
        self.alphabet = estimator.alphabet_
        self.fitted = FittedModel(estimator)
        self.shared = _shared_outputs(self.fitted, length, stride)
        self.n_at_once = max(1, _LETTERS // length)
        if self.shared is not None:
            most = min(_WINDOWS, _PLACES // stride)
            self.n_at_once = max(most, length // stride, 1)

    def __call__(self, letters: str, name: str = "X") -> np.ndarray:
        """Scores (n,) or (n, n_outputs) of all windows, the first at the first letter.

        In the layout of `decision_function`, or of a regressor's `predict`. Errors call
        the letters `name`.
        """
        (codes,), _, _ = encode([letters], self.alphabet, name=name)
        starts = np.arange(0, len(letters) - self.length + 1, self.stride)
        if self.shared is None:
            return self._one_by_one(letters, starts)
        is_unknown = codes >= len(self.alphabet.symbols)
        n_unknown = np.append(0, is_unknown.cumsum())
        rest = n_unknown[starts + self.length] > n_unknown[starts]
        if rest.all():
            return self._one_by_one(letters, starts)
        # Any letter will do for unknown ones: windows with it are predicted below.
        outputs = self.shared(np.where(is_unknown, 0, codes))
        scores = self.fitted.scores(outputs)
        if rest.any():
            scores[rest] = self._one_by_one(letters, starts[rest])
        return scores

    def _one_by_one(self, letters: str, starts: np.ndarray) -> np.ndarray:
        """Scores of windows, each distinct one predicted once, some at a time."""
        parts, step = [], max(1, _LETTERS // self.length)
        for first in range(0, len(starts), step):
            windows = np.empty(len(starts[first : first + step]), dtype=object)
            windows[:] = [
                letters[start : start + self.length]
                for start in starts[first : first + step]
            ]
            rows, distinct = pd.factorize(windows)
            parts.append(self.predict(distinct)[rows])
        return np.concatenate(parts)


def _shared_outputs(
    fitted: FittedModel, length: int, stride: int
) -> Callable[[np.ndarray], np.ndarray] | None:
    """Function of codes (n_letters,) that gives the outputs of all their windows.

    None where windows have nothing in common that would be computed once.
    """
    model = fitted.model_for_prediction()
    networks = model.networks
    if can_be_shared(networks):
        networks = DeepNetworks(networks)
        # An end takes as many letters again, which the deeper layers see.
        n_at_ends = 2 * (networks.width - 1)
    elif isinstance(networks, MergedEnsemble):
        n_at_ends = networks.width - 1
    else:
        return None
    if length < stride + n_at_ends:
        return None
    parts = [
        SharedNetworks(networks, length, stride),
        *(SharedBranch(branch, length, stride) for branch in model.branches.values()),
    ]
    device = next(networks.parameters()).device

    @torch.no_grad()
    def outputs(codes: np.ndarray) -> np.ndarray:
        codes = torch.as_tensor(codes, dtype=torch.int32, device=device)
        of_parts = torch.stack([part(codes).double() for part in parts])
        return model.weighted_sum(of_parts).cpu().numpy()

    return outputs
