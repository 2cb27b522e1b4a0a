"""Cases for `load_model`: files that lie, with the hash of a file that does not."""

import copy
import hashlib
import io
import json
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from _fuzz import check
from _fuzz_bytes import choose

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.datasets import load_jaspar
from sklearn_cnn.storage._checkpoint import Checkpoint

_BLANK = "0" * 64
_X = ["ACGTTGCAAT", "TTGACGTAAC", "CCATGGCATT", "GATTACATTC"] * 5
_IMAGES = np.arange(20 * 16).reshape(20, 4, 4) % 17
# What stands in the place of a value of the header.
_VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3, 7, 2**31, 2**63, 10**30, 0.5, -1.5, 1e300),
    *(
        "",
        "a",
        "dna",
        "rna",
        "protein",
        "auto",
        "max",
        "\ud800",
        "é\n",
        "x" * 1000,
        "<i8",
    ),
    *("MotifCNNClassifier", "ImageCNNRegressor", "PretrainedFeatureExtractor", "os"),
    *(
        "BaseEstimator",
        "__class__",
        "F64",
        "U8",
        "O",
        "<U9",
        "|O",
        "jaspar",
        "/etc/hosts",
    ),
    *([], {}, [1, 2], ["a", "b"], [[1], [2, 3]], [None], {"a": 1}, [0] * 100),
    *({"__type__": "float", "value": v} for v in ("nan", "inf", "1" * 400, "x", 3)),
    *(
        {"__type__": "tuple", "items": v}
        for v in ([], [1], [2, 2], [10**9], [0], "ab", 5)
    ),
    *({"__type__": v} for v in ("tuple", "array", "x", None, ["float"], "motifs")),
    {"__type__": "dict", "items": [["a", 1]]},
    {"__type__": "dict", "items": [[[], 1]]},
    {"__type__": "scorer", "name": "accuracy"},
    {"__type__": "scorer", "name": "x"},
    {"__type__": "alphabet", "name": "dna", "symbols": "ACGT"},
    {"__type__": "alphabet", "name": "protein", "symbols": "ACDEFGHIKLMNPQRSTVWY"},
    {"__type__": "alphabet", "name": "HEC", "symbols": "HEC"},
    {"__type__": "architecture", "class": "ImageCNNConfig", "values": {}},
    {"__type__": "motifs", "alphabet": "dna", "entries": [["a", "b", [[1, 2, 3, 4]]]]},
    {"__type__": "motifs", "alphabet": "dna", "entries": [["a", "b", [[1], [2, 3]]]]},
    {"__type__": "motifs", "alphabet": "HEC", "entries": [["a", "b", [[1, 2]]]]},
    *(
        {"__type__": "array", "dtype": dtype, "shape": shape, "values": values}
        for dtype, shape, values in (
            *(("<i8", [2], [1, 2]), ("<U1", [2], ["a", "b"]), ("|O", [2], ["a", "b"])),
            *(("<f8", [1, 2], [1, 2]), ("<f8", [], [1]), ("<f8", [2], ["a", "b"])),
            *(
                ("<i8", [-1], [1, 2]),
                ("<i8", [0, 2**62], []),
                ("V9999999999", [1], [1]),
            ),
            *(
                ("<U999999999", [2], ["a", "b"]),
                ("<M8[s]", [2], [1, 2]),
                ("f,f", [1], [1]),
            ),
            *(
                ("|O", [1], [{"a": 1}]),
                ("<f8", [2], [[1], [2, 3]]),
                ("<i8", [2], [2**70, 1]),
            ),
            *(
                ("<i8", [2] * 70, [1, 2]),
                ("(2,3)f8", [2], [1, 2]),
                ("|b1", [2], [1, 0]),
            ),
        )
    ),
]


def hostile_record(rng: np.random.Generator) -> None:
    """Values of the JSON are others."""
    record, entries, data, use = _parts(rng)
    record = copy.deepcopy(record)
    for _ in range(int(rng.integers(1, 4))):
        _change_value(record, rng)
    _load(pack(record, entries, data), use)


