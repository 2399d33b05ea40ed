#!/usr/bin/env python3
"""Do trainings of Radial and of PyTorch come from the same distribution? One recipe, several seeds, own loaders.

ResNet18 from torchvision's initial distribution, RandomResizedCrop and flip, cosine schedule. Prints mean and standard
deviation over the seeds of each result after the last epoch, and how many standard errors the means are apart."""

import csv
import math
import pathlib
import subprocess
import sys
import tempfile
import time

import side_by_side

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
RESULTS = ["train_loss", "val_loss", "val_top1"]
OPTIMIZERS = {  # as Radial names the options, as torch.optim and adamp do
    "sgd": ({"lr": 0.05, "momentum": 0.9, "weight-decay": 5e-4}, {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4}),
    "adamp": ({"lr": 1e-3, "weight-decay": 1e-2}, {"lr": 1e-3, "weight_decay": 1e-2}),
}


def radial_epochs(arguments, optimizer, seed):
    """A dictionary an epoch."""
    options = {**OPTIMIZERS[optimizer][0], "optimizer": optimizer, "seed": seed, "epochs": arguments.epochs,
               "image-size": arguments.image_size, "batch-size": arguments.batch_size, "arch": "resnet18",
               "schedule": "cosine", "device": arguments.device, "record-every": 0, "threads": arguments.threads}
    with tempfile.TemporaryDirectory() as temporary:
        run = pathlib.Path(temporary) / "run"
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        done = subprocess.run([arguments.radial, "train", arguments.data, "--out", str(run), *words],
                              capture_output=True, text=True, env=side_by_side.environment(arguments.threads))
        if done.returncode != 0:
            raise SystemExit(f"radial train: exit code {done.returncode}\n{done.stderr}")
        with open(run / "epochs.csv", newline="") as epochs, open(run / "val.csv", newline="") as val:
            rows = [{**dict(line), "val_loss": loss} for line, loss in
                    zip(csv.DictReader(epochs), [line["loss"] for line in csv.DictReader(val)])]
    return [{name: float(row[name]) for name in RESULTS} for row in rows]


class Pictures:
    """All pictures of a folder in memory, decoded; transformed as they are taken."""

    def __init__(self, folder, transform):
        from torchvision.datasets import ImageFolder
        from torchvision.io import ImageReadMode, decode_image, read_file

        self.samples = [(decode_image(read_file(path), mode=ImageReadMode.RGB), label)
                        for path, label in ImageFolder(folder).samples]
        self.transform = transform

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        picture, label = self.samples[index]
        return self.transform(picture), label


