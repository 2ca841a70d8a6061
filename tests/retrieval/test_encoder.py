"""The encoders: the one that the package carries, and any other of sentence-transformers."""

import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from oncoqa.errors import SettingsError
from oncoqa.retrieval.dense import DenseIndex
from oncoqa.retrieval.encoder import (
    AHEAD,
    EMBEDDED_FOLDER,
    Encoded,
    Encoder,
    Floats,
    load_encoder,
)
from oncoqa.retrieval.late import passage_text
from oncoqa.retrieval.onnx_model import OnnxModel
from oncoqa.types import Passage

pytestmark = pytest.mark.model
# A folder with weights-fp16.safetensors and config.json: the float weights of the embedded model.
WEIGHTS = os.environ.get("ONCOQA_TEST_WEIGHTS")


@pytest.fixture(scope="module")
def encoded(embedded: Encoder, passages: Sequence[Passage]) -> list[Encoded]:
    return list(embedded.encode_documents([passage_text(passage) for passage in passages]))


def test_every_passage_retrieves_itself_first_with_cosine_one(
    embedded: Encoder, encoded: list[Encoded], passages: Sequence[Passage]
) -> None:
    rows = np.stack([one.vector for one in encoded])
    index = DenseIndex(rows)
    for row, passage in enumerate(passages):
        [alone] = embedded.encode_documents([passage_text(passage)])
        assert index.search(alone.vector, 1) == [row]
        assert alone.vector @ rows[row] == pytest.approx(1, abs=1e-5)


def test_vectors_are_of_unit_length_and_tokens_lie_in_the_text(
    encoded: list[Encoded], passages: Sequence[Passage]
) -> None:
    for one, passage in zip(encoded, passages, strict=True):
        text = passage_text(passage)
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
        assert one.tokens.shape == (len(one.spans), 384)
        assert all(0 <= start < end <= len(text) for start, end in one.spans)
        covered = {at for start, end in one.spans for at in range(start, end)}
        assert all(text[at].isspace() for at in set(range(len(text))) - covered)


def test_a_question_and_a_passage_are_encoded_with_their_own_prompts(embedded: Encoder) -> None:
    text = "Onco’Link"
    [document] = embedded.encode_documents([text])
    asked = embedded.encode_query(text)
    assert 0.8 < asked.vector @ document.vector < 0.999
    np.testing.assert_array_equal(asked.spans, document.spans)


def test_a_vector_does_not_depend_on_the_texts_around_it(embedded: Encoder) -> None:
    texts = [f"{number} " + "mot " * (number * 7 % 40) for number in range(40)]
    together = list(embedded.encode_documents(texts))
    for text, one in list(zip(texts, together, strict=True))[::9]:
        [alone] = embedded.encode_documents([text])
        np.testing.assert_allclose(one.vector, alone.vector, atol=1e-6)


def test_nor_on_how_many_threads_encode(embedded: Encoder, passages: Sequence[Passage]) -> None:
    texts = [passage_text(passage) for passage in passages[:12]]
    one_thread = load_encoder("embedded", threads=1)
    for one, other in zip(
        embedded.encode_documents(texts), one_thread.encode_documents(texts), strict=True
    ):
        np.testing.assert_array_equal(one.vector, other.vector)
        np.testing.assert_array_equal(one.tokens, other.tokens)


def test_nor_on_padding(passages: Sequence[Passage]) -> None:
    """The int8 model rounds by fixed scales: the tools of others may put texts together."""
    model = OnnxModel(EMBEDDED_FOLDER)
    texts = [passage_text(passage) for passage in passages[:12]]
    together = model(texts)
    for row, text in enumerate(texts):
        alone = model([text])
        count = alone.tokens.shape[1]
        np.testing.assert_allclose(together.vectors[row], alone.vectors[0], atol=1e-5)
        np.testing.assert_allclose(together.tokens[row, :count], alone.tokens[0], atol=1e-4)


def test_documents_come_in_their_order(embedded: Encoder) -> None:
    texts = [f"Passage {number}" for number in range(AHEAD + 3)]
    for text, one in zip(texts, embedded.encode_documents(texts), strict=True):
        assert one.spans[-1, 1] == len(text)
    assert not list(embedded.encode_documents([]))


def test_threads_share_an_encoder(embedded: Encoder) -> None:
    texts = [f"Combien de patients dans l’essai {number} ?" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(embedded.encode_query, texts))
    for text, one in zip(texts, found, strict=True):
        np.testing.assert_array_equal(one.vector, embedded.encode_query(text).vector)


