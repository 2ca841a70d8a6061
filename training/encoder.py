"""The encoder, twice: in torch (to train; the lower layers can be run once and kept) and as the
exported ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime as ort
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training.text import Word, words

HEADS, HIDDEN, LAYERS = 12, 384, 12
LIMITS = {"query": 64, "passage": 512}


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text as tokens. `spans` is where each stands in the text; `<s>`, `</s>` and the prefix
    end at 0 or before.
    `owner[i]` is the word that token i belongs to, or -1."""

    ids: np.ndarray
    spans: np.ndarray
    owner: np.ndarray
    words: tuple[Word, ...]


def tokenize(tokenizer: Tokenizer, texts: Sequence[str], kind: str) -> list[Tokens]:
    prefix, limit = f"{kind}: ", LIMITS[kind]
    found = []
    for text, encoding in zip(
        texts, tokenizer.encode_batch([prefix + t for t in texts]), strict=True
    ):
        ids = np.array(encoding.ids, np.int64)
        spans = np.array(encoding.offsets, np.int64) - len(prefix)
        if len(ids) > limit:
            ids, spans = (
                np.append(ids[: limit - 1], ids[-1]),
                np.concatenate([spans[: limit - 1], spans[-1:]]),
            )
        keep = spans[:, 1] > 0
        text_words = tuple(words(text))
        owner = np.full(len(ids), -1, np.int64)
        for number, word in enumerate(text_words):
            owner[keep & (spans[:, 0] < word.end) & (spans[:, 1] > word.start)] = number
        found.append(Tokens(ids, spans, owner, text_words))
    return found


class Layer(nn.Module):
    """One BERT layer (post-norm). Training writes attention out: on a CPU the backward pass of the
    fused one takes three times as long."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.query, self.key, self.value = (nn.Linear(HIDDEN, HIDDEN) for _ in range(3))
        self.out, self.up, self.down = (
            nn.Linear(HIDDEN, HIDDEN),
            nn.Linear(HIDDEN, 4 * HIDDEN),
            nn.Linear(4 * HIDDEN, HIDDEN),
        )
        self.norm1, self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12), nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = (
            f(x).view(batch, length, HEADS, -1).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        bias = bias.to(q.dtype)
        if torch.is_grad_enabled():
            mixed = (
                torch.softmax(q @ k.transpose(2, 3) * (HIDDEN // HEADS) ** -0.5 + bias, dim=-1).to(
                    v.dtype
                )
                @ v
            )
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, length, HIDDEN))
        x = self.norm1(x + self.dropout(mixed))
        return self.norm2(x + self.dropout(self.down(F.gelu(self.up(x)))))


_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "out",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "norm2",
}


class Encoder(nn.Module):
    """multilingual-e5-small's body. `lower` runs embeddings and the first layers, `upper` the rest,
    `forward` all of it. `dropout` is that of the layers which are trained, from `split` on."""

    def __init__(self, split: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.split = split
        self.word, self.position, self.segment = (
            nn.Embedding(45952, HIDDEN),
            nn.Embedding(512, HIDDEN),
            nn.Embedding(2, HIDDEN),
        )
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(
            Layer(dropout if number >= split else 0.0) for number in range(LAYERS)
        )

    def lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = (
            self.word(ids)
            + self.position(torch.arange(ids.shape[1], device=ids.device))
            + self.segment.weight[0]
        )
        x, bias = self.norm(x), _bias(mask)
        for layer in self.layers[: self.split]:
            x = layer(x, bias)
        return x

    def upper(self, x: Tensor, mask: Tensor) -> Tensor:
        bias = _bias(mask)
        x = F.dropout(x, 0.1, self.training)
        for layer in self.layers[self.split :]:
            x = layer(x, bias)
        return x

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.upper(self.lower(ids, mask), mask)
        return pool(tokens, mask), tokens


def _bias(mask: Tensor) -> Tensor:
    return (1.0 - mask[:, None, None, :].float()) * -1e4


def pool(tokens: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens, unit length."""
    weight = mask.float().unsqueeze(-1)
    return F.normalize((tokens.float() * weight).sum(1) / weight.sum(1), dim=-1)


def _published(state: dict[str, Tensor]) -> dict[str, str]:
    """Our parameter names -> those of transformers' BertModel."""
    table = {
        "word.weight": "embeddings.word_embeddings.weight",
        "position.weight": "embeddings.position_embeddings.weight",
        "segment.weight": "embeddings.token_type_embeddings.weight",
        "norm.weight": "embeddings.LayerNorm.weight",
        "norm.bias": "embeddings.LayerNorm.bias",
    }
    for layer in range(LAYERS):
        for theirs, ours in _NAMES.items():
            for kind in ("weight", "bias"):
                table[f"layers.{layer}.{ours}.{kind}"] = f"encoder.layer.{layer}.{theirs}.{kind}"
    return {ours: theirs for ours, theirs in table.items() if ours in state}


