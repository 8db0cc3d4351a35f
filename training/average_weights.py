"""The mean of several legs' weights, one Hugging Face folder out of many: better than the last leg, at no cost.

    python training/average_weights.py OUT LEG2/final=0.35 LEG3/final=0.30 LEG4/final=0.35

The legs began one from the other, so that their weights lie in one basin. Source: Wortsman et al. 2022, "Model soups".
Earlier weights that are gone can be had from an earlier reader.onnx (dequantise.py).
"""

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

WEIGHTS = "model.safetensors"


def main() -> None:
    """Read all, average, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("legs", nargs="+", help="FOLDER=SHARE; the shares sum to one")
    args = parser.parse_args()
    shares = {Path(folder): float(share) for folder, share in (leg.rsplit("=", 1) for leg in args.legs)}
    if abs(sum(shares.values()) - 1) > 1e-6:
        parser.error(f"the shares sum to {sum(shares.values()):.3f}, not to 1")
    weights = {folder: load_file(folder / WEIGHTS) for folder in shares}
    names = next(iter(weights.values()))
    mean = {name: sum(share * weights[leg][name].float() for leg, share in shares.items()) for name in names}
    args.out.mkdir(parents=True, exist_ok=True)
    for other in next(iter(shares)).iterdir():
        if other.name != WEIGHTS:
            shutil.copy(other, args.out / other.name)
    save_file({name: tensor.contiguous() for name, tensor in mean.items()}, args.out / WEIGHTS, {"format": "pt"})


if __name__ == "__main__":
    main()
