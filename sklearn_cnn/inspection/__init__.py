"""What a fitted network has learned: motifs, attributions, variants, pictures."""

from sklearn_cnn.inspection._attributions import attributions
from sklearn_cnn.inspection._deeplift_rules import deeplift_rules
from sklearn_cnn.inspection._extract_motifs import extract_motifs
from sklearn_cnn.inspection._match_motifs import match_motifs
from sklearn_cnn.inspection._motifs import Motifs

__all__ = [
    "Motifs",
    "attributions",
    "deeplift_rules",
    "extract_motifs",
    "match_motifs",
]
