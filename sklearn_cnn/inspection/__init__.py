"""What a fitted network has learned: motifs, attributions, effects of variants."""

from sklearn_cnn.inspection._attribution_display import AttributionDisplay
from sklearn_cnn.inspection._attributions import attributions
from sklearn_cnn.inspection._deeplift_rules import deeplift_rules
from sklearn_cnn.inspection._variant_effects import variant_effects

__all__ = [
    "AttributionDisplay",
    "attributions",
    "deeplift_rules",
    "variant_effects",
]
