"""Write ``tf_binding.csv.gz`` from the sequences of the FastSK repository.

FastSK (https://github.com/QData/FastSK, Apache-2.0) holds sequences that a factor binds
and others that it does not, in a training and a test part: FASTA files with the label
as the name of each sequence. Of its factors CTCF and RAD21 are taken.

To obtain the source and write the file::

    git clone https://github.com/QData/FastSK
    git -C FastSK checkout d275a232cea129299021051cd6ac94d2296e83c8
    python make_tf_binding.py FastSK/data

Letters become upper case (the source has repeats in lower case). The column ``shared``
marks the sequences of RAD21 that share 31 letters in a row, on either strand, with a
sequence of CTCF's training part.
"""

import argparse
from collections import Counter
from pathlib import Path

from sklearn_cnn.datasets.data._write_gzip import write_gzip

LETTERS = set("ACGT")
LENGTH = 100
N_PER_LABEL = {"1": 1000, "0": 1000}
WORD_LENGTH = 31
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def read_rows(path: Path) -> list[tuple[str, str]]:
    """Read and check the (sequence, label) pairs of one of FastSK's files."""
    lines = path.read_text(encoding="ascii").upper().splitlines()
    rows = []
    # A line too many is one sequence too few: the counts below notice it.
    pairs = zip(lines[::2], lines[1::2], strict=False)
    for number, (name, sequence) in enumerate(pairs):
        if (
            name not in (">0", ">1")
            or len(sequence) != LENGTH
            or not LETTERS.issuperset(sequence)
        ):
            raise ValueError(
                f"{path}, line {2 * number + 1}: expected '>0' or '>1' and, on the "
                f"next line, {LENGTH} letters out of {''.join(sorted(LETTERS))}, got "
                f"{name!r} and {sequence!r}."
            )
        rows.append((sequence, name[1:]))
    n_per_label = dict(Counter(label for _, label in rows))
    if n_per_label != N_PER_LABEL:
        raise ValueError(
            f"{path}: expected {N_PER_LABEL} sequences a label, got {n_per_label}."
        )
    return rows


def words(sequence: str) -> set[str]:
    """All stretches of `WORD_LENGTH` letters, on the strand as it is."""
    last = len(sequence) - WORD_LENGTH
    return {sequence[start : start + WORD_LENGTH] for start in range(last + 1)}


def write_rows(parts: dict[tuple[str, str], list[tuple[str, str]]], path: Path) -> None:
    """Write the pairs of all factors and parts as one CSV."""
    of_ctcf = set()
    for sequence, _ in parts["CTCF", "train"]:
        of_ctcf |= words(sequence) | words(sequence.translate(COMPLEMENT)[::-1])
    lines = ["factor,subset,sequence,bound,shared"]
    for (factor, subset), rows in parts.items():
        for sequence, label in rows:
            shared = factor == "RAD21" and not of_ctcf.isdisjoint(words(sequence))
            lines.append(f"{factor},{subset},{sequence},{label},{int(shared)}")
    write_gzip(lines, path)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="the folder data of FastSK")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_name("tf_binding.csv.gz"),
        help="the file to write (default: the one beside this script)",
    )
    options = parser.parse_args(arguments)
    parts = {
        (factor, subset): read_rows(options.source / f"{factor}.{subset}.fasta")
        for factor in ("CTCF", "RAD21")
        for subset in ("train", "test")
    }
    write_rows(parts, options.output)


if __name__ == "__main__":
    main()
