"""Weights between two models: `python -m training.mix before.safetensors after.safetensors share
out.safetensors`.

Part of the way from the untrained weights to the trained ones often keeps more of what training did
not see (English, other kinds of
text) than the end of the way does; `share` is 1 for the trained weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file, save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    before, after = load_file(args.before), load_file(args.after)
    mixed = {
        name: before[name].float() + args.share * (value.float() - before[name].float())
        for name, value in after.items()
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half() for name, value in mixed.items()}, args.out)


if __name__ == "__main__":
    main()
