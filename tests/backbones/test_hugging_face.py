"""Language models: a tiny one, made and saved here."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.backbones import _stored_source
from sklearn_cnn.inspection import attributions
from sklearn_cnn.preprocessing import reverse_complement

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

X = ["ACGTAC", "GGT", "ACNTTT", "ccgtac"]
VOCABULARY = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
VOCABULARY |= {letter: i for i, letter in enumerate("ACGT", start=4)}


def _save_tokenizer(folder):
    """Each letter a token, between [CLS] and [SEP]."""
    model = tokenizers.models.WordLevel(VOCABULARY, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(
        tokenizers.Regex("."), "isolated"
    )
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=ends
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=20,
    ).save_pretrained(folder)


def _bert(kind):
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=8,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    return kind(config).eval()


@pytest.fixture
def module(tmp_path):
    module = _bert(transformers.BertModel)
    module.save_pretrained(tmp_path)
    _save_tokenizer(tmp_path)
    return module


def _states(module, sequence):
    """Last hidden states of the letters, without the ends."""
    ids = [2, *(VOCABULARY.get(letter, 1) for letter in sequence.upper()), 3]
    with torch.no_grad():
        states = module(input_ids=torch.tensor([ids])).last_hidden_state[0]
    return states[1:-1].numpy()


def test_mean_and_maximum_over_tokens(module, tmp_path):
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(X)
    features = extractor.transform(X)
    highest = PretrainedFeatureExtractor(f"hf:{tmp_path}", pooling="max")
    maxima = highest.fit_transform(X)
    for i, sequence in enumerate(X):
        states = _states(module, sequence)
        np.testing.assert_allclose(features[i], states.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(maxima[i], states.max(axis=0), atol=1e-5)
    names = [f"f{i}_mean" for i in range(8)]
    assert extractor.get_feature_names_out().tolist() == names
    np.testing.assert_array_equal(extractor.transform(X[1:2]), features[1:2])


def test_layers(module, tmp_path):
    layers = "encoder.layer.0", "pooler"
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}", layer=layers).fit(X)
    ids = torch.tensor([[2, 6, 6, 7, 3]])
    with torch.no_grad():
        output = module(input_ids=ids, output_hidden_states=True)
    expected = [output.hidden_states[1][0, 1:-1].mean(dim=0), output.pooler_output[0]]
    features = extractor.transform(["GGT"])[0]
    np.testing.assert_allclose(features, np.concatenate(expected), atol=1e-5)
    with pytest.raises(
        ValueError, match=r"'trunk' is not a layer .*'encoder\.layer\.1"
    ):
        extractor.set_params(layer="trunk").fit(X)


def test_pickles_hold_arrays(module, tmp_path):
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(X)
    expected, data = extractor.transform(X), pickle.dumps(extractor)
    small = PretrainedFeatureExtractor(
        f"hf:{tmp_path}", store_weights_in_pickle=False
    ).fit(X)
    small = pickle.loads(pickle.dumps(small))
    np.testing.assert_array_equal(small.transform(X), expected)
    assert b"torch._utils" not in data
    for path in tmp_path.iterdir():
        path.unlink()
    np.testing.assert_array_equal(pickle.loads(data).transform(X), expected)


def test_random_state_stays_as_it_is(module, tmp_path):
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    PretrainedFeatureExtractor(f"hf:{tmp_path}").fit_transform(X)
    assert torch.rand(1) == expected


def test_a_masked_language_model_has_no_pooler(tmp_path):
    masked = _bert(transformers.BertForMaskedLM)
    masked.save_pretrained(tmp_path)
    _save_tokenizer(tmp_path)
    features = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit_transform(X)
    expected = _states(masked.bert, X[1]).mean(axis=0)
    np.testing.assert_allclose(features[1], expected, atol=1e-5)
    with pytest.raises(ValueError, match="'pooler' is not a layer"):
        PretrainedFeatureExtractor(f"hf:{tmp_path}", layer="pooler").fit(X)


def test_errors(module, tmp_path):
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}")
    with pytest.raises(ValueError, match=r"X\[1\] has 21 tokens, .* at most 20"):
        extractor.fit(["AC", "A" * 19])
    with pytest.raises(ValueError, match="knows nothing in X, which begins with 'NNN'"):
        extractor.fit(["NNN"])
    with pytest.raises(TypeError, match="X must hold strings"):
        extractor.fit(np.zeros((2, 1)))
    with pytest.raises(ValueError, match="language models take 'auto', 'mean', 'max'"):
        extractor.set_params(pooling="occupancy").fit(X)


def test_weights_that_are_missing(module, tmp_path):
    from safetensors.torch import load_file, save_file

    path = tmp_path / "model.safetensors"
    state = load_file(path)
    del state["encoder.layer.1.output.dense.weight"]
    save_file(state, path, metadata={"format": "pt"})
    match = r"lack weights of its layers encoder\.layer\.1\.output\.dense\.weight"
    with pytest.raises(ValueError, match=match):
        PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(X)


def test_a_vision_model_as_a_module():
    config = transformers.ViTConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        image_size=8,
        patch_size=4,
    )
    torch.manual_seed(0)
    module = transformers.ViTModel(config).eval()
    images = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype(np.float32)
    features = PretrainedFeatureExtractor(module, layer="pooler").fit_transform(images)
    with torch.no_grad():
        output = module(torch.tensor(images).permute(0, 3, 1, 2))
    np.testing.assert_allclose(features, output.pooler_output, atol=1e-5)


def test_models_that_read_neither_tokens_nor_images(tmp_path):
    config = transformers.Wav2Vec2Config(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        conv_dim=(4,),
        conv_kernel=(2,),
        conv_stride=(2,),
        num_feat_extract_layers=1,
        num_conv_pos_embeddings=2,
        num_conv_pos_embedding_groups=2,
    )
    transformers.Wav2Vec2Model(config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="reads 'input_values', neither tokens nor"):
        PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(X)


@pytest.fixture
def tuned(module, tmp_path):
    sequences = [f"AC{letters}" for letters in X] * 5
    labels = [0, 1, 1, 0] * 5
    clf = MotifCNNClassifier(
        pretrained=f"hf:{tmp_path}",
        reverse_complement=True,
        linear_models=None,
        max_epochs=1,
        random_state=0,
    )
    return clf.fit(sequences, labels)


def test_a_frozen_trunk_gives_what_the_extractor_gives(
    module, tmp_path, trunk_features
):
    clf = MotifCNNClassifier(
        pretrained=f"hf:{tmp_path}", freeze="trunk", linear_models=None, max_epochs=1
    ).fit(X, [0, 1, 1, 0])
    expected = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit_transform(X)
    np.testing.assert_allclose(trunk_features(clf, X), expected, atol=1e-6)
    assert clf.architecture_.blocks == ("embeddings", "encoder", "pooler")


def test_fine_tuning(tuned, module, tmp_path):
    name = "encoder.layer.0.output.dense.weight"
    before = module.state_dict()[name].numpy()
    assert not np.array_equal(tuned.weights_[f"0.trunk.{name}"], before)
    outputs = tuned.decision_function(X)
    np.testing.assert_array_equal(tuned.decision_function(X[1:2]), outputs[1:2])
    turned = reverse_complement([x.upper() for x in X])
    np.testing.assert_allclose(tuned.decision_function(turned), outputs, atol=1e-6)
    save_model(tuned, tmp_path / "tuned")
    data = pickle.dumps(tuned)
    for path in tmp_path.iterdir():
        if path.name != "tuned":
            path.unlink()
    for again in (load_model(tmp_path / "tuned"), pickle.loads(data)):
        np.testing.assert_array_equal(again.decision_function(X), outputs)
    assert b"torch._utils" not in data


def test_models_of_tokens_have_no_gradients(tuned):
    for ask in (tuned.to_module, lambda: attributions(tuned, X, "saliency")):
        with pytest.raises(ValueError, match=r"the network reads tokens, .*'ism'"):
            ask()
    effects = attributions(tuned, ["ACGTAC"])[0]
    mutant, present = tuned.decision_function(["ACTTAC", "ACGTAC"])
    np.testing.assert_allclose(effects[3, 2], mutant - present, atol=1e-6)
    assert effects[2, 2] == 0


def test_only_sequences_of_letters(module, tmp_path):
    clf = MotifCNNClassifier(pretrained=f"hf:{tmp_path}")
    with pytest.raises(ValueError, match="reads sequences of letters, but X holds sig"):
        clf.fit(np.zeros((4, 9)), [0, 1] * 2)
    images = ImageCNNClassifier(pretrained=f"hf:{tmp_path}")
    with pytest.raises(
        ValueError, match="reads sequences, but this estimator is for im"
    ):
        images.fit(np.zeros((4, 8, 8)), [0, 1] * 2)


def test_loading_names_the_extra(tuned, tmp_path, monkeypatch):
    save_model(tuned, tmp_path / "tuned")
    monkeypatch.setattr(_stored_source, "find_spec", lambda package: None)
    with pytest.raises(ImportError, match=r"needs transformers; .*\[huggingface\]"):
        load_model(tmp_path / "tuned")
