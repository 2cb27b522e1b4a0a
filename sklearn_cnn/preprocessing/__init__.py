"""Sequences as numbers: encoding and reverse complements."""

from sklearn_cnn.preprocessing._reverse_complement import reverse_complement
from sklearn_cnn.preprocessing._sequence_encoder import SequenceEncoder

__all__ = ["SequenceEncoder", "reverse_complement"]
