"""Tables of variants: alleles at positions of sequences."""

import numpy as np
import pandas as pd

from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._codes import encode

COLUMNS = ["sequence", "position", "ref", "alt"]


def is_table(variants) -> bool:
    """Whether variants are a frame of several columns or a list of tuples."""
    shape = getattr(variants, "shape", ())
    if hasattr(variants, "columns"):
        return shape[1] > 1
    if len(shape) == 2:
        return shape[1] == len(COLUMNS)
    if not isinstance(variants, (list, tuple)):
        return False
    # An empty list is an empty table, which is refused as such.
    return not variants or isinstance(variants[0], (list, tuple))


def apply_variants(
    variants, sequences: list[str], alphabet: Alphabet
) -> tuple[list[str], list[str]]:
    """Sequences without and with each variant.

    `sequences` are in upper case where case does not matter.
    """
    table = _as_frame(variants)
    for column in ("sequence", "position"):
        table[column] = _whole_numbers(table, column)
    for column in ("ref", "alt"):
        table[column] = _alleles(table, column, alphabet)
    _check_sequences(table, len(sequences))
    references = [sequences[row] for row in table["sequence"]]
    _check_positions(table, references)
    _check_references(table, references)
    places = zip(references, table["position"], table["ref"], table["alt"], strict=True)
    alternatives = [
        sequence[:start] + alt + sequence[start + len(ref) :]
        for sequence, start, ref, alt in places
    ]
    return references, alternatives


def _as_frame(variants) -> pd.DataFrame:
    """The four columns, of a pandas or polars frame or of tuples.

    The index is what error messages call the variants: an id, or the index given.
    """
    if not hasattr(variants, "columns"):
        odd = [i for i, row in enumerate(variants) if len(row) != len(COLUMNS)]
        if odd:
            raise ValueError(
                f"variants[{odd[0]}] is {variants[odd[0]]!r}; each variant is "
                "(sequence, position, ref, alt)"
            )
        variants = pd.DataFrame(list(map(tuple, variants)), columns=COLUMNS)
    missing = [column for column in COLUMNS if column not in variants.columns]
    if missing:
        raise ValueError(
            f"variants lacks the column {missing[0]!r}; a table of variants has the "
            f"columns {', '.join(map(repr, COLUMNS))}; found "
            f"{', '.join(map(repr, variants.columns))}"
        )
    if len(variants) == 0:
        raise ValueError("variants is empty; at least one variant is needed")
    index = variants["id"] if "id" in variants.columns else None
    if index is None and isinstance(variants, pd.DataFrame):
        index = variants.index
    columns = {name: list(variants[name]) for name in COLUMNS}
    return pd.DataFrame(columns, index=None if index is None else list(index))


def _whole_numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
    wrong = numbers % 1 != 0  # NaN, too.
    if wrong.any():
        i = wrong.argmax()
        raise ValueError(
            f"{_describe(table, i)}: {column} must be a whole number, counted from 0; "
            f"found {table[column].tolist()[i]!r}"
        )
    return numbers.astype(np.int64)


def _check_sequences(table: pd.DataFrame, n_sequences: int) -> None:
    """Raise if a variant is in no sequence of X."""
    outside = ~table["sequence"].between(0, n_sequences - 1).to_numpy()
    if outside.any():
        i = outside.argmax()
        raise ValueError(
            f"{_describe(table, i)}: there is no X[{table['sequence'].iloc[i]}]; X "
            f"holds {n_sequences} sequences, counted from 0"
        )


def _alleles(table: pd.DataFrame, column: str, alphabet: Alphabet) -> list[str]:
    """Alleles, checked, in upper case where case does not matter."""
    alleles = table[column].tolist()
    for i, allele in enumerate(alleles):
        if not isinstance(allele, str) or allele in ("", "-", "."):
            raise ValueError(
                f"{_describe(table, i)}: {column} is {allele!r}; an allele has one "
                "letter or more. An insertion or a deletion includes the letter before "
                "it, as in VCF: 'A' and 'AG', not '' and 'G'"
            )
    encode(alleles, alphabet, name=f"variants[{column!r}]")  # Raises.
    return alleles if alphabet.case_sensitive else [x.upper() for x in alleles]


def _check_positions(table: pd.DataFrame, references: list[str]) -> None:
    """Raise if a reference allele lies outside of its sequence."""
    for i, (start, ref) in enumerate(zip(table["position"], table["ref"], strict=True)):
        length = len(references[i])
        if start < 0 or start + len(ref) > length:
            raise ValueError(
                f"{_describe(table, i)}: position {start}, counted from 0, and "
                f"{len(ref)} letters of ref do not lie in "
                f"X[{table['sequence'].iloc[i]}], which has {length}"
            )


def _check_references(table: pd.DataFrame, references: list[str]) -> None:
    """Raise if a reference allele is not what the sequence has in its place."""
    alleles = list(zip(references, table["position"], table["ref"], strict=True))
    fits = np.array([x.startswith(ref, start) for x, start, ref in alleles])
    if fits.all():
        return
    i = fits.argmin()
    sequence, start, ref = alleles[i]
    message = (
        f"{_describe(table, i)}: the reference allele is {ref!r}, but "
        f"X[{table['sequence'].iloc[i]}] has {sequence[start : start + len(ref)]!r} at "
        f"position {start}, counted from 0 ({(~fits).sum()} of {len(fits)} differ)"
    )
    if all(start > 0 and x.startswith(ref, start - 1) for x, start, ref in alleles):
        message += "; all fit one position before, as if counted from 1"
    raise ValueError(message)


def _describe(table: pd.DataFrame, i: int) -> str:
    """Variant i in words: its row, and its name where that says more."""
    name = table.index.tolist()[i]
    return f"variants, row {i}" + ("" if name == i else f" ({name!r})")
