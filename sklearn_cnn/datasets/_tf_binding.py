"""Sequences that the factors CTCF and RAD21 bind, and others."""

from importlib.resources import files

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params


@validate_params(
    {
        "factor": [StrOptions({"CTCF", "RAD21"})],
        "subset": [StrOptions({"train", "test", "all"})],
        "shared": ["boolean"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_tf_binding(
    factor: str,
    subset: str = "train",
    *,
    shared: bool = False,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[np.ndarray, np.ndarray] | tuple[pd.DataFrame, pd.Series]:
    """Load binding sites of CTCF or RAD21 (two-class classification).

    Half of the published sequences were bound in a ChIP-seq experiment, the other half
    were not. CTCF binds DNA by a long motif. RAD21 is part of cohesin, the ring that
    slides along DNA and stands where CTCF stops it: the related factor, to which a
    network trained on CTCF is fine-tuned.

    =================  ==============================================
    Classes            2
    Sequences          2000 a factor and part, 1000 of them bound;
                       of RAD21 by default 1617 (622 bound) to train
                       and 1860 (864 bound) to test
    Length             100 bases
    Letters            A, C, G, T
    =================  ==============================================

    Where CTCF and RAD21 stand together, both have the same sequences: 378 of the 1000
    bound training sequences of RAD21 (38 %) and 136 of its 1000 bound test sequences
    (14 %) share 31 letters in a row, on either strand, with CTCF's training part, and
    so do 5 and 4 that are not bound. By default all of them are left out, from both
    parts: otherwise a network trained on CTCF would have seen its new task, and its
    test. This holds for a network trained on CTCF's training part alone.

    Parameters
    ----------
    factor : {"CTCF", "RAD21"}
        The protein whose binding sites are loaded.

    subset : {"train", "test", "all"}, default="train"
        The part of the authors' split. "all" is the training part, then the test part.

    shared : bool, default=False
        Whether the sequences of RAD21 that share 31 letters with CTCF's training part
        are kept. CTCF's own sequences are all kept in any case.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, ``data`` is a one-column DataFrame and ``target`` a Series.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_samples,), dtype=object, or DataFrame
            The sequences: upper-case strings of 100 letters. The DataFrame has the
            shape (n_samples, 1).
        target : ndarray of shape (n_samples,), dtype=int, or Series
            1 where the factor binds, 0 elsewhere. The Series is named "bound".
        shared : ndarray of shape (n_samples,), dtype=bool
            Which sequences share 31 letters with CTCF's training part: for RAD21 with
            ``shared=True`` some do, otherwise none is marked.
        feature_names : list of str
            ``["sequence"]``.
        target_names : ndarray of shape (2,)
            What 0 and 1 mean: "unbound" and "bound".
        frame : DataFrame of shape (n_samples, 2) or None
            The columns "sequence" and "bound" if ``as_frame=True``.
        DESCR : str
            The full description of the data set, with source and licence.
        filename : str
            The path of the data file.

    (data, target) : tuple if ``return_X_y=True``
        The two attributes of these names.

    See Also
    --------
    load_jaspar : Matrices of known motifs, CTCF's among them.

    Notes
    -----
    The data come from FastSK [1]_, whose repository is licensed under Apache-2.0. Its
    authors took them from those of DeepBind [2]_. The rows of each part are ordered by
    class, therefore shuffle before splitting.

    References
    ----------
    .. [1] D. Blakely, E. Collins, R. Singh, A. Norton, J. Lanchantin, Y. Qi (2020).
       FastSK: fast sequence analysis with gapped string kernels. Bioinformatics
       36(Supplement 2), i857-i865. https://doi.org/10.1093/bioinformatics/btaa817
    .. [2] B. Alipanahi, A. Delong, M. T. Weirauch, B. J. Frey (2015). Predicting the
       sequence specificities of DNA- and RNA-binding proteins by deep learning. Nature
       Biotechnology 33, 831-838. https://doi.org/10.1038/nbt.3300

    Examples
    --------
    The core of CTCF's motif, on either strand, is common where CTCF or RAD21 is bound:

    >>> from sklearn_cnn.datasets import load_tf_binding
    >>> core = "AG[AG][GT]GGC|GCC[AC][CT]CT"
    >>> for factor in ("CTCF", "RAD21"):
    ...     sites = load_tf_binding(factor, as_frame=True)
    ...     has_core = sites.data["sequence"].str.contains(core)
    ...     print(factor, has_core.groupby(sites.target).mean().round(2).to_dict())
    CTCF {0: 0.08, 1: 0.63}
    RAD21 {0: 0.08, 1: 0.63}

    Sequences that fine-tuning from CTCF must not meet:

    >>> everything = load_tf_binding("RAD21", "test", shared=True)
    >>> len(everything.data), int(everything.shared.sum())
    (2000, 140)
    >>> X_test, y_test = load_tf_binding("RAD21", "test", return_X_y=True)
    >>> len(X_test)
    1860
    """
    room = files("sklearn_cnn.datasets")
    path = room / "data" / "tf_binding.csv.gz"
    with path.open("rb") as file:
        rows = pd.read_csv(file, compression="gzip", dtype={"shared": bool})

    wanted = rows["factor"] == factor
    if subset != "all":
        wanted &= rows["subset"] == subset
    if not shared:
        wanted &= ~rows["shared"]
    rows = rows[wanted].reset_index(drop=True)
    frame = rows[["sequence", "bound"]]

    if as_frame:
        data, target = frame[["sequence"]], frame["bound"]
    else:
        data = frame["sequence"].to_numpy(dtype=object)
        target = frame["bound"].to_numpy()
    if return_X_y:
        return data, target

    return Bunch(
        data=data,
        target=target,
        shared=rows["shared"].to_numpy(),
        feature_names=["sequence"],
        target_names=np.array(["unbound", "bound"]),
        frame=frame if as_frame else None,
        DESCR=(room / "descr" / "tf_binding.rst").read_text(encoding="utf-8"),
        filename=str(path),
    )
