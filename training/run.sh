#!/bin/sh
# Everything, from the base model to the int8 file: training/run.sh BASE DATA   (about two hours on two cores)
#   BASE: the folder of the untrained encoder (weights-fp16.safetensors, model.onnx, tokenizer.json)
#   DATA: the folder that holds piaf-v1.1-squad.json and the sets that only measure
set -eu
base=$1 data=$2 runs=training/runs
export ONEDNN_PRIMITIVE_CACHE_CAPACITY=8192
measure() { python -m training.measure --data "$data" --tokenizer "$base/tokenizer.json" "$@"; }

measure "$base/weights-fp16.safetensors" "$base/model.onnx"
python -m training.train --base "$base/weights-fp16.safetensors" --tokenizer "$base/tokenizer.json" --data "$data" --out $runs/encoder
python -m training.export $runs/encoder/weights-fp16.safetensors $runs/final --tokenizer "$base/tokenizer.json" --data "$data"
measure $runs/encoder/weights-fp16.safetensors $runs/final/model.onnx

tuned=$runs/encoder/weights-fp16.safetensors
python -m training.reader --base "$tuned" --tokenizer "$base/tokenizer.json" --data "$data" --out $runs/reader --epochs 4
python -m training.export_reader $runs/reader/weights-fp16.safetensors $runs/reader-final --tokenizer "$base/tokenizer.json" --data "$data"
python -m training.held_out
