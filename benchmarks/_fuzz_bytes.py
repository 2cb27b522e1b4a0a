"""Random damage to text and bytes, of the kinds that files in the field have."""

import gzip
import re
import struct
import zlib

import numpy as np

# What a mutation puts in the place of a number, or anywhere.
NUMBERS = [
    *(b"0", b"-0", b"-1", b"1", b"00007", b"1.5", b"1e3", b"1e400", b"-1e9", b"1e-400"),
    *(b"nan", b"NaN", b"NA", b".", b"inf", b"-inf", b"Infinity", b"1_000", b"1,000"),
    *(b"0x10", b"9223372036854775807", b"9223372036854775808", b"1" * 40, b"9" * 400),
    *(
        "٣".encode(),
        "²".encode(),
        "\uff11\uff12".encode(),
        b"1e308",
        b"+3",
        b"1.",
        b".5",
    ),
    *(b"1e18", b"9e18", b"1e19", b"-9223372036854775809", b"9" * 5000),
]
_PIECES = [
    *(b"", b" ", b"\t", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\xff", b"\x80", b"\v"),
    *(b">", b"#", b";", b"//", b"[", b"]", b"@", b"*", b"-", b"=", b"~", b'"', b":"),
    *("é".encode(), "\u2028".encode(), "\x85".encode(), b"\xef\xbb\xbf", b"\xff\xfe"),
    *(b"N", b"acgt", b"U", b"X", b"\x1c", b"\x1f\x8b", b"\xc3", b"\xed\xa0\x80"),
]


def choose(rng: np.random.Generator, options):
    """One of the options, all alike (`Generator.choice` would make an array)."""
    return options[int(rng.integers(len(options)))]


def damage_text(content: bytes, rng: np.random.Generator) -> bytes:
    """Text with up to four changes; sometimes compressed, or only some of the bytes."""
    for _ in range(int(rng.integers(5))):
        content = _change(content, rng)
    pick = rng.random()
    if pick < 0.08:
        content = gzip.compress(content, 1, mtime=0)
    elif pick < 0.16:
        content = in_blocks(content, int(rng.integers(1, 40)))
    if 0.04 < pick < 0.2 and len(content):
        content = _change_bytes(content, rng)
    return content


def in_blocks(content: bytes, size: int) -> bytes:
    """Compressed as bgzip does, in blocks of `size` bytes and an empty one."""
    blocks = []
    for start in [*range(0, len(content), size), len(content)]:
        part = content[start : start + size]
        squeeze = zlib.compressobj(1, wbits=-15)
        data = squeeze.compress(part) + squeeze.flush()
        head = b"\x1f\x8b\x08\x04" + bytes(4) + b"\x00\xff\x06\x00BC\x02\x00"
        head += struct.pack("<H", len(data) + 25)
        blocks.append(head + data + struct.pack("<II", zlib.crc32(part), len(part)))
    return b"".join(blocks)


def _change(content: bytes, rng: np.random.Generator) -> bytes:
    pick = rng.random()
    if pick < 0.3:
        numbers = list(re.finditer(rb"[-+.\d]+", content))
        if numbers:
            start, end = choose(rng, numbers).span()
            return content[:start] + choose(rng, NUMBERS) + content[end:]
    if pick < 0.5:
        place = int(rng.integers(len(content) + 1))
        return content[:place] + choose(rng, _PIECES) + content[place:]
    if pick < 0.6:
        words = list(re.finditer(rb"\S+", content))
        if words:
            (a, b), (c, d) = sorted(choose(rng, words).span() for _ in range(2))
            if b <= c:
                middle = content[c:d] + content[b:c] + content[a:b]
                return content[:a] + middle + content[d:]
    if pick < 0.85:
        return _change_lines(content, rng)
    return _change_bytes(content, rng) if content else content


def _change_lines(content: bytes, rng: np.random.Generator) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    i, j = (int(rng.integers(len(lines))) for _ in range(2))
    pick = int(rng.integers(6))
    if pick == 0:
        del lines[i]
    elif pick == 1:
        lines.insert(j, lines[i])
    elif pick == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif pick == 3:
        end = choose(rng, [b"\r\n", b"\r", b"\n\n", b"", b" \n"])
        lines = [line.rstrip(b"\r\n") + end for line in lines]
    elif pick == 4:
        lines[i] = lines[i].rstrip(b"\n") + choose(rng, _PIECES) + b"\n"
    else:
        lines = lines[: i + 1]
    return b"".join(lines)


def _change_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(content)
    place = int(rng.integers(len(data)))
    pick = int(rng.integers(4))
    if pick == 0:
        data[place] ^= 1 << int(rng.integers(8))
    elif pick == 1:
        data[place] = int(rng.integers(256))
    elif pick == 2:
        del data[place:]
    else:
        del data[place : place + int(rng.integers(1, 20))]
    return bytes(data)
