"""Damaged, foreign and lying files: a ValueError in one line that says what to do."""

import contextlib
import copy
import io
import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from safetensors import SafetensorError

from sklearn_cnn import load_model, save_model
from sklearn_cnn.storage._format import pack, unpack
from sklearn_cnn.storage._values import decode

DATA = Path(__file__).parents[1] / "data"
SMALL = (DATA / "format2_image.safetensors").read_bytes()
REMEDIES = (
    "; get a fresh copy of it, or save the model again",
    "; install a newer sklearn_cnn",
    "; read it by the safetensors package, or if save_model did write it, get a "
    "fresh copy of it",
)


def _refusal(data: bytes) -> str:
    """The message of the error for these bytes, which is a ValueError in one line."""
    with pytest.raises(ValueError, match=r"^the open file '?<?\w") as caught:
        load_model(io.BytesIO(data))
    message = str(caught.value)
    assert type(caught.value) is ValueError
    assert message.endswith(REMEDIES)
    assert "\n" not in message
    return message


def _changed(record_changes=(), **tensor_changes) -> bytes:
    """The small file with another record or tensors, and a hash of these."""
    record, tensors = unpack(io.BytesIO(SMALL), "x")
    for name in ("format_version", "sha256"):
        del record[name]
    record = copy.deepcopy(record)
    for part, changes in dict(record_changes).items():
        record[part] |= changes
    return bytes(pack(record, tensors | tensor_changes))


def _header(entries: dict, data: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_the_small_file_is_whole():
    assert load_model(io.BytesIO(SMALL)).n_iter_ == 2
    assert _changed() == SMALL


class TestFlippedBits:
    @pytest.mark.parametrize("seed", range(60))
    def test_anywhere(self, seed):
        place = int(np.random.default_rng(seed).integers(8 * len(SMALL)))
        data = bytearray(SMALL)
        data[place // 8] ^= 1 << place % 8
        _refusal(data)

    def test_in_all_parts(self):
        """Length, a space of the header, its order, the version, the hash, a weight."""
        length = int.from_bytes(SMALL[:8], "little")
        digest = re.search(rb"[0-9a-f]{64}", SMALL)
        version = SMALL.index(b'format_version\\": 2') + len(b'format_version\\": ')
        assert SMALL[8 + length - 1 : 8 + length] == b" "
        for place, byte in (
            (0, SMALL[0] - 1),  # Without the space.
            (8 + length - 1, ord("\n")),
            (version, ord("1")),
            (version, ord("3")),
            (digest.start(), ord("x")),
            (len(SMALL) - 1, SMALL[-1] ^ 1),
        ):
            data = bytearray(SMALL)
            data[place] = byte
            _refusal(data)
        # Upper case is another hash, too.
        upper = SMALL.replace(digest[0], digest[0].upper())
        assert "SHA-256" in _refusal(upper)

    def test_another_order_of_the_header(self):
        length = int.from_bytes(SMALL[:8], "little")
        entries = json.loads(SMALL[8 : 8 + length])
        entries = dict(reversed(entries.items()))
        text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False)
        text = text.encode().ljust(length)
        assert len(text) == length
        data = SMALL[:8] + text + SMALL[8 + length :]
        safetensors.numpy.load(data)
        assert "SHA-256" in _refusal(data)

    @pytest.mark.parametrize("seed", range(20))
    def test_of_older_files_do_not_crash(self, seed):
        """They have no hash: what loads may be wrong, but is a model."""
        data = bytearray((DATA / "format1_motif.safetensors").read_bytes())
        rng = np.random.default_rng(seed)
        data[rng.integers(len(data))] = rng.integers(256)
        # Another error than this would pass through.
        with contextlib.suppress(ValueError):
            load_model(io.BytesIO(data))


class TestParts:
    @pytest.mark.parametrize("kept", np.linspace(0, len(SMALL) - 1, 30, dtype=int))
    def test_cut_short(self, kept):
        assert "cut short" in _refusal(SMALL[:kept])

    def test_too_long(self):
        assert "longer than its header says" in _refusal(SMALL + b"\0")

    def test_of_a_disk_that_lost_them(self):
        for part in (slice(0, 8), slice(8, 200), slice(1000, 2000), slice(-99, None)):
            data = bytearray(SMALL)
            data[part] = bytes(len(data[part]))
            _refusal(data)

    def test_without_a_hash(self):
        data = SMALL.replace(b"sha256", b"sha255")
        assert "its hash is missing" in _refusal(data)


class TestForeignFiles:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x80\x04\x95" + bytes(range(200)),
            b"PK\x03\x04" + bytes(200),
            b"\x89PNG\r\n\x1a\n" + bytes(200),
            b"\x89HDF\r\n\x1a\n" + bytes(200),
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}",
            b">seq1\nACGT\n" * 9,
            bytes(100),
            b"\xff" * 100,
            _header([]),
            _header([1]),
            _header([["a", 1]]),
            _header("text"),
            b"\x02" + bytes(7) + b"\xff{",
        ],
        ids=repr,
    )
    def test_of_other_kinds(self, data):
        _refusal(data)

    def test_safetensors_of_others(self):
        data = safetensors.numpy.save({"w": np.zeros(2)}, {"format": "pt"})
        assert "not one that save_model wrote" in _refusal(data)
        assert "not one that save_model wrote" in _refusal(_header({}))

    def test_deep_json(self):
        deep = b'{"a":' * 100_000
        _refusal(len(deep).to_bytes(8, "little") + deep)
        record = json.dumps({"package_version": "1", "format_version": 1})
        record = record[:-1] + ', "class": ' + "[" * 100_000
        _refusal(_header({"__metadata__": {"sklearn_cnn": record}}))


