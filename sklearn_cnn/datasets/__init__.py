"""Data sets to learn from and to test on.

The loaders follow scikit-learn's: a :class:`~sklearn.utils.Bunch`, or ``(X, y)`` with
``return_X_y=True``, with pandas objects if ``as_frame=True``. The simulators return
``(X, y)``, or a Bunch with ``return_details=True``. The readers lead from the files of
genomics to tables.
"""

from sklearn_cnn._package import publish
from sklearn_cnn.datasets._genome_windows import GenomeWindows
from sklearn_cnn.datasets._make_motif_classification import make_motif_classification
from sklearn_cnn.datasets._make_motif_regression import make_motif_regression
from sklearn_cnn.datasets._motif_database import MotifDatabase, load_jaspar
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._read_fasta import read_fasta
from sklearn_cnn.datasets._read_motifs import read_motifs
from sklearn_cnn.datasets._read_peaks import read_peaks
from sklearn_cnn.datasets._read_tf_challenge import read_tf_challenge
from sklearn_cnn.datasets._read_variants import read_variants
from sklearn_cnn.datasets._sample_negatives import sample_negatives
from sklearn_cnn.datasets._splice_junctions import load_splice_junctions
from sklearn_cnn.datasets._tf_binding import load_tf_binding

__all__ = [
    "GenomeWindows",
    "MotifSet",
    "load_jaspar",
    "load_splice_junctions",
    "load_tf_binding",
    "make_motif_classification",
    "make_motif_regression",
    "read_fasta",
    "read_motifs",
    "read_peaks",
    "read_tf_challenge",
    "read_variants",
    "sample_negatives",
]

publish(__name__, MotifDatabase)
