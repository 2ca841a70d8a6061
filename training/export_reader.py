"""The reader's weights to int8 ONNX: `python -m training.export_reader WEIGHTS FOLDER`.

As `export.py` does for the encoder; prints how near the int8 log-odds are to the float ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from onnx import TensorProto
from tokenizers import Tokenizer
from torch import nn

from training import piaf
from training.export import arguments, calibrate
from training.graph import Graph, Reach, array
from training.near_misses import shown
from training.reader import Reader, load
from training.windows import Window, Windows

CALIBRATED, COMPARED = 300, 300  # windows


def write(reader: Reader, reaches: Sequence[Mapping[str, Reach]], path: Path) -> None:
    graph = Graph()
    x = graph.tokens(reader.encoder, reaches)
    own = graph.node("Cast", "held", to=TensorProto.FLOAT)
    total = graph.node("Squeeze", graph.node("MatMul", graph.at(own, 1), x), _axes(graph, 1))
    count = graph.node("ReduceSum", own, _axes(graph, 1), keepdims=1)
    first = graph.node("Gather", x, graph.constant(np.array([0])), axis=1)
    first = graph.node("Squeeze", first, _axes(graph, 1))
    both = graph.node("Concat", first, graph.node("Div", total, count), axis=-1)
    mixed = graph.node("Tanh", _dense(graph, both, reader.mix))
    graph.node("Squeeze", _dense(graph, mixed, reader.says), _axes(graph, 1), name="answers")
    starts, ends = graph.split(_dense(graph, x, reader.span), 2)
    outside = graph.node(
        "Mul",
        graph.node("Sub", graph.constant(np.float32(1)), own),
        graph.constant(np.float32(-1e4)),
    )
    for name, logits in (("start", starts), ("end", ends)):
        squeezed = graph.node("Squeeze", logits, _axes(graph, 2))
        graph.node("Add", squeezed, outside, name=name)
    ids = ["batch", "tokens"]
    graph.save(
        path,
        "reader",
        dict.fromkeys(("input_ids", "attention_mask", "held"), ids),
        {"answers": ["batch"], "start": ids, "end": ids},
    )


def _axes(graph: Graph, axis: int) -> str:
    return graph.constant(np.array([axis]))


def _dense(graph: Graph, x: str, layer: nn.Linear) -> str:
    product = graph.node("MatMul", x, graph.constant(array(layer.weight).T))
    return graph.node("Add", product, graph.constant(array(layer.bias)))


class _Ids:
    """What `calibrate` wants of a text."""

    def __init__(self, window: Window) -> None:
        self.ids = np.array(window.ids, np.int64)


def windows_of(data: piaf.Piaf, tokenizer: Tokenizer, part: str, count: int) -> list[Window]:
    windows = Windows(tokenizer)
    chosen = [q for q in data.questions if q.part == part][:count]
    return [windows.of(q.text, shown(data, q.sentence)) for q in chosen]


def agreement(reader: Reader, path: Path, windows: Sequence[Window]) -> tuple[float, float]:
    """Correlation of the log-odds, float and int8, and the mean difference without sign."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    plain, rounded = [], []
    for window in windows:
        ids = torch.tensor([window.ids])
        held = torch.zeros_like(ids)
        held[0, slice(*window.held)] = 1
        mask = torch.ones_like(ids)
        with torch.inference_mode():
            plain.append(float(reader(ids, mask, held)[0]))
        feed = {"input_ids": ids, "attention_mask": mask, "held": held}
        [answers] = session.run(["answers"], {k: v.numpy() for k, v in feed.items()})
        rounded.append(float(answers[0]))
    difference = np.abs(np.array(plain) - np.array(rounded)).mean()
    return float(np.corrcoef(plain, rounded)[0, 1]), float(difference)


def main() -> None:
    args = arguments(__doc__).parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    data = piaf.load(args.data / "piaf-v1.1-squad.json")
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    reader = load(args.weights)
    seen = windows_of(data, tokenizer, "train", CALIBRATED)
    reaches = calibrate(reader.encoder, [_Ids(window) for window in seen])
    write(reader, reaches, args.out / "model.onnx")
    like, off = agreement(
        reader, args.out / "model.onnx", windows_of(data, tokenizer, "dev", COMPARED)
    )
    size = (args.out / "model.onnx").stat().st_size / 1e6
    print(f"{size:.1f} MB; log-odds, int8 to float: correlation {like:.4f}, apart {off:.3f}")


if __name__ == "__main__":
    main()
