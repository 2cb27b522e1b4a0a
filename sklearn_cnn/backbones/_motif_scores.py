"""The family "jaspar": scores of known motifs."""

import torch

from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.backbones._backbone import Backbone, batches
from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.training._inputs import Inputs

# Sequences are padded to a multiple of this, so that few shapes occur.
_LENGTH_STEP = 64


class MotifScores(Backbone):
    """Best log-odds score of each matrix of JASPAR 2026 CORE, on both strands.

    Raises
    ------
    ValueError
        If `layer` or `pooling` asks for what a bank of motifs does not have.
    """

    def __init__(self, layer: str | None, pooling: str):
        if layer is not None:
            raise ValueError(
                f"layer={layer!r}, but model='jaspar' has no layers; leave layer=None"
            )
        if pooling == "mean":
            raise ValueError(
                "pooling='mean', but the features of model='jaspar' are the motifs' "
                "best scores over positions; pass pooling='auto' or 'max'"
            )
        bank = MotifBank(*load_jaspar().log_odds(), both_strands=True)
        super().__init__(bank, (), "max")

    def encode(self, X) -> Inputs:
        """Codes of DNA given as strings."""
        codes, lengths, alphabet = encode(X, DNA)
        return Inputs(codes, alphabet, lengths)

    def features(self, inputs, batch_size, device):
        """Rows and scores (n_rows, n_motifs)."""
        bank = self.module.to(device)
        columns = torch.tensor(DNA.columns, device=device)
        with torch.inference_mode():
            for rows, part in batches(inputs, batch_size, length_step=_LENGTH_STEP):
                codes = torch.tensor(part.values, device=device)
                yield rows, bank.of_codes(codes, columns).cpu().numpy()

    def _feature_names(self, n_features: int) -> list[str]:
        """Name and id of each motif, such as "CTCF_MA0139.2"."""
        jaspar = load_jaspar()
        return [jaspar.label(i) for i in range(n_features)]
