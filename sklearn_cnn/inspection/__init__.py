"""What a fitted network has learned: motifs, attributions, variant effects, pictures."""

__all__ = []
