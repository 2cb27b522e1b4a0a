"""What a network has learned: motifs, attributions, variant effects, pictures."""

from sklearn_cnn.inspection._filter_display import FilterDisplay
from sklearn_cnn.inspection._training_history_display import TrainingHistoryDisplay

__all__ = ["FilterDisplay", "TrainingHistoryDisplay"]
