"""What a fitted network has learned: motifs, attributions, variants, pictures."""

from sklearn_cnn.inspection._attributions import attributions
from sklearn_cnn.inspection._deeplift_rules import deeplift_rules

__all__ = ["attributions", "deeplift_rules"]
