"""The UCI primate splice-junction sequences."""

from importlib.resources import files

import numpy as np
import pandas as pd
from sklearn.utils import Bunch


def load_splice_junctions(
    *, return_X_y: bool = False, as_frame: bool = False
) -> Bunch | tuple[np.ndarray, np.ndarray] | tuple[pd.DataFrame, pd.Series]:
    """Load the UCI primate splice-junction sequences (three-class classification).

    A splice junction is where an intron is cut out of a transcript. Every sequence
    shows the sense strand of the transcript around one candidate, which always lies
    in the middle, between indices 29 and 30. The question is whether an intron
    begins there, ends there, or neither.

    =================  =============================================
    Classes            3
    Sequences          EI 767, IE 768, N 1655; 3190 in all
    Length             60 bases
    Letters            A, C, G, T; D, N, R and S in 15 sequences
    =================  =============================================

    The set is small and real, and its signal is tied to the middle of the sequence
    and to one strand: it shows what a model loses that ignores position or reads both
    strands.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, ``data`` is a one-column DataFrame and ``target`` a Series.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (3190,), dtype=object, or DataFrame of shape (3190, 1)
            The sequences: upper-case strings of 60 letters.
        target : ndarray of shape (3190,), dtype=str, or Series of shape (3190,)
            The labels: "EI" (exon to intron, the donor), "IE" (intron to exon, the
            acceptor) or "N" (neither). The Series is named "junction".
        groups : ndarray of shape (3190,), dtype=int
            The number of the distinct sequence, from 0 to 3004. Identical sequences
            have the same number, also where their labels differ; given to
            :class:`~sklearn.model_selection.StratifiedGroupKFold` it keeps copies
            of a training sequence out of the test fold.
        feature_names : list of str
            ``["sequence"]``.
        target_names : ndarray of shape (3,)
            The labels in sorted order.
        frame : DataFrame of shape (3190, 2) or None
            The columns "sequence" and "junction" if ``as_frame=True``.
        DESCR : str
            The full description of the data set, with source and licence.
        filename : str
            The path of the data file.

    (data, target) : tuple if ``return_X_y=True``
        The two attributes of these names.

    Notes
    -----
    The data are the work of G. Towell, M. Noordewier and J. Shavlik [1]_, and
    licensed under CC BY 4.0. The rows are ordered by class, therefore shuffle before
    splitting. 185 sequences repeat an earlier one: see ``groups``.

    References
    ----------
    .. [1] Molecular Biology (Splice-junction Gene Sequences) [Dataset] (1991).
       UCI Machine Learning Repository. https://doi.org/10.24432/C5M888

    Examples
    --------
    Almost every intron begins with GT:

    >>> from sklearn_cnn.datasets import load_splice_junctions
    >>> splice = load_splice_junctions()
    >>> splice.data[0]
    'AGACCCGCCGGGAGGCGGAGGACCTGCAGGGTGAGCCCCACCGCCCCTCCGTGCCCCCGC'
    >>> splice.data[0][30:32], str(splice.target[0])
    ('GT', 'EI')

    Split so that no test sequence is also a training sequence:

    >>> from sklearn.model_selection import StratifiedGroupKFold
    >>> cv = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=0)
    >>> train, test = next(cv.split(splice.data, splice.target, splice.groups))
    >>> set(splice.data[train]) & set(splice.data[test])
    set()
    """
    room = files("sklearn_cnn.datasets")
    path = room / "data" / "splice_junctions.csv.gz"
    with path.open("rb") as file:
        frame = pd.read_csv(file, compression="gzip", keep_default_na=False)

    if as_frame:
        data, target = frame[["sequence"]], frame["junction"]
    else:
        data = frame["sequence"].to_numpy(dtype=object)
        target = frame["junction"].to_numpy(dtype=str)
    if return_X_y:
        return data, target

    groups, _ = pd.factorize(frame["sequence"])
    return Bunch(
        data=data,
        target=target,
        groups=groups,
        feature_names=["sequence"],
        target_names=np.unique(target),
        frame=frame if as_frame else None,
        DESCR=(room / "descr" / "splice_junctions.rst").read_text(encoding="utf-8"),
        filename=str(path),
    )
