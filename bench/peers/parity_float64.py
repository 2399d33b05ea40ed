#!/usr/bin/env python3
"""Fifty float64 training steps of ResNet18 from the same weights and batches: Radial's losses beside PyTorch's.

In float32 two runs of one network part within a few steps, whoever computes them. In float64 it takes longer, but a
training whose loss rises parts, too: so PyTorch's distance from itself (NCHW and channels-last, which add up in another
order) stands beside. Pictures are brought to size once, as PNG, so that both sides read the same values; Radial's order
of the epoch is computed here. Exits with 1 if Radial's losses differ by more than --tolerance and by more than three
times PyTorch's own distance.
"""

import csv
import pathlib
import subprocess
import sys
import tempfile

import side_by_side
from radial_order import epoch_order

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
OPTIMIZERS = {  # name: Radial's options, PyTorch's
    "sgd": ({"lr": 0.01, "momentum": 0.9, "weight-decay": 1e-4}, {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}),
    "adamp": ({"lr": 1e-3, "weight-decay": 1e-2}, {"lr": 1e-3, "weight_decay": 1e-2}),
}


def write_pictures(data, folder, size, a_class):
    """The first pictures of each class, resized, as PNG; returns (path, label) of train in Radial's sorted order."""
    from PIL import Image

    samples = []
    classes = sorted(path.name for path in (data / "train").iterdir() if path.is_dir())
    for split, count in (("train", a_class), ("val", 2)):
        for label, name in enumerate(classes):
            target = folder / split / name
            target.mkdir(parents=True)
            for source in sorted((data / split / name).iterdir())[:count]:
                path = target / (source.stem + ".png")
                Image.open(source).convert("RGB").resize((size, size), Image.Resampling.BILINEAR).save(path)
                if split == "train":
                    samples.append((path, label))
    return sorted(samples, key=lambda sample: (sample[1], sample[0].name)), len(classes)


def make_model(classes, seed):
    import torch
    import torchvision

    torch.manual_seed(seed)
    return torchvision.models.resnet18(weights=None, num_classes=classes)


def batch_of(samples):
    import numpy
    import torch
    from PIL import Image

    pixels = numpy.stack([numpy.asarray(Image.open(path), dtype=numpy.float64) for path, _ in samples])
    images = (pixels / 255 - MEAN) / STD
    labels = torch.tensor([label for _, label in samples])
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), labels


def torch_losses(name, model, samples, order, batch, channels_last=False):
    import adamp
    import torch

    model = model.double().train()
    options = OPTIMIZERS[name][1]
    optimizer = (torch.optim.SGD if name == "sgd" else adamp.AdamP)(model.parameters(), **options)
    losses = []
    for begin in range(0, len(order), batch):
        images, labels = batch_of([samples[i] for i in order[begin:begin + batch]])
        if channels_last:  # of the pictures alone: adamp cannot take such weights
            images = images.contiguous(memory_format=torch.channels_last)
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def radial_losses(name, arguments, folder, weights, images, out):
    command = [arguments.radial, "train", folder, "--arch", "resnet18", "--init", weights, "--dtype", "float64",
               "--optimizer", name, "--image-size", arguments.image_size, "--augment", "none", "--schedule", "constant",
               "--batch-size", arguments.batch_size, "--limit-train", images, "--epochs", 1, "--seed", arguments.seed,
               "--threads", arguments.threads, "--out", out]
    for option, value in OPTIMIZERS[name][0].items():
        command += [f"--{option}", value]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"radial train: exit code {run.returncode}\n{run.stderr}")
    with open(out / "train.csv", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def largest_difference(ours, theirs):
    return max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))


def main():
    import torch
    from safetensors.torch import save_file

    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path, metavar="DATA", help="has train/<class>/* and val/<class>/*")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=2, help="with 2 no relu flips within fifty steps")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    images = arguments.steps * arguments.batch_size
    rows, result = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        samples, classes = write_pictures(arguments.data, folder / "data", arguments.image_size, images // 8)
        order = epoch_order(len(samples), arguments.seed, epoch=1)[:images]
        if len(order) < images:
            raise SystemExit(f"{arguments.data}: {len(order)} pictures but {images} are needed")
        save_file(make_model(classes, arguments.seed).state_dict(), folder / "weights.safetensors")
        for name in OPTIMIZERS:
            model = make_model(classes, arguments.seed)
            theirs = torch_losses(name, model, samples, order, arguments.batch_size)
            model = make_model(classes, arguments.seed)
            last = torch_losses(name, model, samples, order, arguments.batch_size, channels_last=True)
            ours = radial_losses(name, arguments, folder / "data", folder / "weights.safetensors", images,
                                 folder / name)
            if len(ours) != len(theirs):
                raise SystemExit(f"{name}: {len(ours)} steps of Radial but {len(theirs)} of PyTorch")
            distance = largest_difference(ours, theirs)
            own_distance = largest_difference(last, theirs)
            result[name] = {"radial": ours, "torch_nchw": theirs, "torch_channels_last": last,
                            "largest_relative_difference": distance, "of_torch_from_itself": own_distance}
            rows.append([name, f"{theirs[0]:.6f}", f"{ours[-1]:.6f}", f"{theirs[-1]:.6f}",
                         f"{abs(ours[0] - theirs[0]) / theirs[0]:.1e}", f"{distance:.1e}", f"{own_distance:.1e}"])

    text = (f"ResNet18, {arguments.image_size} px, batch {arguments.batch_size}, {arguments.steps} steps, float64"
            "\n\n")
    text += side_by_side.table(["optimizer", "first loss", "last loss, Radial", "last loss, PyTorch",
                                "relative difference of the first", "largest of all steps",
                                "largest between PyTorch's two layouts"], rows)
    side_by_side.finish(arguments, result, text)
    return any(each["largest_relative_difference"] > max(arguments.tolerance, 3 * each["of_torch_from_itself"])
               for each in result.values())


if __name__ == "__main__":
    sys.exit(main())
