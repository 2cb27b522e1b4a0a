"""Pairs of motifs to which a deep unit responds, and at which spacing."""

from itertools import combinations

import numpy as np
import torch

from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.inspection._motif_parts import find_parts
from sklearn_cnn.inspection._unit_responses import receptive_fields, run_trunk

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
        self.columns = torch.from_numpy(columns).to(next(network.parameters()).dtype)
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
    frequencies: np.ndarray,
    n_windows: int,
    usual: np.ndarray,
) -> list[tuple[dict, np.ndarray]]:
    """Pairs of motifs in a unit's frequency matrix, and its response at each spacing.

    A pair is a row of `Hierarchy.pairs`, words being codes. `layer` counts from 1;
    `usual` is how much each unit of the first layer responds in its windows.
    """
    found = []
    codes = frequencies.argmax(axis=1)
    parts = find_parts(frequencies, n_windows)
    alone = [planting.respond((0, codes[slice(*part)])) for part in parts]
    for i, j in combinations(range(len(parts)), 2):
        first, second = codes[slice(*parts[i])], codes[slice(*parts[j])]
        spacing = parts[j][0] - parts[i][1]
        longest = len(frequencies) - len(first) - len(second)
        responses = [
            planting.respond((0, first), (len(first) + gap, second))[layer - 1][unit]
            for gap in range(longest + 1)
        ]
        pair = {
            "layer": layer,
            "unit": unit,
            "start": parts[i][0],
            "first": first,
            "second": second,
            "spacing": spacing,
            "best_spacing": int(np.argmax(responses)),
            "together": responses[spacing],
            "first_alone": alone[i][layer - 1][unit],
            "second_alone": alone[j][layer - 1][unit],
            "first_unit": int((alone[i][0] / usual).argmax()),
            "second_unit": int((alone[j][0] / usual).argmax()),
        }
        found.append((pair, np.array(responses)))
    return found