class Torch:
    def __init__(self, arguments):
        import torch
        from torchvision.transforms import v2

        self.arguments, size = arguments, arguments.image_size
        last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
        crop = v2.Compose([v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip(), *last])
        centre = v2.Compose([v2.Resize(size * 256 // 224, antialias=True), v2.CenterCrop(size), *last])
        self.device = "cuda" if arguments.device == "cuda" else "cpu"
        torch.backends.cudnn.conv.fp32_precision = "ieee"  # Radial's float32 is float32
        loader = dict(batch_size=arguments.batch_size, num_workers=arguments.torch_workers,
                      persistent_workers=arguments.torch_workers > 0, pin_memory=self.device == "cuda")
        train, val = Pictures(f"{arguments.data}/train", crop), Pictures(f"{arguments.data}/val", centre)
        self.train = torch.utils.data.DataLoader(train, shuffle=True, **loader)
        self.val = torch.utils.data.DataLoader(val, **loader)
        self.classes = 1 + max(label for _, label in train.samples)

    def epochs(self, optimizer_name, seed):
        import adamp
        import torch
        import torchvision

        torch.manual_seed(seed)
        torch.set_num_threads(self.arguments.threads)
        model = torchvision.models.resnet18(num_classes=self.classes).to(self.device)
        make = torch.optim.SGD if optimizer_name == "sgd" else adamp.AdamP
        optimizer = make(model.parameters(), **OPTIMIZERS[optimizer_name][1])
        steps = self.arguments.epochs * len(self.train)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: (1 + math.cos(math.pi * t / steps)) / 2)
        for _ in range(self.arguments.epochs):
            model.train()
            total = torch.zeros((), device=self.device)
            for x, y in self.train:
                x, y = x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)
                loss = torch.nn.functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.detach() * len(y)
            yield {"train_loss": total.item() / len(self.train.dataset), **self.evaluate(model)}

    def evaluate(self, model):
        import torch

        model.eval()
        loss = hits = 0.0
        with torch.no_grad():
            for x, y in self.val:
                x, y = x.to(self.device), y.to(self.device)
                logits = model(x)
                loss += torch.nn.functional.cross_entropy(logits, y, reduction="sum").item()
                hits += (logits.argmax(1) == y).sum().item()
        count = len(self.val.dataset)
        return {"val_loss": loss / count, "val_top1": 100 * hits / count}


def summary(rows, optimizers, epochs):
    """A row an optimizer and result: both programs' mean and deviation after the last epoch, and their distance."""
    lines = []
    for optimizer in optimizers:
        for result in RESULTS:
            values = {program: [row[result] for row in rows if row["program"] == program and row["epoch"] == epochs and
                                row["optimizer"] == optimizer] for program in ("radial", "torch")}
            n = min(map(len, values.values()))
            if n < 2:
                continue
            mean = {program: sum(each) / len(each) for program, each in values.items()}
            variance = {program: sum((x - mean[program])**2 for x in each) / (len(each) - 1)
                        for program, each in values.items()}
            error = math.sqrt(sum(variance[program] / len(values[program]) for program in values))
            apart = f"{(mean['radial'] - mean['torch']) / error:+.1f}" if error > 0 else "-"
            shown = [f"{mean[program]:.4g} ± {math.sqrt(variance[program]):.2g}" for program in ("radial", "torch")]
            lines.append([optimizer, result, str(n), *shown, apart])
    return side_by_side.table(["optimizer", "result", "seeds", "Radial", "PyTorch", "standard errors apart"], lines)


def main():
    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("data", metavar="DATA", nargs="?", help="has train/<class>/* and val/<class>/*")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--optimizers", nargs="+", default=list(OPTIMIZERS), choices=list(OPTIMIZERS))
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--torch-workers", type=int, default=0, help="processes that make PyTorch's batches")
    parser.add_argument("--csv", metavar="FILE", type=pathlib.Path, help="a row an epoch, written after each training")
    parser.add_argument("--results", metavar="FILE", nargs="+", type=pathlib.Path, default=[],
                        help="only the table of these: what --csv wrote, with other seeds perhaps")
    arguments = parser.parse_args()
    if arguments.results:
        if arguments.csv or arguments.data:
            parser.error("--results makes a table of trainings that were made: it takes no DATA and no --csv")
        rows = [{name: value if name in ("program", "optimizer") else float(value) for name, value in row.items()}
                for file in arguments.results for row in csv.DictReader(file.open(newline=""))]
        keys = [(row["program"], row["optimizer"], row["seed"], row["epoch"]) for row in rows]
        if len(set(keys)) < len(keys):
            parser.error("--results: a training is there twice")
        text = summary(rows, arguments.optimizers, max(row["epoch"] for row in rows))
        side_by_side.finish(arguments, {"rows": rows}, text)
        return
    if not arguments.data:
        parser.error("DATA is missing")
    if arguments.csv and arguments.csv.exists():
        parser.error(f"{arguments.csv} is there already")

    start = time.monotonic()
    torch_side, rows = Torch(arguments), []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for optimizer in arguments.optimizers:
            for program, epochs in (("radial", radial_epochs(arguments, optimizer, seed)),
                                    ("torch", list(torch_side.epochs(optimizer, seed)))):
                rows += [{"program": program, "optimizer": optimizer, "seed": seed, "epoch": 1 + i, **epoch}
                         for i, epoch in enumerate(epochs)]
                last = ", ".join(f"{name} {rows[-1][name]:.4g}" for name in RESULTS)
                print(f"seed {seed} {optimizer} {program}: {last} ({time.monotonic() - start:.0f} s)", file=sys.stderr)
            if arguments.csv:
                with open(arguments.csv, "w", newline="") as file:
                    writer = csv.DictWriter(file, list(rows[0]))
                    writer.writeheader()
                    writer.writerows({name: f"{x:.6g}" if isinstance(x, float) else x for name, x in row.items()}
                                     for row in rows)
    side_by_side.finish(arguments, {"rows": rows}, summary(rows, arguments.optimizers, arguments.epochs))


if __name__ == "__main__":
    main()
