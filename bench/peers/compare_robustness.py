#!/usr/bin/env python3
"""Seconds a step of adversarial training and of ReBias, Radial and PyTorch in turn.

adversarial: a wide ResNet, Adam, ten steps of projected gradient ascent, then a step on the attacked batch. rebias: two
networks; f is computed once for both of its turns on Radial's side, twice, as its authors do, on PyTorch's. PyTorch
works on random pictures in memory, in both of its layouts; Radial reads its pictures from folders."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import side_by_side

CASES = {
    "adversarial": ["--arch", "wide_resnet16_4", "--image-size", 32, "--batch-size", 128, "--mean", 0, 0, 0,
                    "--std", 1, 1, 1],
    "rebias": ["--arch", "rebias_conv7", "--image-size", 28, "--batch-size", 256, "--bias", "colour"],
}


def radial_seconds(arguments, case):
    options = CASES[case]
    batch = options[options.index("--batch-size") + 1]
    with tempfile.TemporaryDirectory() as temporary:
        run = pathlib.Path(temporary) / "run"
        words = ["train", arguments.cifar10 if case == "adversarial" else arguments.mnist, "--task", case, *options,
                 "--augment", "none", "--optimizer", "adam", "--epochs", 1, "--limit-train", batch * arguments.steps,
                 "--limit-val", 1, "--record-every", 0, "--threads", arguments.threads, "--device", "cpu",
                 "--out", run]
        done = subprocess.run([arguments.radial, *map(str, words)], capture_output=True, text=True,
                              env=side_by_side.environment(arguments.threads))
        if done.returncode != 0:
            raise SystemExit(f"radial train: exit code {done.returncode}\n{done.stderr}")
        with open(run / "train.csv", newline="") as rows:
            rates = [float(row["images_per_second"]) for row in csv.DictReader(rows)]
    return batch / side_by_side.median(rates[arguments.warmup:])


def wide_resnet(depth, widening):
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels_in, channels_out, stride):
            super().__init__()
            self.bn1, self.bn2 = nn.BatchNorm2d(channels_in), nn.BatchNorm2d(channels_out)
            self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
            self.stride, self.added = stride, channels_out - channels_in

        def forward(self, x):
            active = self.bn1(x).relu()
            y = self.conv2(self.bn2(self.conv1(active)).relu())
            if not self.added:
                return x + y
            means = nn.functional.avg_pool2d(active, self.stride)
            return nn.functional.pad(means, (0, 0, 0, 0, self.added // 2, self.added // 2)) + y

    channels = [16, 16 * widening, 32 * widening, 64 * widening]
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False)]
    for i in range(3):
        for k in range((depth - 4) // 6):
            first = k == 0
            layers.append(Block(channels[i] if first else channels[i + 1], channels[i + 1], 2 if first and i else 1))
    layers += [nn.BatchNorm2d(channels[3]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels[3], 10))


def rebias_net(kernel):
    from torch import nn

    layers, widths = [], [3, 16, 32, 64, 128]
    for inside, out in zip(widths, widths[1:]):
        layers += [nn.Conv2d(inside, out, kernel, padding=kernel // 2), nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(128, 10))


def hsic(x, y):
    import torch

    n = len(x)
    k, l = (torch.exp(-torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist").square() / 2)
            * (1 - torch.eye(n)) for z in (x, y))
    return ((k * l).sum() + k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 * (k.sum(1) * l.sum(1)).sum() / (n - 2)) / (
        n * (n - 3))


def torch_steps(case, channels_last, steps, warmup, threads):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    cross_entropy = torch.nn.functional.cross_entropy

    def prepared(model):
        model = model.to(memory_format=layout)
        return model, torch.optim.Adam(model.parameters(), lr=1e-3)

    if case == "adversarial":
        model, optimizer = prepared(wide_resnet(16, 4))
        clean = torch.rand(128, 3, 32, 32).contiguous(memory_format=layout)
        labels = torch.randint(10, (128,))

        def step():
            model.eval()
            x = (clean + (2 * torch.rand_like(clean) - 1) * 4 / 255).clamp(0, 1)
            for _ in range(10):
                x.requires_grad_()
                (gradient,) = torch.autograd.grad(cross_entropy(model(x), labels), x)
                x = x.detach() + gradient.sign() * 2 / 255
                x = torch.min(torch.max(x, clean - 4 / 255), clean + 4 / 255).clamp(0, 1)
            model.train()
            optimizer.zero_grad()
            cross_entropy(model(x), labels).backward()
            optimizer.step()
    else:
        (f, of_f), (g, of_g) = prepared(rebias_net(7)), prepared(rebias_net(1))
        x = torch.randn(256, 3, 28, 28).contiguous(memory_format=layout)
        labels = torch.randint(10, (256,))

        def turn(own, other, optimizer, sign):
            features = own[0](x)
            with torch.no_grad():
                others = other[0](x)
            optimizer.zero_grad()
            (cross_entropy(own[1](features), labels) + sign * hsic(features, others)).backward()
            optimizer.step()

        def step():
            turn(g, f, of_g, -1)
            turn(f, g, of_f, 1)

    seconds = []
    for _ in range(warmup + steps):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    print(json.dumps(side_by_side.median(seconds[warmup:])))


def torch_seconds(arguments, case, channels_last):
    settings = [case, channels_last, arguments.steps - arguments.warmup, arguments.warmup, arguments.threads]
    run = subprocess.run([sys.executable, __file__, "--torch", json.dumps(settings)], capture_output=True, text=True,
                         env=side_by_side.environment(arguments.threads), check=True)
    return json.loads(run.stdout.splitlines()[-1])


def main():
    if sys.argv[1:2] == ["--torch"]:
        return torch_steps(*json.loads(sys.argv[2]))
    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("--cifar10", required=True, help="folder with train/<class>/* of 32 pixels")
    parser.add_argument("--mnist", required=True, help="folder with train/<digit>/* of 28 pixels")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=2, help="of these, which do not count")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    runs = {}
    for case in arguments.cases:
        of_case = runs[case] = {"Radial": [], "PyTorch": [], "PyTorch, channels last": []}
        for _ in range(arguments.rounds):
            of_case["Radial"].append(radial_seconds(arguments, case))
            of_case["PyTorch"].append(torch_seconds(arguments, case, False))
            of_case["PyTorch, channels last"].append(torch_seconds(arguments, case, True))
            print(case, {name: f"{seconds[-1]:.2f} s" for name, seconds in of_case.items()}, file=sys.stderr)
    rows = []
    for case, of_case in runs.items():
        medians = {name: side_by_side.median(seconds) for name, seconds in of_case.items()}
        best = min(seconds for name, seconds in medians.items() if name != "Radial")
        rows.append([case, *(f"{seconds:.2f}" for seconds in medians.values()), f"{best / medians['Radial']:.2f}"])
    header = ["seconds a step", "Radial", "PyTorch", "PyTorch, channels last", "PyTorch's better / Radial"]
    side_by_side.finish(arguments, {"seconds": runs}, side_by_side.table(header, rows))


if __name__ == "__main__":
    main()
