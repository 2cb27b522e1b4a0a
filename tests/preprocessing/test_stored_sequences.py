"""Tables of codes that stay in their file."""

import errno
import resource
import tempfile

import numpy as np
import pytest

from sklearn_cnn.preprocessing import _stored_sequences, _temporary_codes
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._stored_sequences import StoredCodes
from sklearn_cnn.preprocessing._temporary_codes import write_codes

TABLE = np.arange(60).reshape(12, 5) % 16


class Chunked:
    """What zarr and HDF5 have in common: shape, dtype, chunks, and slices."""

    chunks = (4, 5)

    def __init__(self, table):
        self.table = table
        self.shape, self.dtype = table.shape, table.dtype

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        return self.table[rows]


@pytest.fixture(params=["mapped", "chunked"])
def stored(request, tmp_path):
    if request.param == "chunked":
        return StoredCodes(Chunked(TABLE))
    np.save(tmp_path / "codes.npy", TABLE)
    return StoredCodes(np.load(tmp_path / "codes.npy", mmap_mode="r"))


@pytest.mark.parametrize(
    "rows", [slice(2, 7), [5, 1, 1], np.arange(12) % 3 == 0, slice(0), [-1]]
)
def test_rows(rows, stored):
    chosen = stored[rows]
    assert chosen.shape == TABLE[rows].shape
    assert np.array_equal(chosen.in_memory(), TABLE[rows])
    codes = chosen.codes()
    assert (codes.dtype, codes.flags.c_contiguous) == (np.uint8, True)
    assert np.array_equal(codes, TABLE[rows])
    assert np.array_equal(chosen[::-1].codes(), TABLE[rows][::-1])


def test_fewer_columns(stored):
    narrowed = stored.narrowed(3)[[4, 2]]
    assert narrowed.shape == (2, 3)
    assert np.array_equal(narrowed.codes(), TABLE[[4, 2], :3])


def test_parts(stored, monkeypatch):
    monkeypatch.setattr(_stored_sequences, "_LETTERS_AT_ONCE", 29)
    parts = list(stored[::-1].parts())
    assert [len(part) for _, part in parts] == [5, 5, 2]
    for rows, part in parts:
        assert np.array_equal(part.codes(), TABLE[::-1][rows])


def test_what_knows_nothing_of_files_reads_all(stored):
    assert np.array_equal(unpack(stored, "X"), TABLE)
    with pytest.raises(TypeError, match="StoredCodes is not made an array"):
        np.asarray(stored)


class Backwards(StoredCodes):
    """Read from the last row to the first."""

    def _take(self, rows):
        return Backwards(self._table, self._rows[rows], self._width)

    def reading_order(self):
        return np.arange(len(self))[::-1]


def test_written_in_another_order(stored, monkeypatch):
    monkeypatch.setattr(_stored_sequences, "_LETTERS_AT_ONCE", 15)
    written = write_codes(Backwards(stored._table), "X")
    assert written.reads_rows
    assert np.array_equal(written._table.take(np.arange(12)), TABLE[::-1])
    assert np.array_equal(written.codes(), TABLE)


def test_the_file_has_no_name(stored, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    written = write_codes(stored, "X")
    assert not list((tmp_path / "temporary").iterdir())
    assert np.array_equal(written.codes(), TABLE)


@pytest.fixture(params=[True, False], ids=["reserved", "while-writing"])
def full_disk(request, monkeypatch):
    """A process that may write files of 20 bytes only."""
    if not request.param:
        monkeypatch.setattr(_temporary_codes, "_reserve", lambda *_: None)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_room_on_the_disk(stored, full_disk):
    folder = tempfile.gettempdir()
    message = rf"the codes of X need 0.000 GB in the temporary folder {folder}, where "
    with pytest.raises(OSError, match=message) as caught:
        write_codes(stored, "X")
    assert caught.value.errno == errno.EFBIG
    assert "TMPDIR" in str(caught.value)