OURS = {"__metadata__": {"sklearn_cnn": '{"package_version":"1","format_version":1}'}}


class TestLyingHeaders:
    @pytest.mark.parametrize(
        ("entry", "reason"),
        [
            (
                {"dtype": "F32", "shape": [2], "data_offsets": [0, 12]},
                "bytes of its",
            ),
            (
                {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
                "bytes of its",
            ),
            ({"dtype": "F32", "shape": [-2], "data_offsets": [0, -8]}, "whole numbers"),
            ({"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}, "whole numbers"),
            (
                {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]},
                "whole numbers",
            ),
            (
                {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
                "KeyError: 'BF16",
            ),
            ({"dtype": "O", "shape": [2], "data_offsets": [0, 4]}, "KeyError: 'O'"),
            ({"dtype": "F32", "shape": [2]}, "KeyError: 'data_offsets'"),
            ({"dtype": "F32", "shape": [2], "data_offsets": [0]}, "not enough values"),
            ({"dtype": "U8", "shape": [0, 2**80], "data_offsets": [0, 0]}, "Error"),
            (
                {"dtype": "U8", "shape": [1] * 99, "data_offsets": [0, 1]},
                "dim",
            ),
            ("F32", "TypeError"),
            ([], "TypeError"),
        ],
        ids=repr,
    )
    def test_of_one_tensor(self, entry, reason):
        message = _refusal(_header(OURS | {"w": entry}, bytes(12))[: 10**6])
        assert re.search(f"{reason}|longer than", message)

    def test_overlaps_and_holes(self):
        for offsets in ([4, 12], [12, 20], [0, 8]):
            entries = {
                "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                "b": {"dtype": "F32", "shape": [2], "data_offsets": offsets},
            }
            message = _refusal(_header(OURS | entries, bytes(20)))
            assert "the tensor 'b' has not the bytes of its shape" in message

    @pytest.mark.parametrize(
        "data",
        [
            (10**8).to_bytes(8, "little") + b"{" * 100,
            (2**63).to_bytes(8, "little") + b"{" * 100,
            _header(
                OURS
                | {"w": {"dtype": "F64", "shape": [2**37], "data_offsets": [0, 2**40]}}
            ),
            _changed(
                {
                    "fitted": {
                        "classes_": {
                            "__type__": "array",
                            "dtype": "<U500000000",
                            "shape": [3],
                            "values": ["a", "b", "c"],
                        }
                    }
                }
            ),
            _changed(
                {
                    "fitted": {
                        "classes_": {
                            "__type__": "array",
                            "dtype": "V2000000000",
                            "shape": [1],
                            "values": [0],
                        }
                    }
                }
            ),
        ],
        ids=["header", "longer header", "tensor", "texts", "void"],
    )
    def test_take_no_memory(self, data):
        tracemalloc.start()
        _refusal(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000_000


class TestModelsThatDoNotBelongTogether:
    """Files with a right hash, which nothing of this package wrote."""

    @pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"n_filters": (10**9,)}, "size mismatch"),
            ({"n_outputs": 10**9}, "size mismatch"),
            ({"kernel_sizes": (0,)}, "size mismatch"),
            ({"pool_sizes": (0,)}, "Error"),
            ({"pooling": "none"}, "pooling|size mismatch|Error"),
            ({"n_filters": "ab"}, "Error"),
            ({"dense_units": None}, "Unexpected key"),
        ],
    )
    def test_another_architecture(self, values, reason):
        record, _ = unpack(io.BytesIO(SMALL), "x")
        architecture = copy.deepcopy(record["fitted"]["architecture_"])
        for name, value in values.items():
            if isinstance(value, tuple):
                value = {"__type__": "tuple", "items": list(value)}
            architecture["values"][name] = value
        data = _changed({"fitted": {"architecture_": architecture}})
        assert re.search(reason, _refusal(data))

    def test_other_weights(self):
        bias = "0.head.dense.4.bias"
        assert "size mismatch" in _refusal(_changed(**{bias: np.zeros(4, np.float32)}))
        extra = {"0.head.dense.9.bias": np.zeros(4, np.float32)}
        assert "Unexpected key" in _refusal(_changed(**extra))
        assert "damaged" in _refusal(_changed(weird=np.zeros(1)))

    def test_other_classes(self):
        classes = {
            "__type__": "array",
            "dtype": "<i8",
            "shape": [4],
            "values": [1, 2, 3, 4],
        }
        message = _refusal(_changed({"fitted": {"classes_": classes}}))
        assert "its targets need 4 outputs, but its networks have 3" in message

    def test_missing_attributes(self):
        record, tensors = unpack(io.BytesIO(SMALL), "x")
        for name in ("architecture_", "classes_", "multilabel_"):
            changed = copy.deepcopy(record)
            del changed["format_version"], changed["sha256"], changed["fitted"][name]
            if name != "architecture_":  # Which follows from the others.
                _refusal(bytes(pack(changed, tensors)))
        for name in ("class", "package_version", "parameters", "fitted"):
            changed = {k: v for k, v in record.items() if k != name}
            del changed["format_version"], changed["sha256"]
            assert f"KeyError: '{name}'" in _refusal(bytes(pack(changed, tensors)))

    def test_models_in_models(self):
        record, tensors = unpack(io.BytesIO(SMALL), "x")
        del record["format_version"], record["sha256"]
        for _ in range(2):
            record = {**record, "nested": {"source_": record}}
        assert "holds no third one" in _refusal(bytes(pack(record, tensors)))


