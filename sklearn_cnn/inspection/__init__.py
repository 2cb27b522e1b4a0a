"""What a fitted network has learned: motifs, attributions, variant effects."""

from sklearn_cnn.inspection._variant_effects import variant_effects

__all__ = ["variant_effects"]