def hostile_tensors(rng: np.random.Generator) -> None:
    """The header lies about tensors: types, shapes, places, names."""
    record, entries, data, use = _parts(rng)
    entries = copy.deepcopy(entries)
    for _ in range(int(rng.integers(1, 3))):
        name = choose(rng, list(entries))
        entry, pick = entries[name], int(rng.integers(8))
        if not isinstance(entry, dict) or pick == 0:
            entries[name] = choose(rng, _VALUES)
        elif pick == 1:
            entry["dtype"] = choose(
                rng, ["F64", "F16", "BOOL", "I8", "BF16", "F8_E4M3", "O", 3]
            )
        elif pick == 2:
            entry["shape"] = choose(
                rng, [[], [0], [-1], [2**40], [1] * 80, [1.5], "a", [2**80, 0]]
            )
        elif pick == 3 and isinstance(entry.get("shape"), list):
            entry["shape"] = entry["shape"][::-1] + choose(rng, [[], [], [1], [0]])
        elif pick == 4 and isinstance(entry.get("data_offsets"), list):
            entry["data_offsets"] = [
                k + choose(rng, [0, 4, -4, 2**40, -(2**40), len(data)])
                for k in entry["data_offsets"]
                if isinstance(k, int)
            ]
        elif pick == 5:
            entries[
                choose(
                    rng, ["", "x", "0.x", "optimizer.", "é", "source_.x", f"9.{name}"]
                )
            ] = entries.pop(name)
        elif pick == 6:
            _change_value(entry, rng)
        else:
            other = choose(rng, list(entries))
            entries[name], entries[other] = entries[other], entry
    _load(pack(record, entries, data), use)


def hostile_numbers(rng: np.random.Generator) -> None:
    """Weights are any bytes: what loads predicts something, or says why not."""
    record, entries, data, use = _parts(rng)
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        start = int(rng.integers(len(data)))
        data[start : start + 4] = choose(rng, _FLOATS)[: len(data) - start]
    _load(pack(record, entries, bytes(data)), use)


def hostile_text(rng: np.random.Generator) -> None:
    """The text of the record or of the header is damaged; or all bytes are random."""
    record, entries, data, use = _parts(rng)
    pick = rng.random()
    if pick < 0.2:
        return _load(rng.bytes(int(rng.integers(0, 300))), use)
    text = json.dumps(record | {"sha256": _BLANK})
    place = int(rng.integers(len(text)))
    piece = choose(
        rng,
        [
            "[" * 100000,
            '{"a":' * 50000,
            "NaN",
            "Infinity",
            "1e999",
            "9" * 5000,
            '"',
            "}",
            ",",
            "\\ud800",
            "\x00",
            "-",
            "null",
            ' "class": 3,',
            "é",
        ],
    )
    text = text[:place] + piece + text[place + int(rng.integers(6)) :]
    if pick < 0.9:
        return _load(pack(text, entries, data), use)
    head = pack(record, entries, data)
    place = int(rng.integers(8, 8 + int.from_bytes(head[:8], "little")))
    head = head[:place] + piece.encode("utf-8", "replace") + head[place:]
    length = len(piece.encode("utf-8", "replace"))
    size = int.from_bytes(head[:8], "little") + length
    return _load(size.to_bytes(8, "little") + head[8:], use)


def checkpoints(rng: np.random.Generator) -> None:
    """The state of a fit under way, with other values or a damaged text."""
    record, entries, data = _checkpoint_file()
    record = copy.deepcopy(record)
    for _ in range(int(rng.integers(1, 4))):
        _change_value(record, rng)
    whole = bytearray(pack(record, entries, data))
    if rng.random() < 0.3:
        whole[int(rng.integers(len(whole)))] = int(rng.integers(256))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "state.safetensors").write_bytes(whole)
        checkpoint = Checkpoint(Path(folder))
        # It warns where the state is refused, and the fit starts afresh.
        checkpoint.read()
        for name in ("network 0", "network 0 under way"):
            part = checkpoint.part(name)
            check(part is None or isinstance(part[0], dict), "a part has no values")


