"""What the trunk of a fitted estimator is built of, as plain values, and back.

Nothing that is executed: classes are named, and looked up in the package that has them.
"""

import tempfile
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sklearn_cnn.backbones._borzoi import BorzoiModel
from sklearn_cnn.backbones._enformer import EnformerModel
from sklearn_cnn.backbones._hugging_face import LanguageModel
from sklearn_cnn.backbones._hugging_face_vision import VisionModel
from sklearn_cnn.backbones._timm import TimmModel

# What is known by name, by the name of its type.
_KINDS = {
    kind.__name__: kind
    for kind in (TimmModel, LanguageModel, VisionModel, EnformerModel, BorzoiModel)
}
# Package of each, and the extra that installs it.
_PACKAGES = {
    "TimmModel": ("timm", "timm"),
    "LanguageModel": ("transformers", "huggingface"),
    "VisionModel": ("transformers", "huggingface"),
    "EnformerModel": ("enformer_pytorch", "enformer"),
    "BorzoiModel": ("borzoi_pytorch", "borzoi"),
}
# Settings by which timm loads weights, from a file or the hub, or compiles.
_LOADING = {
    "cache_dir",
    "checkpoint_path",
    "pretrained",
    "pretrained_cfg",
    "pretrained_cfg_overlay",
    "pretrained_strict",
    "scriptable",
}
# What has files of its own, and the class of transformers that reads them.
_WITH_FILES = {"tokenizer": "AutoTokenizer", "processor": "AutoImageProcessor"}


def is_known_by_name(source) -> bool:
    """Whether plain values say what it is: not of a live module."""
    return type(source) in _KINDS.values()


def to_values(source) -> dict:
    """Plain values of what was loaded by name; of its weights, the names alone."""
    values = {field.name: getattr(source, field.name) for field in fields(source)}
    values["weights"] = list(values["weights"])
    if "model_class" in values:
        values["model_class"] = values["model_class"].__name__
    for name in _WITH_FILES.keys() & values.keys():
        values[name] = _files(values[name])
    return {"kind": type(source).__name__, "values": values}


def from_values(kind: str, values: dict):
    """The inverse of `to_values`.

    Raises
    ------
    ImportError
        If the package that has the model is not installed; it names the extra.
    AttributeError, LookupError, TypeError, ValueError
        If the values are none that `to_values` gives.
    """
    source, values = _KINDS[kind], dict(values)
    package, extra = _PACKAGES[kind]
    if find_spec(package) is None:
        raise ImportError(
            f"the network of this model needs {package}; install it with "
            f"`pip install 'sklearn-cnn[{extra}]'`"
        )
    values["weights"] = dict.fromkeys(values["weights"])
    if kind == "TimmModel":
        _check_timm(values["architecture"], values["settings"])
    if "model_class" in values:
        values["model_class"] = _model_class(package, values["model_class"])
    for name in _WITH_FILES.keys() & values.keys():
        values[name] = _read_files(_WITH_FILES[name], values[name])
    return source(**values)


def _check_timm(architecture: str, settings: dict) -> None:
    """Raise if timm would load anything to build a network."""
    import timm

    if not timm.is_model(architecture):
        raise ValueError(f"{architecture!r} is no architecture of timm")
    if loading := sorted(_LOADING & settings.keys()):
        raise ValueError(f"settings of an architecture do not hold {loading[0]!r}")


def _model_class(package: str, name: str) -> type:
    """Class of a model, by its name in its package."""
    from transformers import PreTrainedModel

    found = getattr(import_module(package), name)
    if not (isinstance(found, type) and issubclass(found, PreTrainedModel)):
        raise ValueError(f"{name!r} is no model of {package}")
    return found


def _files(part) -> dict[str, str]:
    """Files that a tokenizer or image processor saves: name and bytes, as Latin-1."""
    with tempfile.TemporaryDirectory() as folder:
        part.save_pretrained(folder)
        return {
            path.name: path.read_bytes().decode("latin-1")
            for path in sorted(Path(folder).iterdir())
        }


def _read_files(kind: str, files: dict[str, str]):
    """What a class of transformers makes of such files."""
    import transformers

    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            if Path(name).name != name:
                raise ValueError(f"{name!r} is no name of a file")
            (Path(folder) / name).write_bytes(text.encode("latin-1"))
        settings = {"local_files_only": True, "trust_remote_code": False}
        return getattr(transformers, kind).from_pretrained(folder, **settings)