def _tuple(*items):
    return {"__type__": "tuple", "items": list(items)}


def _array(dtype, *values):
    return {
        "__type__": "array",
        "dtype": dtype,
        "shape": [len(values)],
        "values": list(values),
    }


class TestMadeUpAttributes:
    """Files with a right hash, whose attributes no fit leaves."""

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("n_channels_", 2, "n_channels_ is 2, but its networks are for 1"),
            ("n_channels_", 1.0, "n_channels_ must be a size; found 1.0"),
            ("image_size_", _tuple(8, 9), "image_size_ is .8, 9., but its networks"),
            ("image_size_", _tuple(8), "image_size_ must be two whole numbers"),
            ("n_filters_", _tuple(), "n_filters_ is .., but its networks are for"),
            ("classes_", _array("|O", {"a": 1}, "b", "c"), "classes_ must be labels"),
            ("multilabel_", 0, "multilabel_ must be true or false; found 0"),
            (
                "gapped_masks_",
                _tuple(_tuple(0, 2, 1)),
                "gapped_masks_ must be masks of",
            ),
            ("gapped_masks_", _tuple(_tuple(*range(9))), "gapped_masks_ must be masks"),
            ("history_", ["x"], "history_ must be a list of records of epochs"),
            ("n_iter_", "2", "n_iter_ must be a whole number; found '2'"),
            ("pixel_range_", _tuple(0.0), "pixel_range_ must be two numbers"),
            ("feature_names_in_", _array("<i8", 1), "feature_names_in_ must be names"),
            (
                "classes_",
                _array("<U" + "9" * 5000, "a", "b", "c"),
                "Error|no arrays of",
            ),
        ],
    )
    def test_kinds_and_sizes(self, name, value, reason):
        assert re.search(reason, _refusal(_changed({"fitted": {name: value}})))

    @pytest.mark.parametrize("name", ["history_", "n_iter_", "image_size_"])
    def test_missing(self, name):
        record, tensors = unpack(io.BytesIO(SMALL), "x")
        del record["format_version"], record["sha256"], record["fitted"][name]
        assert f"it lacks {name}" in _refusal(bytes(pack(record, tensors)))

    @pytest.mark.parametrize("value", [2.0, "3", True, None, -1, _tuple(2.5)])
    @pytest.mark.parametrize("name", ["n_channels", "n_filters", "activation"])
    def test_architectures(self, name, value):
        record, _ = unpack(io.BytesIO(SMALL), "x")
        architecture = copy.deepcopy(record["fitted"]["architecture_"])
        architecture["values"][name] = value
        _refusal(_changed({"fitted": {"architecture_": architecture}}))

    @pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32, np.bool_])
    def test_types_of_weights(self, dtype):
        """Those of this file are of double precision."""
        bias = "0.head.dense.4.bias"
        message = _refusal(_changed(**{bias: np.zeros(3, dtype)}))
        assert re.search("of type|of several types|floating point", message)

    @pytest.mark.parametrize(
        ("slot", "array"),
        [
            ("exp_avg", np.zeros(())),
            ("exp_avg", np.zeros(4)),
            ("exp_avg_sq", np.zeros(3, np.float32)),
            ("step", np.zeros(3, np.float32)),
            ("max_exp_avg", np.zeros(3)),
        ],
    )
    def test_moments_of_other_shapes_would_be_written_beside(self, slot, array):
        name = f"optimizer.0.{slot}.head.dense.4.bias"
        assert "are not those of a weight" in _refusal(_changed(**{name: array}))
        right = {"optimizer.0.exp_avg.head.dense.4.bias": np.zeros(3)}
        assert load_model(io.BytesIO(_changed(**right))).optimizer_state_

    def test_infinite_counts_of_motifs(self):
        entries = [["a", "b", [[1e308, 1, 1, 1]]]]
        motifs = {"__type__": "motifs", "alphabet": "dna", "entries": entries}
        data = _changed({"fitted": {"x_": motifs}})
        assert load_model(io.BytesIO(data)).x_.widths == [1]

        text = json.dumps(
            {**motifs, "entries": [["a", "b", [[float("inf"), 1, 1, 1]]]]}
        )
        with pytest.raises(ValueError, match="counts of motifs are not finite"):
            decode(json.loads(text))


def test_more_than_a_header_holds(monkeypatch):
    def refuse(*args, **kwargs):
        raise SafetensorError("header too large")

    monkeypatch.setattr("sklearn_cnn.storage._format.save", refuse)
    match = r"not fit into a safetensors file \(header too large\); use joblib"
    with pytest.raises(ValueError, match=match):
        save_model(load_model(io.BytesIO(SMALL)), io.BytesIO())
