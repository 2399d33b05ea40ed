"""Exported networks in onnxruntime: the same logits?

Trains each architecture for a moment, exports it, and compares its probabilities for single pictures, in float64, with
what onnxruntime computes of batches of them, with and without the normalisation in the network.

Run: python bench/peers/compare_onnx.py [--radial PATH] [ARCH...]
(pip install onnx onnxruntime, in the environment of README.md)
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from PIL import Image

# Architecture, pixels, more options.
CASES = [
    ("resnet18", 64, []),
    ("resnet34", 32, ["--stem", "cifar"]),
    ("resnet50", 64, []),
    ("mobilenet_v2", 64, []),
    ("vgg16", 32, []),
    ("vgg16_bn", 64, []),
    ("wide_resnet28_10", 16, []),
    ("wide_resnet16_4", 32, ["--shortcut", "conv"]),
    ("bagnet18", 64, []),
    ("rebias_conv7", 28, []),
    ("rebias_conv1", 28, []),
    ("rebias_conv7_half", 28, []),
    ("rebias_conv1_half", 28, []),
    ("convnet", 32, []),
    ("mlp", 28, []),
]
MEAN, STD = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])


def centred(logits):
    return logits - logits.mean(axis=1, keepdims=True)


def radial_logits(radial, weights, pictures, classes):
    """Up to a constant: the logarithms of the probabilities."""
    command = [radial, "predict", "--weights", weights, "--top", str(len(classes)), "--json", "--dtype", "float64"]
    lines = subprocess.run(command + pictures, check=True, capture_output=True, text=True).stdout.splitlines()
    of_class = [{p["class"]: p["probability"] for p in json.loads(line)["predictions"]} for line in lines]
    return centred(numpy.log([[p[c] for c in classes] for p in of_class]))


def difference(radial, work, arch, size, options):
    data, run, file = work / f"pictures{size}", work / arch, work / f"{arch}.onnx"
    if not data.exists():
        synth = ["synth", data, "--classes", "4", "--train", "4", "--val", "2", "--size", str(size)]
        subprocess.run([radial, *synth], check=True, capture_output=True)
    # Pictures of this size are taken as they are: no decoder or resize comes between.
    train = ["train", data, "--arch", arch, "--image-size", str(size), "--resize", str(size), "--augment", "none"]
    train += ["--epochs", "2", "--batch-size", "8", "--lr", "0.001", "--out", run, *options]
    subprocess.run([radial, *train], check=True, capture_output=True)
    pictures = sorted(str(p) for p in (data / "val").rglob("*") if p.is_file())
    pixels = numpy.stack([numpy.asarray(Image.open(p).convert("RGB")) for p in pictures]) / 255
    classes = sorted(p.name for p in (data / "train").iterdir())
    expected, worst = radial_logits(radial, run, pictures, classes), 0
    for more, batch in (([], (pixels - MEAN) / STD), (["--normalise"], pixels)):
        subprocess.run([radial, "export", "--weights", run, "--out", file, *more], check=True, capture_output=True)
        onnx.checker.check_model(str(file), full_check=True)
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        batch = batch.transpose(0, 3, 1, 2).astype(numpy.float32)
        found = centred(session.run(["logits"], {"pictures": batch})[0].astype(numpy.float64))
        assert numpy.isfinite(expected).all() and numpy.abs(expected).max() > 0
        worst = max(worst, numpy.abs(found - expected).max() / numpy.abs(expected).max())
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--radial", default="build/release/apps/radial")
    parser.add_argument("arch", nargs="*")
    arguments = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as work:
        for arch, size, options in CASES:
            if arguments.arch and arch not in arguments.arch:
                continue
            found = difference(arguments.radial, Path(work), arch, size, options)
            worst = max(worst, found)
            print(f"{arch}: logits differ by {found:.2e} of the largest", flush=True)
    sys.exit(1 if worst > 1e-4 else 0)


main()
