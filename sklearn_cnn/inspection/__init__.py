"""What a fitted network has learned: motifs, attributions, variants, pictures."""

__all__ = []
