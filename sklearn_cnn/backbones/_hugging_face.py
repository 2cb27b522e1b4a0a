"""Models of the Hugging Face hub; the family of its language models."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sklearn_cnn.backbones._backbone import choose_pooling, group_by_length
from sklearn_cnn.backbones._hub import hub_or_cache
from sklearn_cnn.backbones._hugging_face_vision import VisionModel
from sklearn_cnn.backbones._layer_features import (
    LayerFeatures,
    resolve_layers,
    units_first,
)
from sklearn_cnn.backbones._transformers_model import (
    POOLER,
    TransformersModel,
    arrays_of,
    last_state,
    read_module,
    refuse_missing,
)
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._codes import as_sequences


@dataclass(frozen=True, eq=False)
class LanguageModel(TransformersModel):
    """Weights and config of a language model, and its tokenizer."""

    tokenizer: Any


def load_hugging_face(name: str) -> LanguageModel | VisionModel:
    """Read a model from a folder, or from the hub or its cache.

    Parameters
    ----------
    name : str
        Folder; or "ORG/NAME" on the hub, which "@REVISION" may follow.

    Raises
    ------
    ImportError
        If transformers is not installed.
    OSError
        If there is no such model, or the hub is not reached.
    ValueError
        If the model reads neither tokens nor images, asks for code of its own to be
        run, or its files lack weights.
    """
    try:
        from transformers import AutoImageProcessor, AutoModel, AutoTokenizer
    except ImportError:
        raise ImportError(
            "models of the Hugging Face hub need transformers; install it with "
            "`pip install 'sklearn-cnn[huggingface]'`"
        ) from None
    revision = None
    if not os.path.isdir(name):
        name, _, revision = name.partition("@")
    settings = {"revision": revision or "main", "trust_remote_code": False}
    with hub_or_cache("hf", name) as from_cache:
        settings["local_files_only"] = from_cache
        return _read(name, AutoModel, AutoTokenizer, AutoImageProcessor, settings)


def _read(name: str, AutoModel, AutoTokenizer, AutoImageProcessor, settings: dict):
    """Read a model and its tokenizer or image processor."""
    module, missing = read_module(AutoModel, name, **settings)
    kind = module.main_input_name
    if kind not in ("input_ids", "pixel_values"):
        raise ValueError(
            f"{name!r} reads {kind!r}, neither tokens nor images; pass the module "
            "itself as model, with a layer that returns one tensor such as 'pooler'"
        )
    refuse_missing(name, [m for m in missing if not m.startswith(POOLER)])
    if missing:
        module.pooler = None
    model = type(module), module.config.to_dict(), arrays_of(module)
    if kind == "pixel_values":
        processor = AutoImageProcessor.from_pretrained(name, **settings)
        return VisionModel(*model, processor=processor)
    tokenizer = AutoTokenizer.from_pretrained(name, **settings)
    return LanguageModel(*model, tokenizer=tokenizer)


class HuggingFace(LayerFeatures):
    """Layers of a language model, pooled over tokens.

    Parameters
    ----------
    source : LanguageModel
        What was loaded.
    layer : str, tuple of str or None
        Dotted names of submodules; None is the last hidden state.
    pooling : {"auto", "mean", "max", "flatten"}
        Over the tokens of the sequence; special tokens at its ends do not count.
    precision
        See `LayerFeatures`.
    """

    made_for, reads_tokens = "sequences", True

    def __init__(self, source: LanguageModel, layer, pooling: str, precision: str):
        self.tokenizer = source.tokenizer
        module = source.build()
        layers = resolve_layers(module, "" if layer is None else layer)
        allowed = "mean", "max", "flatten"
        pooling = choose_pooling(pooling, "language models", allowed)
        super().__init__(module, layers, pooling, precision)
        names = "cls_token_id", "sep_token_id", "bos_token_id", "eos_token_id"
        ids = [getattr(self.tokenizer, name, None) for name in names]
        self._marks = torch.tensor([i for i in ids if i is not None], dtype=torch.int64)

    def encode(self, X) -> Inputs:
        """Tokens of strings, in upper case."""
        texts = [
            text.decode() if isinstance(text, bytes) else str(text)
            for text in as_sequences(X, "X")
        ]
        return self._tokens([text.upper() for text in texts], "X[{}]")

    def _tokens(self, upper: list[str], name: str) -> Inputs:
        """Tokens of texts in upper case; error messages call text i `name`."""
        tokens = self.tokenizer(upper)["input_ids"]
        lengths = np.array([len(ids) for ids in tokens])
        longest = int(lengths.argmax())
        if lengths[longest] > self.tokenizer.model_max_length:
            raise ValueError(
                f"{name.format(longest)} has {lengths[longest]} tokens, but the model "
                f"reads at most {self.tokenizer.model_max_length}"
            )
        values = np.zeros((len(tokens), lengths[longest]), dtype=np.int64)
        flat = np.concatenate(tokens)
        values[np.arange(lengths[longest]) < lengths[:, None]] = flat
        letters = flat[np.isin(flat, self._marks.numpy(), invert=True)]
        unknown = self.tokenizer.unk_token_id
        if unknown is not None and (letters == unknown).all():
            raise ValueError(
                f"the model's tokenizer knows nothing in X, which begins with "
                f"{upper[0][:40]!r}"
            )
        return Inputs(values, lengths=lengths)

    def groups(self, x: torch.Tensor, n_symbols: int | None):
        """Rows of columns x (n, n_symbols, length), and tokens of their letters.

        Sequences of one number of tokens are together. The alphabet must be set.
        """
        columns = torch.tensor(self.alphabet.columns)
        letters = x.detach().cpu().float().nan_to_num().transpose(1, 2)
        codes = torch.cdist(letters.flatten(0, 1), columns).argmin(dim=1)
        # Padding, behind the letters, has none.
        of_codes = np.array([*self.alphabet.letters, ""])
        rows = of_codes[codes.view(len(x), -1).numpy()]
        tokens = self._tokens(["".join(row) for row in rows], "a sequence")
        for chosen, part in group_by_length(tokens):
            yield torch.from_numpy(chosen).to(x.device), self._batch(part, x.device)

    def _batch(self, part: Inputs, device: torch.device) -> torch.Tensor:
        return torch.tensor(part.values, device=device)

    def _tensor(self, output, layer: str) -> torch.Tensor:
        """States (n, n_units, n_tokens); an output without tokens as it is."""
        return units_first(super()._tensor(last_state(output), layer))

    def _pool(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        if output.ndim <= 2 or self.pooling == "flatten":
            return super()._pool(output, x)
        if output.ndim > 3 or output.shape[2] != x.shape[1]:
            raise ValueError(
                f"a layer returns a tensor of shape {tuple(output.shape)}; layers with "
                "one state for each token can be features"
            )
        inside = ~torch.isin(x, self._marks.to(x.device))[:, None]
        if self.pooling == "max":
            return output.masked_fill(~inside, -torch.inf).amax(dim=2)
        return (output * inside).sum(dim=2) / inside.sum(dim=2)
