"""What a fitted network has learned: motifs, attributions, variant effects."""

from sklearn_cnn.inspection._attribution_display import AttributionDisplay
from sklearn_cnn.inspection._variant_effects import variant_effects

__all__ = ["AttributionDisplay", "variant_effects"]
