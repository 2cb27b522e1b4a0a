"""What a network has learned: motifs, attributions, variant effects, pictures.

All displays take ``ax``, the Axes to draw on, and have ``ax_`` and ``figure_`` after
that. Those of several panels take an array with an Axes for each panel, or one Axes,
whose place is divided; ``axes_`` holds all panels, of which ``ax_`` is the first.
"""

from sklearn_cnn._package import publish
from sklearn_cnn.inspection.attribution._attributions import attributions
from sklearn_cnn.inspection.attribution._deeplift_rules import deeplift_rules
from sklearn_cnn.inspection.displays._attribution_display import AttributionDisplay
from sklearn_cnn.inspection.displays._feature_map_display import FeatureMapDisplay
from sklearn_cnn.inspection.displays._filter_display import FilterDisplay
from sklearn_cnn.inspection.displays._hierarchy_display import HierarchyDisplay
from sklearn_cnn.inspection.displays._motif_display import MotifDisplay
from sklearn_cnn.inspection.displays._patch_display import PatchDisplay
from sklearn_cnn.inspection.displays._training_history_display import (
    TrainingHistoryDisplay,
)
from sklearn_cnn.inspection.layers._layer_motifs import layer_motifs
from sklearn_cnn.inspection.layers._layer_patches import layer_patches
from sklearn_cnn.inspection.layers._summary import summary
from sklearn_cnn.inspection.motifs._extract_motifs import extract_motifs
from sklearn_cnn.inspection.motifs._match_motifs import match_motifs
from sklearn_cnn.inspection.motifs._motifs import Motifs
from sklearn_cnn.inspection.variants._variant_effects import variant_effects

__all__ = [
    "AttributionDisplay",
    "FeatureMapDisplay",
    "FilterDisplay",
    "HierarchyDisplay",
    "MotifDisplay",
    "Motifs",
    "PatchDisplay",
    "TrainingHistoryDisplay",
    "attributions",
    "deeplift_rules",
    "extract_motifs",
    "layer_motifs",
    "layer_patches",
    "match_motifs",
    "summary",
    "variant_effects",
]

publish(__name__)