def load_encoder(path: Path, split: int = 0, dropout: float = 0.0) -> Encoder:
    encoder, weights = Encoder(split, dropout), load_file(path)
    names = _published(encoder.state_dict())
    encoder.load_state_dict({ours: weights[theirs].float() for ours, theirs in names.items()})
    return encoder.eval()


def save_encoder(encoder: Encoder, path: Path) -> None:
    state = encoder.state_dict()
    save_file(
        {theirs: state[ours].half().contiguous() for ours, theirs in _published(state).items()},
        path,
    )


class Runs(Protocol):
    """What measuring needs of an encoder: pooled vectors and token vectors, in the order given."""

    def run(self, tokens: Sequence[Tokens]) -> tuple[np.ndarray, list[np.ndarray]]: ...


def batches(tokens: Sequence[Tokens], budget: int = 4096) -> list[list[int]]:
    """Indices in groups of like length, each at most `budget` tokens with its padding."""
    groups: list[list[int]] = []
    for index in sorted(range(len(tokens)), key=lambda i: len(tokens[i].ids)):
        if groups and len(tokens[index].ids) * (len(groups[-1]) + 1) <= budget:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


BLOCK = 3072
_WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)


def blocks(lengths: Sequence[int]) -> list[tuple[int, int, list[int]]]:
    """(rows, width, indices) with rows * width == BLOCK always: a CPU kernel is compiled for each
    new shape, which costs more than
    the padding does. Longest first; lengths are at most 384."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    found = []
    while order:
        width = next(w for w in _WIDTHS if w >= lengths[order[0]])
        rows = BLOCK // width
        found.append((rows, width, order[:rows]))
        order = order[rows:]
    return found


def block_of(states: Sequence[Tensor], rows: int, width: int) -> tuple[Tensor, Tensor]:
    """Padded states (rows, width, HIDDEN) and their mask."""
    x, mask = torch.zeros(rows, width, HIDDEN), torch.zeros(rows, width, dtype=torch.bool)
    for row, state in enumerate(states):
        x[row, : len(state)], mask[row, : len(state)] = state.float(), True
    return x, mask


def padded(tokens: Sequence[Tokens]) -> tuple[np.ndarray, np.ndarray]:
    longest = max(len(t.ids) for t in tokens)
    ids, mask = (
        np.ones((len(tokens), longest), np.int64),
        np.zeros((len(tokens), longest), np.int64),
    )
    for row, t in enumerate(tokens):
        ids[row, : len(t.ids)], mask[row, : len(t.ids)] = t.ids, 1
    return ids, mask


class TorchRunner:
    """The torch encoder, in bf16 for measuring between stages, in float32 when `exact`."""

    def __init__(self, encoder: Encoder, exact: bool = False) -> None:
        self.encoder, self.exact = encoder.eval(), exact

    @torch.inference_mode()
    def run(self, tokens: Sequence[Tokens]) -> tuple[np.ndarray, list[np.ndarray]]:
        pooled = np.empty((len(tokens), HIDDEN), np.float32)
        vectors: list[np.ndarray] = [np.empty(0)] * len(tokens)
        for group in batches(tokens):
            ids, mask = (torch.from_numpy(a) for a in padded([tokens[i] for i in group]))
            with torch.autocast("cpu", torch.bfloat16, enabled=not self.exact):
                one, every = self.encoder(ids, mask)
            pooled[group] = one.numpy()
            for row, i in enumerate(group):
                vectors[i] = every[row, : len(tokens[i].ids)].float().numpy().astype(np.float16)
        return pooled, vectors


class OnnxRunner:
    """The exported encoder, as the product runs it."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(self, tokens: Sequence[Tokens]) -> tuple[np.ndarray, list[np.ndarray]]:
        pooled = np.empty((len(tokens), HIDDEN), np.float32)
        vectors: list[np.ndarray] = [np.empty(0)] * len(tokens)
        for group in batches(tokens, 2048):
            ids, mask = padded([tokens[i] for i in group])
            one, every = self.session.run(None, {"input_ids": ids, "attention_mask": mask})
            pooled[group] = one
            for row, i in enumerate(group):
                vectors[i] = every[row, : len(tokens[i].ids)].astype(np.float16)
        return pooled, vectors
