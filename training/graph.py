"""The encoder as an ONNX graph, node by node, in the form that ONNX Runtime runs fastest.

Weights are int8, with a scale for each output; what a layer reads is uint8, by scales fixed here.
So a token's numbers depend on its own text alone, and nothing is measured while the model runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from training.encoder import HEADS, HIDDEN, Encoder, Layer

MICROSOFT = "com.microsoft"  # the domain of ONNX Runtime's own operators
# How much of a wide channel's width goes to the weights. Cosine to float on PIAF's test passages:
# mean .9944 at 0, .9986 at .7, .9988 at .8, .9987 at .85, .9980 at 1.
SHARE = 0.8

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reach:
    """Least and greatest value of each channel that a linear layer reads."""

    least: Doubles
    greatest: Doubles


@dataclass(frozen=True, slots=True)
class Rounding:
    """A value x of a channel is kept as `rint(x * factor / scale) + zero`, in 0 to 255."""

    factor: Doubles  # (channels,)
    scale: np.float32
    zero: np.uint8

    @classmethod
    def of(cls, reach: Reach, weight: Doubles) -> Rounding:
        """Channels brought to a like width, and weights, (channels, outputs), divided in turn.

        A few channels reach 30 where the median reaches 2, and would leave the others four bits
        (SmoothQuant: Xiao et al., 2023).
        """
        width = np.maximum(np.maximum(reach.greatest, -reach.least), 1e-3)
        factor = np.abs(weight).max(axis=1) ** (1 - SHARE) / width**SHARE
        factor /= np.exp(np.log(factor).mean())
        least, greatest = (reach.least * factor).min(), (reach.greatest * factor).max()
        scale = (greatest - least) / 255
        return cls(factor, np.float32(scale), np.uint8(np.rint(-least / scale)))


@dataclass(slots=True)
class Graph:
    """Nodes in the order in which they were asked for; each method gives the name of its result."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(
        self, kind: str, *inputs: str, name: str = "", domain: str = "", **options: Any
    ) -> str:
        name = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, domain=domain, **options))
        return name

    def split(self, x: str, parts: int) -> list[str]:
        names = [f"{x}_{part}" for part in range(parts)]
        self.nodes.append(
            helper.make_node("Split", [x], names, f"{x}_split", axis=-1, num_outputs=parts)
        )
        return names

    def norm(self, x: str, norm: nn.LayerNorm, name: str = "") -> str:
        scale, shift = self.constant(array(norm.weight)), self.constant(array(norm.bias))
        return self.node("LayerNormalization", x, scale, shift, epsilon=norm.eps, name=name)

    def linear(self, x: str, weight: Doubles, bias: Doubles, read: Rounding) -> str:
        """`x`, already multiplied by the rounding's factor, times weights (channels, outputs)."""
        weight = weight / read.factor[:, None]
        scales = np.abs(weight).max(axis=0) / 127
        scale, zero = self.constant(read.scale), self.constant(read.zero)
        return self.node(
            "MatMulIntegerToFloat",
            self.node("QuantizeLinear", x, scale, zero),
            self.constant(np.rint(weight / scales).astype(np.int8)),
            scale,
            self.constant(scales.astype(np.float32)),
            zero,
            "",
            self.constant(bias.astype(np.float32)),
            domain=MICROSOFT,
        )

    def times(self, x: str, factor: Doubles) -> str:
        return self.node("Mul", x, self.constant(factor.astype(np.float32)))

    def layer(
        self, x: str, layer: Layer, reaches: Mapping[str, Reach], keep: str, name: str
    ) -> str:
        wide, of_wide = linear(layer.query, layer.key, layer.value)
        out, of_out = linear(layer.out)
        up, of_up = linear(layer.up)
        down, of_down = linear(layer.down)
        read = Rounding.of(reaches["query"], wide)
        mixed = Rounding.of(reaches["out"], out)
        # Attention mixes the values channel by channel: they can carry the factor of what it gives.
        carried = np.concatenate([np.ones(2 * HIDDEN), mixed.factor])
        parts = self.split(
            self.linear(self.times(x, read.factor), wide * carried, of_wide * carried, read), 3
        )
        heads = {"q_num_heads": HEADS, "kv_num_heads": HEADS}
        attended = self.node("Attention", *parts, keep, **heads)
        x = self.node("Add", x, self.linear(attended, out, of_out, mixed))
        x = self.norm(x, layer.norm1)
        read = Rounding.of(reaches["up"], up)
        inner = self.linear(self.times(x, read.factor), up, of_up, read)
        inner = self.node("Gelu", inner, approximate="tanh")
        read = Rounding.of(reaches["down"], down)
        x = self.node("Add", x, self.linear(self.times(inner, read.factor), down, of_down, read))
        return self.norm(x, layer.norm2, name)

    def embeddings(self, encoder: Encoder) -> str:
        words = array(encoder.word.weight)
        scales = np.maximum(np.abs(words).max(axis=1, keepdims=True) / 127, 1e-9).astype(np.float32)
        rounded = self.constant(np.rint(words / scales).astype(np.int8))
        rows = self.node("Gather", rounded, "input_ids")
        rows = self.node("Cast", rows, to=TensorProto.FLOAT)
        rows = self.node("Mul", rows, self.node("Gather", self.constant(scales), "input_ids"))
        places = self.constant(array(encoder.position.weight) + array(encoder.segment.weight)[0])
        count = self.node("Shape", "input_ids", start=1)
        places = self.node("Slice", places, self.constant(np.zeros(1, np.int64)), count)
        return self.norm(self.node("Add", rows, places), encoder.norm)

    def tokens(
        self, encoder: Encoder, reaches: Sequence[Mapping[str, Reach]], name: str = ""
    ) -> str:
        """All layers; `reaches[i]` is what each linear layer of layer i reads, by its name."""
        real = self.node("Cast", "attention_mask", to=TensorProto.BOOL)
        # (batch, 1, tokens, tokens): none reads padding, which reads all, so that it stays finite
        keep = self.node("Or", self.at(real, 1, 2), self.at(self.node("Not", real), 1, 3))
        x = self.embeddings(encoder)
        for number, (layer, reach) in enumerate(zip(encoder.layers, reaches, strict=True), 1):
            x = self.layer(x, layer, reach, keep, name if number == len(reaches) else "")
        return x

    def at(self, x: str, *axes: int) -> str:
        return self.node("Unsqueeze", x, self.constant(np.array(axes)))

    def pool(self, tokens: str) -> None:
        weights = self.at(self.node("Cast", "attention_mask", to=TensorProto.FLOAT), 1)
        total = self.node("MatMul", weights, tokens)
        total = self.node("Squeeze", total, self.constant(np.array([1])))
        self.node("LpNormalization", total, axis=-1, p=2, name="sentence_embedding")

    def save(
        self,
        path: Path,
        name: str,
        inputs: Mapping[str, Sequence[str]],
        outputs: Mapping[str, Sequence[str | int]],
    ) -> None:
        """`inputs` are int64 and `outputs` float; both by name, with their axes."""
        read = [helper.make_tensor_value_info(n, TensorProto.INT64, a) for n, a in inputs.items()]
        given = [helper.make_tensor_value_info(n, TensorProto.FLOAT, a) for n, a in outputs.items()]
        model = helper.make_model(
            helper.make_graph(self.nodes, name, read, given, self.constants),
            opset_imports=[helper.make_opsetid("", 23), helper.make_opsetid(MICROSOFT, 1)],
            ir_version=10,
        )
        onnx.save(model, path)


def array(values: Tensor) -> NDArray[np.float32]:
    return values.detach().numpy()


def linear(*layers: nn.Linear) -> tuple[Doubles, Doubles]:
    """Weights (channels, outputs) and biases of layers that read the same, side by side."""
    weights = [array(layer.weight).T.astype(np.float64) for layer in layers]
    biases = [array(layer.bias).astype(np.float64) for layer in layers]
    return np.concatenate(weights, axis=1), np.concatenate(biases)


def write(encoder: Encoder, reaches: Sequence[Mapping[str, Reach]], path: Path) -> None:
    graph = Graph()
    graph.pool(graph.tokens(encoder, reaches, name="token_embeddings"))
    ids = ["batch", "tokens"]
    outputs = {"sentence_embedding": ["batch", HIDDEN], "token_embeddings": [*ids, HIDDEN]}
    graph.save(path, "encoder", {"input_ids": ids, "attention_mask": ids}, outputs)
