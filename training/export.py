"""Weights to an int8 ONNX file with the interface of the embedded encoder: `python -m
training.export weights.safetensors folder`.

Weights are quantised per channel, activations as they come (dynamic). Prints the cosine of int8
against float on texts of PIAF.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn

from training import piaf
from training.encoder import Encoder, OnnxRunner, TorchRunner, load_encoder, pool, tokenize


class Published(nn.Module):
    """The encoder with the inputs and outputs in the order of the file."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.encoder.upper(self.encoder.lower(input_ids, attention_mask), attention_mask)
        return pool(tokens, attention_mask), tokens


def export(weights: Path, out: Path) -> None:
    model = Published(load_encoder(weights)).eval()
    example = (torch.ones(2, 9, dtype=torch.long), torch.ones(2, 9, dtype=torch.long))
    axes = {
        name: {0: "batch", 1: "tokens"}
        for name in ("input_ids", "attention_mask", "token_embeddings")
    } | {"sentence_embedding": {0: "batch"}}
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        with torch.no_grad():
            torch.onnx.export(
                model,
                example,
                plain,
                input_names=["input_ids", "attention_mask"],
                output_names=["sentence_embedding", "token_embeddings"],
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
        quantize_dynamic(plain, out / "model.onnx", per_channel=True, weight_type=QuantType.QInt8)


def agreement(weights: Path, onnx: Path, tokenizer: Path, data: Path) -> np.ndarray:
    """Cosine of the pooled vectors, float against int8, on 200 held-out passages."""
    held_out = piaf.load(data / "piaf-v1.1-squad.json")
    texts = [
        t
        for t, part in zip(held_out.passage_texts(), held_out.parts, strict=True)
        if part == "test"
    ][:200]
    tokens = tokenize(Tokenizer.from_file(str(tokenizer)), texts, "passage")
    encoder = load_encoder(weights)
    return np.asarray(
        (TorchRunner(encoder, exact=True).run(tokens)[0] * OnnxRunner(onnx).run(tokens)[0]).sum(1)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    export(args.weights, args.out)
    for source, name in (
        (args.weights, "weights-fp16.safetensors"),
        (args.tokenizer, "tokenizer.json"),
    ):
        if source.resolve() != (args.out / name).resolve():
            shutil.copyfile(source, args.out / name)
    cosines = agreement(args.weights, args.out / "model.onnx", args.tokenizer, args.data)
    size = (args.out / "model.onnx").stat().st_size / 1e6
    print(
        f"{args.out / 'model.onnx'}: {size:.1f} MB, cosine int8 to float: "
        f"mean {cosines.mean():.4f}, least {cosines.min():.4f}"
    )


if __name__ == "__main__":
    main()
