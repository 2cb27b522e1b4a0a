"""Files of the challenge to predict transcription-factor binding along sequences."""

from os import PathLike

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import validate_params

from sklearn_cnn.datasets._text_lines import read_lines


@validate_params(
    {
        "sequences": [str, PathLike],
        "scores": [str, PathLike, None],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def read_tf_challenge(
    sequences: str | PathLike,
    scores: str | PathLike | None = None,
    *,
    return_X_y: bool = False,
) -> Bunch | tuple[pd.Series, np.ndarray | None]:
    r"""Read the TF binding challenge of GENE 46100: a score for every base.

    The challenge of the course "Deep learning in genomics" comes as two files for each
    chromosome: the sequences of windows of 300 bases, and a matrix with one column a
    window and one row a base. Windows are matched by their names, and the matrix is
    transposed, as ``MotifCNNRegressor(output="profile")`` expects it.

    Parameters
    ----------
    sequences : str or path-like
        A file such as "chr22_sequences.txt.gz": tab-separated, plain or gzipped, with
        the columns "sequence" and "window_name" in its first line.

    scores : str or path-like, default=None
        The file "chr22_scores.txt.gz" that belongs to it: tab-separated, with the names
        of the windows in its first line and a line of numbers for each base. None where
        there is none, as for sequences whose scores are to be predicted.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : Series of shape (n_windows,)
            The sequences, in the order of their file; the index holds the names of the
            windows, such as "chr22_10510500_10510799".
        target : ndarray of shape (n_windows, length) or None
            The scores; None without `scores`.

    (data, target) : tuple if ``return_X_y=True``
        The two attributes of these names.

    Raises
    ------
    ValueError
        If a file has another layout, holds something else than numbers or is cut off,
        or if the two are not of the same windows and lengths; with the file, and the
        line where there is one.

    OSError
        If a file cannot be opened.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_cnn.datasets import read_tf_challenge
    >>> folder = TemporaryDirectory()
    >>> sequences = Path(folder.name) / "chr1_sequences.txt"
    >>> text = "sequence\twindow_name\nACG\tchr1_0_2\nTTG\tchr1_3_5\n"
    >>> _ = sequences.write_text(text)
    >>> scores = Path(folder.name) / "chr1_scores.txt"
    >>> _ = scores.write_text("chr1_3_5\tchr1_0_2\n0\t6.5\n7\t0\n7.5\t0\n")
    >>> X, y = read_tf_challenge(sequences, scores, return_X_y=True)
    >>> X.to_dict()
    {'chr1_0_2': 'ACG', 'chr1_3_5': 'TTG'}
    >>> y
    array([[6.5, 0. , 0. ],
           [0. , 7. , 7.5]])
    >>> folder.cleanup()
    """
    data = _read_sequences(sequences)
    target = None
    if scores is not None:
        names, matrix = _read_scores(scores)
        target = _align(data, names, matrix, sequences, scores)
    return (data, target) if return_X_y else Bunch(data=data, target=target)


def _read_sequences(path: str | PathLike) -> pd.Series:
    """Sequences, indexed by the names of their windows."""
    lines = read_lines(path)
    number, header = next(lines, (1, ""))
    columns = header.split("\t")
    if not {"sequence", "window_name"}.issubset(columns):
        raise ValueError(
            f"{path}, line {number}: the first line must name the columns 'sequence' "
            f"and 'window_name', separated by tabs; found {header[:60]!r}"
        )
    rows = []
    for number, line in lines:
        rows.append(line.split("\t"))
        if len(rows[-1]) != len(columns):
            raise ValueError(
                f"{path}, line {number}: {len(columns)} columns are expected; found "
                f"{len(rows[-1])}"
            )
    if not rows:
        raise ValueError(f"{path} holds no sequences; is the file complete?")
    table = pd.DataFrame(rows, columns=columns).set_index("window_name")
    _check_names(table.index, path)
    return table["sequence"]


def _read_scores(path: str | PathLike) -> tuple[pd.Index, np.ndarray]:
    """Names of windows, and their scores: (length, n_windows), as in the file."""
    lines = read_lines(path)
    _, header = next(lines, (1, ""))
    names = pd.Index(header.split("\t"))
    _check_names(names, path)
    rows = []
    for number, line in lines:
        try:
            rows.append(np.array(line.split("\t"), dtype=float))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        if len(rows[-1]) != len(names):
            raise ValueError(
                f"{path}, line {number}: {len(rows[-1])} scores are found for the "
                f"{len(names)} windows named in line 1"
            )
    return names, np.array(rows)


def _check_names(names: pd.Index, path: str | PathLike) -> None:
    if not names.is_unique:
        raise ValueError(
            f"{path}: the names of windows must differ, but "
            f"{names[names.duplicated()][0]!r} occurs twice"
        )


def _align(
    data: pd.Series,
    names: pd.Index,
    matrix: np.ndarray,
    sequences: str | PathLike,
    scores: str | PathLike,
) -> np.ndarray:
    """Scores in the order of the sequences: (n_windows, length)."""
    for one, other, path in (
        (data.index, names, scores),
        (names, data.index, sequences),
    ):
        missing = one.difference(other)
        if len(missing) > 0:
            raise ValueError(
                f"{path} lacks {len(missing)} windows of the other file, the first "
                f"being {missing[0]!r}; give the two files of one chromosome"
            )
    lengths = data.str.len()
    if (lengths != len(matrix)).any():
        window = lengths.index[lengths != len(matrix)][0]
        raise ValueError(
            f"{scores} holds {len(matrix)} lines of scores, but the sequence of "
            f"{window!r} in {sequences} has {lengths[window]} bases; is a file cut off?"
        )
    return matrix[:, names.get_indexer(data.index)].T
