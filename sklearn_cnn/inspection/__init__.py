"""What a fitted network has learned: motifs, attributions, effects of variants."""

__all__ = []
