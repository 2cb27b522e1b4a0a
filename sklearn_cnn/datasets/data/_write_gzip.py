"""Write the lines of a data set, compressed."""

import gzip
from pathlib import Path


def write_gzip(lines: list[str], path: Path) -> None:
    """Write lines of ASCII; the same lines always give the same bytes.

    For that, neither name nor time stands in the header.
    """
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as archive,
    ):
        archive.write("\n".join([*lines, ""]).encode("ascii"))