@pytest.mark.parametrize("text", ["", " ", "🙂", "\u200f\u202e", "ﷺ", "a" * 5000, "é" * 600, "\0"])
def test_any_text_has_a_vector(embedded: Encoder, text: str) -> None:
    one = embedded.encode_query(text)
    assert np.isfinite(one.vector).all()
    assert len(one.tokens) == len(one.spans)


def test_the_embedded_model_is_a_sentence_transformer_too(embedded: Encoder) -> None:
    from oncoqa.retrieval.torch_model import as_sentence_transformer

    model = as_sentence_transformer(OnnxModel(EMBEDDED_FOLDER))
    [document] = embedded.encode_documents(["Onco’Link"])
    question = embedded.encode_query("Onco’Link")
    np.testing.assert_allclose(model.encode_document("Onco’Link"), document.vector, atol=1e-6)
    np.testing.assert_allclose(model.encode_query("Onco’Link"), question.vector, atol=1e-6)


@pytest.mark.slow
@pytest.mark.skipif(WEIGHTS is None, reason="ONCOQA_TEST_WEIGHTS names no folder of float weights")
def test_the_embedded_model_is_the_float_model_but_for_its_rounding(
    encoded: list[Encoded], passages: Sequence[Passage]
) -> None:
    expected = float_vectors(Path(WEIGHTS or ""), [passage_text(p) for p in passages])
    cosines = np.sum(expected * np.stack([one.vector for one in encoded]), axis=1)
    print(f"int8 against float: {cosines.mean():.4f} mean, {cosines.min():.4f} least")  # noqa: T201
    assert cosines.mean() > 0.998
    assert cosines.min() > 0.99


def float_vectors(folder: Path, texts: list[str]) -> Floats:
    """The mean-pooled unit vectors of the weights, as PyTorch computes them in float32."""
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    config = BertConfig(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
    model = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "weights-fp16.safetensors")
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    model.eval()
    tokenizer = Tokenizer.from_file(str(EMBEDDED_FOLDER / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    rows = []
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([tokenizer.encode(f"passage: {text}").ids])
            rows.append(model(input_ids=ids).last_hidden_state[0].mean(dim=0).numpy())
    vectors = np.stack(rows)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of random weights, saved as any other."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    letters = "abcdefghijklmnopqrstuvwxyz:?"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, intermediate_size=64,
        num_hidden_layers=1, num_attention_heads=2,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=64)
    model = SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


def test_any_sentence_transformers_model_is_loaded_by_its_folder(tiny: Path) -> None:
    encoder = load_encoder(str(tiny))
    one = encoder.encode_query("Un essai clinique ?")
    assert one.vector.shape == (32,)
    assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
    text = "Un essai clinique ?"
    assert "".join(text[start:end] for start, end in one.spans) == text.replace(" ", "")
    assert one.tokens.shape == (len(one.spans), 32)


def test_prompts_of_the_settings_change_the_vectors_and_the_fingerprint(tiny: Path) -> None:
    plain = load_encoder(str(tiny))
    prompted = load_encoder(str(tiny), query_prompt="query: ", document_prompt="passage: ")
    [document] = prompted.encode_documents(["essai"])
    question = prompted.encode_query("essai")
    assert not np.allclose(question.vector, document.vector)
    np.testing.assert_array_equal(question.spans, plain.encode_query("essai").spans)
    assert plain.fingerprint == load_encoder(str(tiny)).fingerprint != prompted.fingerprint


def test_other_weights_have_another_fingerprint(tiny: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(tiny, changed)
    assert load_encoder(str(changed)).fingerprint == load_encoder(str(tiny)).fingerprint
    weights = next(changed.rglob("model.safetensors"))
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert load_encoder(str(changed)).fingerprint != load_encoder(str(tiny)).fingerprint


@pytest.mark.parametrize("harm", ["absent", "empty", "json", "weights"])
def test_an_encoder_that_cannot_be_loaded_is_one_line(
    harm: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / harm
    match harm:
        case "empty":
            folder.mkdir()
        case "json" | "weights":
            shutil.copytree(tiny, folder)
            wanted = "config.json" if harm == "json" else "model.safetensors"
            next(folder.rglob(wanted)).write_bytes(b"{")
    with pytest.raises(SettingsError, match=r"cannot be loaded: .*Set ONCOQA_ENCODER") as caught:
        load_encoder(str(folder))
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
