"""What a network has learned: motifs, attributions, variant effects, pictures."""

from sklearn_cnn.inspection._filter_display import FilterDisplay
from sklearn_cnn.inspection._hierarchy_display import HierarchyDisplay
from sklearn_cnn.inspection._layer_motifs import layer_motifs
from sklearn_cnn.inspection._training_history_display import TrainingHistoryDisplay

__all__ = [
    "FilterDisplay",
    "HierarchyDisplay",
    "TrainingHistoryDisplay",
    "layer_motifs",
]
