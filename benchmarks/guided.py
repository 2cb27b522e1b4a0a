"""Do readers refuse by documented errors what a coverage-guided fuzzer finds?

Atheris changes valid files so that they reach new lines of the package, and stops at
the first error that is not a ValueError of the package. See benchmarks/README.md.
"""

import argparse
import importlib
import io
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

# Where each target lies, and the maker of its valid files in `_fuzz_readers`.
TARGETS = {
    "fasta": ("sklearn_cnn.datasets", "read_fasta", "_fasta"),
    "intervals": ("sklearn_cnn.datasets._bed", "read_bed", "_bed"),
    "variants": ("sklearn_cnn.datasets._vcf", "read_vcf", "_vcf"),
    "motifs": ("sklearn_cnn.datasets", "read_motifs", "_motif_file"),
    "load_model": ("sklearn_cnn", "load_model", None),
}
N_FILES = 40


def main() -> None:
    """Fuzz one target; the process ends with it."""
    options = _parse()
    import atheris

    # Not instrumented: they are large, and not meant.
    for name in ("numpy", "pandas", "safetensors", "sklearn", "skorch", "torch"):
        importlib.import_module(name)
    module, function, make = TARGETS[options.target]
    with atheris.instrument_imports(include=["sklearn_cnn"]):
        read = getattr(importlib.import_module(module), function)
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp())
    corpus, path = folder / "corpus", folder / "file"
    corpus.mkdir()
    for i, content in enumerate(_valid_files(make)):
        (corpus / str(i)).write_bytes(content)

    def run(data: bytes) -> None:
        path.write_bytes(data)
        source = path if make else io.BytesIO(data)
        try:
            read(source)
        except ValueError as error:
            if type(error) is not ValueError:
                raise

    seconds = f"-max_total_time={options.seconds}"
    found = f"-artifact_prefix={folder}/"
    atheris.Setup([sys.argv[0], str(corpus), seconds, "-max_len=20000", found], run)
    atheris.Fuzz()


def _valid_files(make: str | None) -> list[bytes]:
    if make is None:
        data = Path(__file__).parents[1] / "tests" / "data"
        return [path.read_bytes() for path in sorted(data.glob("*.safetensors"))]
    write = getattr(importlib.import_module("_fuzz_readers"), make)
    return [write(np.random.default_rng(seed)) for seed in range(N_FILES)]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300, help="(300)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