@cache
def _checkpoint_file() -> tuple:
    """Record, entries and bytes of the state of a fit under way."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder), seed=3)
        weights = {"0.conv.weight": np.ones((2, 3), "f4")}
        checkpoint.keep("network 0", {"records": [{"epoch": 1}]}, weights)
        checkpoint._write()
        whole = Path(folder, "state.safetensors").read_bytes()
    return _take_apart(whole)


def pack(record: dict | str, entries: dict, data: bytes) -> bytes:
    """A file of any record, entries and bytes, with their right hash."""
    if isinstance(record, dict):
        record = json.dumps(record | {"sha256": _BLANK})
    header = json.dumps({"__metadata__": {"sklearn_cnn": record}, **entries}).encode()
    whole = len(header).to_bytes(8, "little") + header + data
    digest = hashlib.sha256(whole).hexdigest().encode()
    return whole.replace(_BLANK.encode(), digest, 1)


def _load(data: bytes, use) -> None:
    """Load and use a model: no other errors than those that are documented."""
    model = load_model(io.BytesIO(data))
    again = io.BytesIO()
    save_model(model, again)
    use(model)


def _change_value(tree, rng: np.random.Generator) -> None:
    """Change a random value in nested dicts and lists."""
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = choose(rng, keys)
        below = tree[key]
        if not isinstance(below, (dict, list)) or not below or rng.random() < 0.15:
            break
        tree = below
    pick = rng.random()
    if pick < 0.1:
        del tree[key]
    elif pick < 0.2 and isinstance(tree, dict):
        tree[
            str(
                choose(
                    rng, ["x", "x_", "_x_", "__class__", "fit", "weights_", key + "_"]
                )
            )
        ] = tree.pop(key)
    elif pick < 0.3 and len(keys) > 1:
        other = choose(rng, keys)
        tree[key], tree[other] = tree[other], tree[key]
    else:
        tree[key] = copy.deepcopy(choose(rng, _VALUES))


_FLOATS = [
    np.array(x, "<f4").tobytes()
    for x in (np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0, -0.0, 1e10, -1e10, 1, -1)
]


def _parts(rng: np.random.Generator) -> tuple:
    return choose(rng, _files())


@cache
def _files() -> list[tuple]:
    """Record, entries and bytes of files, and how their models are used."""
    small = {
        "max_epochs": 1,
        "n_filters": 2,
        "kernel_size": 3,
        "dense_units": 2,
        "random_state": 0,
    }
    plain = {**small, "linear_models": None}
    y = np.arange(20) % 2
    names = np.array(["bound", "free"])[y]
    clf = MotifCNNClassifier(**plain).fit(_X, names)
    bank = load_jaspar()[:2]
    stacked = MotifCNNClassifier(**small, kmers=2, motif_bank=bank).fit(_X, y)
    profiles = MotifCNNRegressor(**plain, output="profile").fit(
        _X, np.ones((20, 10)) * y[:, None]
    )
    image_clf = ImageCNNClassifier(**small).fit(_IMAGES, np.arange(20) % 3)
    goes_on = MotifCNNRegressor(**plain, n_estimators=2).partial_fit(_X, y)
    strings, images = _X[:3], _IMAGES[:3]
    files = []
    for model, use in (
        (clf, lambda model: model.predict_proba(strings)),
        (stacked, lambda model: model.predict(strings)),
        (profiles, lambda model: model.predict(strings)),
        (image_clf, lambda model: model.predict(images)),
        (goes_on, lambda model: model.partial_fit(_X, y)),
        (
            PretrainedFeatureExtractor(clf).fit(_X),
            lambda model: model.transform(strings),
        ),
    ):
        file = io.BytesIO()
        save_model(model, file)
        files.append((*_take_apart(file.getvalue()), use))
    return files


def _take_apart(whole: bytes) -> tuple[dict, dict, bytes]:
    """Record, entries and bytes of the tensors of a file."""
    length = int.from_bytes(whole[:8], "little")
    entries = json.loads(whole[8 : 8 + length])
    record = json.loads(entries.pop("__metadata__")["sklearn_cnn"])
    return record, entries, whole[8 + length :]
