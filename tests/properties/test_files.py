"""Properties of readers of files: any bytes are read, or refused with the place."""

import contextlib
import gzip
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sklearn_cnn import load_model
from sklearn_cnn.datasets import read_fasta, read_motifs, read_peaks, read_variants
from sklearn_cnn.datasets._genome import open_genome
from sklearn_cnn.datasets._motif_database import MotifDatabase

GENOME = "ACGTNACGTTTGACCATGGACCATAT"
NUMBERS = st.one_of(
    st.integers(-3, 40).map(str),
    st.sampled_from(["", ".", "1e400", "-1e9", "9" * 30, "nan", "1_0", "²", "1.5"]),
)
FIELDS = st.one_of(
    NUMBERS, st.sampled_from(["chr1", "+", "-", "A", "T", "AC", "<DEL>"])
)
BEGINNINGS = {
    read_fasta: [b">a\nACGT\n", b";c\n>a b\nAC GT\n\n>c\nN"],
    read_motifs: [
        b">a\nA [1 2]\nC [1 2]\nG [1 2]\nT [1 2]\n",
        b"MEME version 4\nMOTIF a\nletter-probability matrix: w= 1\n1 0 0 0\n",
        b"ID a\nP0 A C G T\n01 1 2 3 4\n//\n",
    ],
    read_peaks: [b"chr1\t1\t9\n", b"chr1\t0\t9\tp\t5\t-\t1\t2\t3\t4\n"],
    read_variants: [b"chr1\t1\t.\tA\tC\n", b"#x\nchr1\t2\trs\tCG\tC,<DEL>,G\n"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "genome.fa").write_text(f">chr1\n{GENOME}\n")
    return folder


def changed(beginnings):
    """Bytes of a valid file with others in the place of some of them."""
    parts = st.tuples(
        st.sampled_from(beginnings),
        st.integers(0, 60),
        st.integers(0, 6),
        st.one_of(st.binary(max_size=6), FIELDS.map(str.encode)),
        st.booleans(),
    )

    def join(parts):
        content, place, n, piece, packed = parts
        content = content[:place] + piece + content[place + n :]
        return gzip.compress(content, mtime=0) if packed else content

    return parts.map(join)


def _read(read, path, folder):
    if read is read_peaks:
        return read(path, folder / "genome.fa", length=5, drop=())
    if read is read_variants:
        return read(path, folder / "genome.fa", length=5, at_mismatch="drop")
    return read(path)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("read", BEGINNINGS, ids=lambda read: read.__name__)
def test_changed_files_are_read_or_refused(read, folder):
    path = folder / read.__name__

    @given(changed(BEGINNINGS[read]))
    def check(content):
        path.write_bytes(content)
        try:
            found = _read(read, path, folder)
        except ValueError as caught:
            error = caught
        else:
            assert len(found) > 0
            return
        assert type(error) is ValueError
        assert str(path) in str(error)

    check()


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(
    st.lists(st.tuples(FIELDS, NUMBERS, NUMBERS, FIELDS, FIELDS, FIELDS), min_size=1)
)
@example([("chr1", "3", "9", "p", "1", "-")])
def test_peaks_hold_the_letters_of_the_genome(folder, rows):
    path = folder / "rows.bed"
    path.write_text("\n".join(map("\t".join, rows)) + "\n", encoding="utf-8")
    with contextlib.suppress(ValueError):
        table = read_peaks(path, folder / "genome.fa")
        _check_letters(table[table["strand"] != "-"])


def _check_letters(forward):
    for row in forward.itertuples():
        window = range(row.start, row.end)
        letters = [GENOME[i] if 0 <= i < len(GENOME) else "N" for i in window]
        assert row.sequence == "".join(letters)


NUMBERS_OF_INDEX = st.one_of(
    st.integers(-2, 40), st.sampled_from([10**30, 2**62, 2**63])
)


@given(st.tuples(*[NUMBERS_OF_INDEX] * 4), st.integers(1, 30))
def test_index_that_lies_is_not_believed(folder, numbers, width):
    path = folder / "indexed.fa"
    lines = [GENOME[i : i + width] for i in range(0, len(GENOME), width)]
    path.write_text("\n".join([">chr1", *lines]))
    (folder / "indexed.fa.fai").write_text("\t".join(map(str, ["chr1", *numbers])))
    with open_genome(path) as genome:
        assert genome.chromosome("chr1") == GENOME


COUNTS = st.lists(
    st.tuples(*[st.integers(0, 10**6)] * 4).filter(any), min_size=1, max_size=8
)


@given(st.lists(COUNTS, min_size=1, max_size=3))
@pytest.mark.parametrize("form", ["to_meme", "to_jaspar", "to_transfac"])
def test_motifs_are_read_as_written(folder, form, matrices):
    ids = [f"M{i}" for i in range(len(matrices))]
    counts = [np.array(matrix, dtype=float) for matrix in matrices]
    motifs = MotifDatabase.from_entries(ids, ids, counts, "dna")
    path = folder / form
    getattr(motifs, form)(path)
    again = read_motifs(path)
    assert again.ids.tolist() == ids
    for one, other in zip(motifs.frequencies, again.frequencies, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_no_model(content):
    with pytest.raises(ValueError, match="not a safetensors file"):
        load_model(io.BytesIO(content))
