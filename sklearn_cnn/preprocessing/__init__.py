"""Sequences as numbers: encoding, reverse complements and shuffles."""

from sklearn_cnn._package import publish
from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._dinucleotide_shuffle import dinucleotide_shuffle
from sklearn_cnn.preprocessing._overlap_groups import overlap_groups
from sklearn_cnn.preprocessing._reverse_complement import reverse_complement
from sklearn_cnn.preprocessing._sequence_encoder import SequenceEncoder

__all__ = [
    "SequenceEncoder",
    "dinucleotide_shuffle",
    "overlap_groups",
    "reverse_complement",
]

publish(__name__, Alphabet)
