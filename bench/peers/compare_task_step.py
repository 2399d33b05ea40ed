#!/usr/bin/env python3
"""A training step of harmonic_cnn, or of ResNet50 with Proxy-Anchor, beside PyTorch's, in turn.

Radial trains on sounds and pictures that it made itself, with its loader; PyTorch on random numbers in memory."""

import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import side_by_side

sys.path.append(str(side_by_side.ROOT / "tests/golden"))


def radial(arguments, *words):
    subprocess.run([arguments.radial, *map(str, words)], check=True, capture_output=True,
                   env=side_by_side.environment(arguments.threads))


def radial_seconds(arguments, folder, task_words):
    """Median of the steps but the first two."""
    run = folder / f"run{time.monotonic_ns()}"
    radial(arguments, "train", folder / "data", *task_words, "--batch-size", arguments.batch_size, "--limit-train",
           arguments.batch_size * arguments.steps, "--limit-val", 2, "--epochs", 1, "--record-every", 0, "--optimizer",
           "adamw", "--threads", arguments.threads, "--device", "cpu", "--out", run)
    with open(run / "train.csv", newline="") as file:
        rates = [float(row["images_per_second"]) for row in csv.DictReader(file)]
    return statistics.median(arguments.batch_size / rate for rate in rates[2:])


def torch_seconds(arguments, model, inputs, loss_of):
    import torch

    torch.set_num_threads(arguments.threads)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(arguments.steps):
        begin = time.perf_counter()
        optimizer.zero_grad()
        loss_of(model(inputs)).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds[2:])


def audio(arguments):
    import torch

    import make_audio_golden as golden

    golden.CHANNELS, golden.OUTPUTS = arguments.channels, 10
    model = golden.HarmonicCnn().float()
    single = golden.filters
    golden.filters = lambda q: single(q).float()
    stft = torch.stft
    torch.stft = lambda sounds, *rest, window, **more: stft(sounds, *rest, window=window.to(sounds.dtype), **more)
    labels = torch.arange(arguments.batch_size) % 10
    sounds = torch.randn(arguments.batch_size, 16384)
    return model, sounds, lambda logits: torch.nn.functional.cross_entropy(logits, labels)


def retrieve(arguments):
    import torch
    import torchvision

    import make_retrieval_golden as golden

    class Embedder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Sequential(*list(torchvision.models.resnet50().children())[:-2])
            self.head, self.proxies = torch.nn.Linear(2048, 512), torch.nn.Parameter(torch.randn(20, 512))

        def forward(self, x):
            maps = self.body(x)
            return golden.unit(self.head(maps.mean((2, 3)) + maps.amax((2, 3))))

    model = Embedder().to(memory_format=torch.channels_last)
    labels = torch.arange(arguments.batch_size) % 20
    pictures = torch.randn(arguments.batch_size, 3, 112, 112).to(memory_format=torch.channels_last)
    return model, pictures, lambda vectors: golden.proxy_anchor(vectors, model.proxies, labels)


def main():
    parser = side_by_side.parser(__doc__)
    parser.add_argument("task", choices=["audio", "retrieve"])
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--channels", type=int, default=128)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        samples = arguments.batch_size * arguments.steps // 10 + 1
        radial(arguments, "synth", folder / "data", "--task", arguments.task, "--classes", 10, "--train", samples, "--val", 2,
               *(["--size", 128] if arguments.task == "retrieve" else []))
        words = {"audio": ["--task", "audio", "--channels", arguments.channels],
                 "retrieve": ["--task", "retrieve", "--arch", "resnet50", "--image-size", 112, "--retrieve-loss",
                              "proxy_anchor"]}[arguments.task]
        peer = {"audio": audio, "retrieve": retrieve}[arguments.task](arguments)
        for run in range(arguments.runs):
            print(f"run {run + 1}: Radial {radial_seconds(arguments, folder, words):.3f} s a step, "
                  f"PyTorch {torch_seconds(arguments, *peer):.3f} s", flush=True)


if __name__ == "__main__":
    main()
