"""Earlier releases of JASPAR, from the package pyjaspar."""

import numpy as np

from sklearn_cnn.datasets._motif_database import MotifDatabase

# Years of the releases that pyjaspar 4 holds, but for the embedded one.
RELEASES = (2014, 2016, 2018, 2020, 2022, 2024)


def load_jaspar_release(year: int) -> MotifDatabase:
    """The newest version of each CORE matrix of a release, in the order of their ids.

    Species are numbers of the NCBI taxonomy.

    Raises
    ------
    ImportError
        If pyjaspar is not installed.
    """
    try:
        from pyjaspar import jaspardb
    except ImportError:
        raise ImportError(
            f"JASPAR {year} needs pyjaspar; install it with "
            "`pip install 'sklearn-cnn[jaspar]'`"
        ) from None
    database = jaspardb(release=f"JASPAR{year}")
    motifs = database.fetch_motifs(collection="CORE", all_versions=False)
    motifs.sort(key=lambda motif: motif.matrix_id)
    counts = [np.array([motif.counts[b] for b in "ACGT"], float).T for motif in motifs]
    return MotifDatabase(
        ids=np.array([motif.matrix_id for motif in motifs]),
        names=np.array([motif.name for motif in motifs]),
        classes=_joined(motif.tf_class for motif in motifs),
        families=_joined(motif.tf_family for motif in motifs),
        groups=np.array([motif.tax_group or "" for motif in motifs]),
        species=_joined(motif.species for motif in motifs),
        widths=np.array([len(matrix) for matrix in counts]),
        stacked_counts=np.concatenate(counts),
        source=f"JASPAR {year} CORE",
    )


def _joined(annotations) -> np.ndarray:
    """Each annotation in one string; it may have no value, one or several."""
    return np.array(
        [
            values if isinstance(values, str) else "; ".join(filter(None, values or ()))
            for values in annotations
        ]
    )
