"""Sequences of a FASTA file."""

from collections.abc import Iterator
from itertools import islice
from numbers import Integral
from os import PathLike

import pandas as pd
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn.datasets._text_lines import read_lines


@validate_params(
    {
        "path": [str, PathLike],
        "chunksize": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def read_fasta(
    path: str | PathLike, *, chunksize: int | None = None
) -> pd.Series | Iterator[pd.Series]:
    r"""Read the sequences of a FASTA file into a Series, indexed by their ids.

    Plain, gzip and bgzip files are told apart by their first bytes, not by their names.
    Sequences of DNA, RNA, proteins or other letters may be wrapped over lines and in
    upper or lower case, which is kept; blanks in and between lines do not matter, nor
    do lines of comments, which begin with ";", or the line ends of Windows and old
    Macs.

    Parameters
    ----------
    path : str or path-like
        The file.

    chunksize : int, default=None
        If given, the file is read on demand, this many sequences at a time, so that a
        file larger than the memory can be worked through. By default it is read whole.

    Returns
    -------
    Series of shape (n_sequences,), named "sequence"
        The sequences as strings. The index, named "id", holds the first word of each
        header. Ids need not be distinct: in some files they are class labels, hence
        nothing is renamed or dropped (``X[X.index.duplicated()]`` shows repeats).

        With `chunksize`, an iterator over such Series.

    Raises
    ------
    ValueError
        If the file is not FASTA, if a record has no id or no sequence, if a sequence
        holds anything but printable ASCII characters, if the text is not UTF-8, or if
        a gzip file is cut off; each with the file and the line.

    OSError
        If the file cannot be opened.

    See Also
    --------
    read_peaks : Sequences of the intervals in a BED or narrowPeak file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_cnn.datasets import read_fasta
    >>> folder = TemporaryDirectory()
    >>> path = Path(folder.name) / "promoters.fa"
    >>> text = ">lacUV5 of E. coli\nTTTACACTTTATG\nCTTCC\n>tac\nTTGACA\n"
    >>> _ = path.write_text(text)
    >>> X = read_fasta(path)
    >>> X.to_dict()
    {'lacUV5': 'TTTACACTTTATGCTTCC', 'tac': 'TTGACA'}

    One sequence at a time:

    >>> [chunk.str.len().item() for chunk in read_fasta(path, chunksize=1)]
    [18, 6]
    >>> folder.cleanup()
    """
    records = _records(path)
    if chunksize is None:
        return _as_series(list(records))
    batches = iter(lambda: list(islice(records, chunksize)), [])
    return map(_as_series, batches)


def not_fasta(line: str) -> str:
    """What to say of a first line that does not begin with ">"."""
    message = f"a FASTA file begins with '>'; found {line[:30]!r}"
    if line.startswith("@"):
        message += ", as in FASTQ; 'seqtk seq -a' turns that into FASTA"
    elif "\t" in line:
        message += (
            ", as in a table; pandas.read_csv(..., sep='\\t') reads tables, and "
            "sklearn_cnn.datasets.read_peaks BED and narrowPeak files"
        )
    return message


def _records(path: str | PathLike) -> Iterator[tuple[str, str]]:
    """Id and sequence of each record."""
    name, letters, header = None, [], 0
    for number, line in read_lines(path):
        if line.startswith(">"):
            if name is not None:
                yield name, _sequence(letters, name, header, path)
            name, letters, header = _first_word(line, number, path), [], number
        elif line.startswith(";"):
            continue
        elif name is None:
            raise ValueError(f"{path}, line {number}: {not_fasta(line)}")
        else:
            if not (line.isascii() and line.isalpha()):
                line = line.replace(" ", "")
                _check_letters(line, number, path)
            letters.append(line)
    if name is None:
        raise ValueError(f"{path} is empty; a FASTA file holds at least one sequence")
    yield name, _sequence(letters, name, header, path)


def _first_word(line: str, number: int, path: str | PathLike) -> str:
    # Of bytes: a word ends at a blank of ASCII, as in the index of a genome.
    words = line[1:].encode().split(maxsplit=1)
    if not words:
        raise ValueError(f"{path}, line {number}: there is no id behind '>'; add one")
    return words[0].decode()


def _sequence(letters: list[str], name: str, header: int, path: str | PathLike) -> str:
    if not letters:
        raise ValueError(
            f"{path}, line {header}: no sequence follows the header of {name!r}; is "
            "the file complete? If so, remove the header"
        )
    return "".join(letters)


def _check_letters(line: str, number: int, path: str | PathLike) -> None:
    """Raise unless all letters are printable ASCII characters, such as "-" or "*"."""
    for position, letter in enumerate(line):
        if not "!" <= letter <= "~" or letter == ">":
            raise ValueError(
                f"{path}, line {number}: {letter!r} at position {position} (counted "
                "from 0, without blanks) does not belong in a sequence; only printable "
                "ASCII characters do. Remove it; a header begins with '>'"
            )


def _as_series(records: list[tuple[str, str]]) -> pd.Series:
    names, sequences = zip(*records, strict=True)
    return pd.Series(sequences, index=pd.Index(names, name="id"), name="sequence")
