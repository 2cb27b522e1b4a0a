"""Pairs of motifs to which a deep unit responds, and at which spacing."""

from itertools import combinations

import numpy as np
import torch

from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.inspection.layers._unit_responses import receptive_fields, run_trunk
from sklearn_cnn.inspection.motifs._motif_parts import find_parts

# Random sequences into which words are planted.
_N_BACKGROUNDS = 30


class Planting:
    """Responses of units to words in random sequences.

    Parameters
    ----------
    network : MotifCNN
        The network.
    columns : ndarray of shape (n_symbols, n_symbols)
        What it reads of each symbol.
    shares : ndarray of shape (n_symbols,)
        How frequent symbols are in random sequences, which are the same for all words.
    """

    def __init__(self, network: MotifCNN, columns: np.ndarray, shares: np.ndarray):
        self.network = network
        self.columns = torch.tensor(columns).to(next(network.parameters()).dtype)
        width = receptive_fields(network)[-1].width
        rng = np.random.default_rng(0)
        size = _N_BACKGROUNDS, 3 * width
        self._backgrounds = rng.choice(len(shares), size=size, p=shares)
        self._start = width

    def respond(self, *words: tuple[int, np.ndarray]) -> list[np.ndarray]:
        """Mean of the strongest response of each unit, (n_units,) of each layer.

        Words are pairs of a place, 0 or more, and codes of symbols.
        """
        codes = self._backgrounds.copy()
        for place, word in words:
            start = self._start + place
            codes[:, start : start + len(word)] = word
        x = self.columns[torch.from_numpy(codes)].transpose(1, 2)
        with torch.inference_mode():
            activations = run_trunk(self.network, x)
        return [a.amax(dim=2).mean(dim=0).double().numpy() for a in activations]


def find_pairs(
    planting: Planting,
    layer: int,
    unit: int,
    matrix: np.ndarray,
    n_windows: int,
    *,
    strongest: float,
    threshold: float,
    usual: np.ndarray,
) -> list[tuple[dict, np.ndarray]]:
    """Pairs of motifs that excite a unit together, and neither alone.

    Each is a row of the table of pairs, with codes for words, and the unit's response
    at each spacing.

    Parameters
    ----------
    planting : Planting
        What tries words.
    layer, unit : int
        The unit, its layer counted from 1.
    matrix, n_windows
        Frequency matrix of its windows, and their number.
    strongest, threshold : float
        Its strongest response, and the share of it that counts.
    usual : ndarray
        How much each unit of the first layer responds in its windows.
    """

    def respond(*words):
        responses = planting.respond(*words)
        return responses[layer - 1][unit] / strongest, responses[0] / usual

    found = []
    codes = matrix.argmax(axis=1)
    for part, other in combinations(find_parts(matrix, n_windows), 2):
        first, second = codes[slice(*part)], codes[slice(*other)]
        spacing = other[0] - part[1]
        alone, first_layer = zip(respond((0, first)), respond((0, second)), strict=True)
        longest = len(matrix) - len(first) - len(second)
        curve = np.array(
            [
                respond((0, first), (len(first) + gap, second))[0]
                for gap in range(longest + 1)
            ]
        )
        if max(alone) < threshold <= curve[spacing]:
            pair = {
                "layer": layer,
                "unit": unit,
                "start": part[0],
                "first": first,
                "second": second,
                "spacing": spacing,
                "best_spacing": int(curve.argmax()),
                "together": curve[spacing],
                "first_alone": alone[0],
                "second_alone": alone[1],
                "first_unit": int(first_layer[0].argmax()),
                "second_unit": int(first_layer[1].argmax()),
            }
            found.append((pair, curve))
    return found
