#!/usr/bin/env python3
"""Images a second of whole training steps (forward, loss, backward, optimizer): Radial beside PyTorch, in turn.

Each measurement is a process of its own, so that memory can be compared and no side finds warm caches of the other.
A round runs Radial and each configuration of PyTorch once; the ratio is that of the medians over the rounds, against
PyTorch's best float32 configuration.
"""

import json
import resource
import subprocess
import sys
import time

import side_by_side

CONFIGURATIONS = {  # name: (channels last, compiled, bfloat16)
    "float32 NCHW": (False, False, False),
    "float32 channels-last": (True, False, False),
    "float32 compiled": (True, True, False),
    "bfloat16 channels-last": (True, False, True),
    "bfloat16 compiled": (True, True, True),
}


def torch_steps(configuration, arch, stem, batch, size, steps, warmup, threads):
    """Runs in a process of its own and prints what `radial bench step --json` prints."""
    import torch
    import torchvision

    channels_last, compiled, bfloat16 = CONFIGURATIONS[configuration]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = torchvision.models.get_model(arch, weights=None).train()
    if stem == "cifar":
        model.conv1 = torch.nn.Conv2d(3, model.conv1.out_channels, 3, padding=1, bias=False)
        model.maxpool = torch.nn.Identity()
    images, labels = torch.randn(batch, 3, size, size), torch.randint(0, 1000, (batch,))
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=True)
    forward = torch.compile(model) if compiled else model

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = torch.nn.functional.cross_entropy(forward(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(warmup):
        step()
    step_ms = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        step_ms.append(1e3 * (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rate = batch / (1e-3 * side_by_side.median(step_ms))
    print(json.dumps({"images_per_second": rate, "step_ms": step_ms, "peak_memory_bytes": peak}))


def run_torch(configuration, arguments, batch):
    settings = [configuration, arguments.arch, arguments.stem, batch, arguments.image_size, arguments.steps,
                arguments.warmup, arguments.threads]
    run = subprocess.run([sys.executable, __file__, "--torch", json.dumps(settings)], capture_output=True, text=True,
                         env=side_by_side.environment(arguments.threads))
    if run.returncode != 0:
        print(f"{configuration}: failed\n{run.stderr[-2000:]}", file=sys.stderr)
        return None
    return json.loads(run.stdout.splitlines()[-1])


def stem_options(arguments):
    return ["--stem", arguments.stem] if arguments.stem != "imagenet" else []  # other networks have none


def run_radial(arguments, batch):
    return side_by_side.radial_lines(
        arguments.radial,
        ["bench", "step", "--arch", arguments.arch, *stem_options(arguments), "--batch-size", batch, "--image-size",
         arguments.image_size, "--optimizer", "sgd", "--steps", arguments.steps, "--warmup", arguments.warmup,
         "--threads", arguments.threads], arguments.threads)[0]


def compare(arguments, batch):
    runs = {name: [] for name in ["Radial float32", *arguments.configurations]}
    for number in range(arguments.rounds):
        for name in list(runs):
            result = run_radial(arguments, batch) if name == "Radial float32" else run_torch(name, arguments, batch)
            if result is None:
                del runs[name]
                continue
            runs[name].append(result)
            print(f"batch {batch}, round {number + 1}: {name}: {result['images_per_second']:.2f} images/s",
                  file=sys.stderr)
    return runs


def summary(arguments, batch, runs):
    rates = {name: side_by_side.median([run["images_per_second"] for run in results]) for name, results in runs.items()}
    best = max((name for name in rates if name.startswith("float32")), key=rates.get)
    rows = []
    for name, results in runs.items():
        each = [run["images_per_second"] for run in results]
        memory = max(run["peak_memory_bytes"] for run in results)
        rows.append([name if name.startswith("Radial") else f"PyTorch {name}", f"{rates[name]:.2f}",
                     f"{min(each):.2f} to {max(each):.2f}", f"{rates[name] / rates[best]:.2f}",
                     f"{memory / 2**30:.2f} GiB"])
    stem = ", CIFAR's stem" if arguments.stem == "cifar" else ""
    text = f"{arguments.arch}{stem}, batch {batch}, {arguments.image_size} px, median of {arguments.rounds} rounds\n\n"
    text += side_by_side.table(["", "images/s", "range", "ratio to PyTorch's best float32", "peak memory"], rows)
    text += f"\n\nRadial / PyTorch ({best}): {rates['Radial float32'] / rates[best]:.2f}\n"
    return text


def main():
    if sys.argv[1:2] == ["--torch"]:
        return torch_steps(*json.loads(sys.argv[2]))
    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("--arch", default="resnet18")
    parser.add_argument("--stem", choices=["imagenet", "cifar"], default="imagenet", help="first layers of a ResNet")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[32])
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=5, help="timed steps of a measurement")
    parser.add_argument("--warmup", type=int, default=2, help="steps before them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--configurations", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS)[:2],
                        help="of PyTorch")
    arguments = parser.parse_args()

    result = {"arch": arguments.arch, "stem": arguments.stem, "image_size": arguments.image_size, "batches": {}}
    texts = []
    for batch in arguments.batch_size:
        runs = compare(arguments, batch)
        result["batches"][batch] = runs
        texts.append(summary(arguments, batch, runs))
    side_by_side.finish(arguments, result, "\n".join(texts))


if __name__ == "__main__":
    main()
