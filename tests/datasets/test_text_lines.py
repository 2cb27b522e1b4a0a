import gzip
import re

import pytest

from sklearn_cnn.datasets._text_lines import read_lines

TEXT = "one\n\n  two \t\r\n \t\nthree"
LINES = [(1, "one"), (3, "  two"), (5, "three")]


def bgzip(text):
    """Blocks of their own, as bgzip writes them, with the empty block at the end."""
    half = len(text) // 2
    blocks = (text[:half], text[half:], b"")
    return b"".join(gzip.compress(block) for block in blocks)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzip])
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_lines_that_are_not_blank(pack, name, tmp_path):
    (tmp_path / name).write_bytes(pack(TEXT.encode()))
    assert list(read_lines(tmp_path / name)) == LINES
    assert list(read_lines(str(tmp_path / name))) == LINES


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_line_ends_of_old_macs(pack, tmp_path):
    (tmp_path / "a").write_bytes(pack(TEXT.replace("\n", "\r").encode()))
    assert [line for _, line in read_lines(tmp_path / "a")] == ["one", "  two", "three"]


@pytest.mark.parametrize("content", [b"", b"\n\r\n", gzip.compress(b"")])
def test_no_lines(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    assert list(read_lines(tmp_path / "a")) == []


def test_byte_order_mark_and_umlauts(tmp_path):
    (tmp_path / "a").write_text("größer\n", encoding="utf-8-sig")
    assert list(read_lines(tmp_path / "a")) == [(1, "größer")]


def test_file_is_closed_when_the_reader_stops_early(tmp_path):
    (tmp_path / "a").write_text(TEXT)
    lines = read_lines(tmp_path / "a")
    assert next(lines) == (1, "one")
    lines.close()  # an open file would be a ResourceWarning, an error here


@pytest.mark.parametrize("n_bytes", [20, 200, 2000])
def test_truncated_gzip(n_bytes, tmp_path):
    lines = [f"line {i * i}" for i in range(5000)]
    packed = gzip.compress("\n".join(lines).encode())
    (tmp_path / "a.gz").write_bytes(packed[:n_bytes])
    found = []
    message = r"a\.gz, after line (\d+): the gzip file is cut off .*download it again"
    with pytest.raises(ValueError, match=message) as error:
        found.extend(read_lines(tmp_path / "a.gz"))
    n_read = int(re.search(message, str(error.value))[1])
    assert n_read < 5000


def test_damaged_gzip(tmp_path):
    packed = bytearray(gzip.compress(b"one line\n" * 1000))
    packed[20] ^= 0xFF
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(
        ValueError, match=r"cut off or damaged \(.*\); copy or download"
    ):
        list(read_lines(tmp_path / "a.gz"))


def test_latin_1(tmp_path):
    (tmp_path / "a").write_bytes(b"one\n\nna\xefve\n")
    message = "a, line 3: the byte 0xef at position 2 is not UTF-8; .* save it as UTF-8"
    with pytest.raises(ValueError, match=message):
        list(read_lines(tmp_path / "a"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters(encoding, tmp_path):
    (tmp_path / "a").write_text(">id\nACGT\n", encoding=encoding)
    with pytest.raises(ValueError, match=r"a, line 1: .*UTF-16.*; save it as UTF-8"):
        list(read_lines(tmp_path / "a"))


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no_such_file"):
        next(read_lines(tmp_path / "no_such_file"))
