"""The family of known motifs: their scores in sequences."""

import torch

from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.backbones._backbone import (
    Backbone,
    choose_pooling,
    refuse_layer,
)
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode

# Sequences are padded to a multiple of this, so that batches have few shapes.
_LENGTH_STEP = 8
# Windows that count, by the pooling.
_WINDOWS = {"max": "best", "occupancy": "all"}


class MotifScores(Backbone):
    """Log-odds score of each matrix of a database, on both strands of DNA.

    Parameters
    ----------
    motifs : MotifDatabase
        The motifs.
    layer : None
        There are no layers.
    pooling : {"auto", "max", "occupancy"}
        The best window, or all windows; "auto" is the best.
    precision : {"auto", "float32"}
        Both are single precision.

    Raises
    ------
    ValueError
        If `layer`, `pooling` or `precision` is something else.
    """

    def __init__(self, motifs: MotifDatabase, layer, pooling: str, precision: str):
        refuse_layer(layer, "motifs")
        pooling = choose_pooling(pooling, "motifs", tuple(_WINDOWS))
        if precision == "float64":
            raise ValueError(
                "precision='float64', but motifs are scored in single precision; pass "
                "'auto' or 'float32'"
            )
        bank = MotifBank(*motifs.log_odds(), True, _WINDOWS[pooling])
        labels = tuple(motifs.label(i) for i in range(len(motifs)))
        super().__init__(bank, (), labels, pooling, torch.float32)

    def encode(self, X) -> Inputs:
        """Codes of DNA given as strings."""
        codes, lengths, alphabet = encode(X, DNA)
        return Inputs(codes, alphabet, lengths)

    def features(self, inputs, batch_size, device):
        """Rows and scores (n_rows, n_motifs)."""
        bank = self.module.to(device)
        columns = torch.tensor(DNA.columns, device=device)
        with torch.inference_mode():
            for rows, part, _ in self._batches(
                inputs, batch_size, length_step=_LENGTH_STEP
            ):
                codes = torch.tensor(part.values, device=device)
                yield rows, bank.features_from_codes(codes, columns).cpu().numpy()

    def _feature_names(self) -> list[str]:
        """Name and id of each motif, such as "CTCF_MA0139.2"."""
        return list(self.labels)
