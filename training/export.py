"""Weights to an int8 ONNX file with the interface of the embedded encoder: `python -m
training.export weights.safetensors folder`.

What the layers read is scaled by its range on texts of PIAF's training part (`graph.py` says how).
Prints the cosine of int8 against float on held-out texts, and with `--against` the processor's time
beside another file's.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training import piaf
from training.encoder import Encoder, OnnxRunner, Tokens, TorchRunner, load_encoder, tokenize
from training.graph import Reach, write

READ = ("query", "out", "up", "down")  # key and value read what query reads
PASSAGES, QUESTIONS = 150, 300  # more of them widen the ranges by little


@torch.inference_mode()
def calibrate(encoder: Encoder, tokens: Sequence[Tokens]) -> list[dict[str, Reach]]:
    """What the linear layers of each layer read, by their names, over these texts."""
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def see(module: nn.Module, inputs: tuple[Tensor]) -> None:
        rows = inputs[0].flatten(end_dim=-2)
        least, greatest = seen.get(module, (rows[0], rows[0]))
        seen[module] = (
            torch.minimum(least, rows.amin(0)),
            torch.maximum(greatest, rows.amax(0)),
        )

    modules = [[getattr(layer, name) for name in READ] for layer in encoder.layers]
    hooks = [m.register_forward_pre_hook(see) for layer in modules for m in layer]
    for text in tokens:
        ids = torch.from_numpy(text.ids)[None]
        encoder(ids, torch.ones_like(ids))
    for hook in hooks:
        hook.remove()
    return [
        {
            name: Reach(*(bound.double().numpy() for bound in seen[module]))
            for name, module in zip(READ, layer, strict=True)
        }
        for layer in modules
    ]


def export(encoder: Encoder, tokenizer: Tokenizer, data: piaf.Piaf, path: Path) -> None:
    questions = [q.text for q in data.questions if q.part == "train"][:QUESTIONS]
    texts = tokenize(tokenizer, _passages(data, "train")[:PASSAGES], "passage")
    texts += tokenize(tokenizer, questions, "query")
    write(encoder, calibrate(encoder, texts), path)


def agreement(encoder: Encoder, path: Path, tokens: Sequence[Tokens]) -> np.ndarray:
    """Cosine of the pooled vectors, float against int8."""
    exact, rounded = TorchRunner(encoder, exact=True), OnnxRunner(path)
    return np.asarray((exact.run(tokens)[0] * rounded.run(tokens)[0]).sum(1))


def processor_times(paths: Sequence[Path], tokens: Sequence[Tokens]) -> list[float]:
    """Median milliseconds a text of one thread of each file, each text put to all in turn.

    Processor's time: other work on the machine changes it little.
    """
    runners = [OnnxRunner(path, threads=1) for path in paths]
    times: list[list[float]] = [[] for _ in runners]
    for text in tokens:
        for runner, spent in zip(runners, times, strict=True):
            start = time.thread_time()
            runner.run([text])
            spent.append((time.thread_time() - start) * 1000)
    return [float(np.median(spent)) for spent in times]


def _passages(data: piaf.Piaf, part: str) -> list[str]:
    return [t for t, p in zip(data.passage_texts(), data.parts, strict=True) if p == part]


def arguments(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    return parser


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--against", type=Path, help="another model.onnx, to compare times")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    encoder, tokenizer = load_encoder(args.weights), Tokenizer.from_file(str(args.tokenizer))
    data, path = piaf.load(args.data / "piaf-v1.1-squad.json"), args.out / "model.onnx"
    export(encoder, tokenizer, data, path)
    for source, name in (
        (args.weights, "weights-fp16.safetensors"),
        (args.tokenizer, "tokenizer.json"),
    ):
        if source.resolve() != (args.out / name).resolve():
            shutil.copyfile(source, args.out / name)
    texts = {"passage": _passages(data, "test")[:200]}
    texts["query"] = [q.text for q in data.questions if q.part == "test"][:200]
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    for kind, own in texts.items():
        tokens = tokenize(tokenizer, own, kind)
        cosines = agreement(encoder, path, tokens)
        print(f"{kind}, int8 to float: mean {cosines.mean():.4f}, least {cosines.min():.4f}")
        if args.against:
            before, after = processor_times([args.against, path], tokens)
            length = np.median([len(t.ids) for t in tokens])
            print(f"{kind} of {length:.0f} tokens: {before:.1f} ms before, {after:.1f} ms now")


if __name__ == "__main__":
    main()
