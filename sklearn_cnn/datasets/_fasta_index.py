"""The index of a FASTA file: where the letters of each sequence are."""

from os import PathLike
from typing import NamedTuple

from sklearn_cnn.datasets._random_access import BlockGzipFile, PlainFile
from sklearn_cnn.datasets._read_fasta import not_fasta
from sklearn_cnn.datasets._text_lines import UTF_8_MARK, read_bytes_of_lines

# More bytes than a header and the comments beside it take.
_N_HEADER = 2**16
# More bytes than a file has.
_LARGEST = 2**40
_REMEDY = (
    "Random access needs sequences in lines of one length, the last of which may be "
    "shorter, and nothing between them: 'seqtk seq -l 60' makes such a file"
)


class Record(NamedTuple):
    """Place of a sequence in a FASTA file, as in an index of samtools."""

    length: int  # letters
    offset: int  # byte of the first letter
    n_letters: int  # of a full line
    n_bytes: int  # of a full line with its end

    def byte(self, i: int) -> int:
        """Where letter i is in the file."""
        line, column = divmod(i, self.n_letters)
        return self.offset + line * self.n_bytes + column

    def letters(self, file: PlainFile | BlockGzipFile, start: int, end: int) -> str:
        """Letters from `start` to `end` (excluded), which lie in the sequence."""
        if start >= end:
            return ""
        first, last = self.byte(start), self.byte(end - 1)
        letters = file.read(first, last + 1 - first).translate(None, b" \t\r\n")
        if len(letters) != end - start or not letters.isascii() or b">" in letters:
            raise ValueError("the index says where other letters are")
        return letters.decode()


def load_index(
    path: str | PathLike, file: PlainFile | BlockGzipFile
) -> dict[str, Record]:
    """Index of a FASTA file: the one beside it, or else a new one.

    The one beside it (".fai", as samtools writes it) must fit the file, whatever their
    dates are. A new one is written in its place where the folder allows that.
    """
    beside = f"{path}.fai"
    records = _read_index(beside)
    if records is None or not _fits(records, file):
        records = _build_index(path)
        _write_index(records, beside)
    return records


def _read_index(path: str) -> dict[str, Record] | None:
    """Records of an index; None if there is none, or another kind of file."""
    try:
        with open(path, encoding="utf-8") as file:
            rows = [line.rstrip("\r\n").split("\t") for line in file]
        return {row[0]: Record(*map(int, row[1:])) for row in rows}
    except (OSError, ValueError, TypeError):
        return None


def _write_index(records: dict[str, Record], path: str) -> None:
    rows = ["\t".join(map(str, (name, *record))) for name, record in records.items()]
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write("".join(row + "\n" for row in rows))
    except OSError:
        pass  # The genome may lie where one can only read.


def _fits(records: dict[str, Record], file: PlainFile | BlockGzipFile) -> bool:
    """Whether headers, ends of sequences and ends of lines are where an index says."""
    end = 0
    for name, record in records.items():
        if not 0 < record.offset - end <= _N_HEADER:
            return False
        between = file.read(end, record.offset - end).removeprefix(UTF_8_MARK)
        if not between.endswith((b"\n", b"\r")):
            return False
        headers = [line for line in between.splitlines() if not _is_empty(line)]
        if len(headers) != 1 or headers[0][:1] != b">":
            return False
        if headers[0][1:].split()[:1] != [name.encode()]:
            return False
        end = record.offset
        if record.length < 0:
            return False
        if record.length > 0:
            if not between.endswith((b"\n", b"\r")):
                return False  # The letters would begin within the header.
            if not 0 < record.n_letters < record.n_bytes + (record.length == 1):
                return False
            end = record.byte(record.length - 1) + 1
            last = file.read(end - 1, 1) if end < _LARGEST else b""
            if not last or last.isspace():
                return False
        if record.length > record.n_letters:
            line = file.read(record.offset, record.n_bytes)
            letters, line_end = line[: record.n_letters], line[record.n_letters :]
            if not line_end.isspace() or len(letters.split()) != 1:
                return False
    return bool(records) and all(map(_is_empty, file.read(end, _N_HEADER).splitlines()))


def _is_empty(line: bytes) -> bool:
    """Whether a line holds nothing, or a comment."""
    return not line.strip() or line.startswith(b";")


def _build_index(path: str | PathLike) -> dict[str, Record]:
    """Records of all sequences; raise where a line forbids random access."""
    records, position, name, is_complete = {}, 0, None, False
    length = offset = n_letters = n_bytes = 0
    end = b""
    for number, line in enumerate(read_bytes_of_lines(path), 1):
        is_full = len(line) == n_bytes and line[n_letters:] == end
        if is_full and not is_complete and line[:n_letters].isalpha():
            # As almost all lines of a genome.
            length += n_letters
            position += n_bytes
            continue
        letters = line.rstrip()
        if number == 1:
            letters = letters.removeprefix(UTF_8_MARK)
        if letters.startswith(b">"):
            if name is not None:
                records[name] = Record(length, offset, n_letters, n_bytes)
            name = _name(letters, records, f"{path}, line {number}")
            offset, is_complete = position + len(line), False
            length = n_letters = n_bytes = 0
        elif not letters or letters.startswith(b";"):
            if length == 0:
                offset = position + len(line)
            else:
                is_complete = True
        elif name is None:
            found = letters.decode(errors="replace")
            raise ValueError(f"{path}, line {number}: {not_fasta(found)}")
        else:
            if length == 0:
                n_letters, n_bytes, end = len(letters), len(line), line[len(letters) :]
            if is_complete or len(letters) > n_letters:
                raise ValueError(
                    f"{path}, line {number}: the line before has another length than "
                    f"the first line of {name!r}, or is blank. {_REMEDY}"
                )
            if not letters.isalpha():
                _check_letters(letters, f"{path}, line {number}", name)
            is_complete = len(letters) < n_letters or len(line) != n_bytes
            length += len(letters)
        position += len(line)
    if name is None:
        raise ValueError(f"{path}, line 1: {not_fasta('')}")
    records[name] = Record(length, offset, n_letters, n_bytes)
    return records


def _check_letters(letters: bytes, place: str, name: str) -> None:
    """Raise unless letters are printable ASCII characters, such as "-" or "*"."""
    if any(not b"!" <= bytes([x]) <= b"~" or x == ord(">") for x in letters):
        raise ValueError(
            f"{place}: there are blanks, '>', or characters other than ASCII in the "
            f"sequence of {name!r}. {_REMEDY}"
        )


def _name(header: bytes, records: dict[str, Record], place: str) -> str:
    """First word of a header, which must be new."""
    words = header[1:].split()
    if not words:
        raise ValueError(f"{place}: there is no name behind '>'; add one")
    try:
        name = words[0].decode()
    except UnicodeDecodeError:
        raise ValueError(
            f"{place}: the name {words[0]!r} is not UTF-8; save the file as UTF-8"
        ) from None
    if name in records:
        raise ValueError(
            f"{place}: there is a sequence named {name!r} before; names must differ"
        )
    return name
