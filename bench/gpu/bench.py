#!/usr/bin/env python3
"""./run gpu-check --bench: Radial's training steps and optimizers on this card beside PyTorch's. Ends within nine minutes.

Needs Python with PyTorch and the folder build/gpu-check (of ./run gpu-check --pack). A round measures Radial and each
way of PyTorch once; ratios are those of the medians over the rounds.
"""

import argparse
import json
import os
import pathlib
import selectors
import subprocess
import sys
import time

import parts
from parts import Missing, median


class TorchSteps:
    """A process of PyTorch that waits to be measured: what it compiled is compiled once."""

    def __init__(self, way, arguments, arch, dtype):
        command = [sys.executable, parts.HERE / "torch_steps.py", arch, dtype, way, arguments.batch_size,
                   arguments.image_size, arguments.steps]
        self.errors = open(parts.PACK / f"torch-{arch}-{dtype}-{way}.log", "w+")
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, env=parts.environment(sys.executable))

    def line(self, timeout):
        """The next line; raises Missing where there is none."""
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        if not selector.select(max(1.0, timeout)):
            self.stop()
            raise Missing(f"not ready after {timeout:.0f} s")
        text = self.process.stdout.readline().decode()
        if not text:
            self.errors.seek(0)
            raise Missing("ended: " + (self.errors.read().strip().splitlines() or ["without a message"])[-1])
        return text

    def measure(self, timeout):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return json.loads(self.line(timeout))

    def stop(self):
        self.process.kill()
        self.process.wait()


def radial_steps(arguments, arch, dtype, timeout, *options, timed_plans=1):
    os.environ["RADIAL_CUDNN_TIMED_PLANS"] = str(timed_plans)
    return parts.radial_json(["bench", "step", "--arch", arch, "--dtype", dtype, "--device", arguments.device,
                              "--batch-size", arguments.batch_size, "--image-size", arguments.image_size, "--steps",
                              max(1, arguments.steps // 10), "--optimizer", "sgd", *options], timeout)[0]


def card_bytes(run):
    """Of the card: Radial's peak_memory_bytes is the host's."""
    return run.get("peak_tensor_bytes", run["peak_memory_bytes"])


def steps(arguments, arch, dtype):
    def measure(timeout):
        end = time.monotonic() + timeout
        left = lambda: end - time.monotonic()
        peers, notes = {}, []
        for way in arguments.ways:
            peer = TorchSteps(way, arguments, arch, dtype)
            try:
                if peer.line(0.75 * left()).strip() != "ready":
                    raise Missing("did not get ready")
                peers[f"PyTorch {way}"] = peer
            except Missing as missing:
                notes.append(f"PyTorch {way}: {missing}")
                peer.stop()
        runs = {"Radial": [], **{name: [] for name in peers}}
        try:
            slowest = 0
            for number in range(arguments.rounds):
                if number > 0 and left() < 1.5 * slowest:
                    notes.append(f"{number} of {arguments.rounds} rounds")
                    break
                start = time.monotonic()
                runs["Radial"].append(radial_steps(arguments, arch, dtype, left()))
                for name, peer in peers.items():
                    runs[name].append(peer.measure(left()))
                slowest = max(slowest, time.monotonic() - start)
            # Making four plans of each convolution takes four times as long as making one: most of a minute.
            if left() > 4 * slowest:
                runs["Radial, timed plans"] = [radial_steps(arguments, arch, dtype, left(), timed_plans=4)]
        finally:
            for peer in peers.values():
                peer.stop()
        rates = {name: median([run["images_per_second"] for run in each]) for name, each in runs.items() if each}
        memory = {name: max(card_bytes(run) for run in each) for name, each in runs.items() if each}
        best = max((rate for name, rate in rates.items() if name.startswith("PyTorch")), default=None)
        text = ", ".join(f"{name} {rate:.0f} images/s ({memory[name] / 2**30:.1f} GiB)" for name, rate in rates.items())
        ratio = f"{rates['Radial'] / best:.2f} times PyTorch's best; " if best else "no PyTorch to compare with; "
        return "\n".join([ratio + text, *notes]), runs

    return measure


def optimizers(arguments):
    def measure(timeout):
        ours = {line["optimizer"]: line["step_ms"]
                for line in parts.radial_json(["bench", "optimizer", "--device", arguments.device, "--steps", 10],
                                              timeout / 2)}
        done = parts.run([sys.executable, parts.HERE / "torch_optimizers.py", arguments.steps], timeout / 2)
        theirs = json.loads(done.stdout.splitlines()[-1])
        text = f"AdamP {theirs['torch Adam (foreach)'] / ours['adamp']:.2f} times as fast as torch's foreach Adam; ms: "
        text += ", ".join(f"{name} {ms:.3f}" for name, ms in [*ours.items(), *theirs.items()])
        return text, {"radial": ours, "peers": theirs}

    return measure


def recorder(arguments):
    def measure(timeout):
        end = time.monotonic() + timeout
        rates = {"plain": [], "recorded": []}
        for _ in range(arguments.rounds):
            for name, options in (("plain", []), ("recorded", ["--record"])):
                run = radial_steps(arguments, "resnet18", "bfloat16", end - time.monotonic(), *options)
                rates[name].append(run["images_per_second"])
        cost = median(rates["plain"]) / median(rates["recorded"]) - 1
        return f"recording all layers at each step takes {100 * cost:+.2f} % of the step", rates

    return measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, default=parts.PACK / "bench.json")
    parser.add_argument("--seconds", type=float, default=520, help="for all parts")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="parts whose name holds one of these")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--archs", nargs="+", default=["resnet18", "resnet50"])
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "tf32"])
    parser.add_argument("--ways", nargs="+", default=["eager", "compiled"], help="of PyTorch")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=20, help="of a measurement")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    try:
        where = parts.card() if arguments.device.startswith("cuda") else arguments.device
        parts.program("radial")
    except Missing as missing:
        print(f"gpu-check: {missing}", file=sys.stderr)
        sys.exit(2)
    report = parts.Report(arguments.seconds, arguments.only)
    report.part("optimizers over ResNet18's parameters", optimizers(arguments), 60)
    if "bfloat16" in arguments.dtypes:
        report.part("recorder, ResNet18, bfloat16", recorder(arguments), 60)
    cases = [(arch, dtype) for dtype in arguments.dtypes for arch in arguments.archs]
    for number, (arch, dtype) in enumerate(cases):
        # Equal shares of what is left: max-autotune takes minutes, so a call for one case alone gives it all.
        report.part(f"{arch}, {dtype}, batch {arguments.batch_size}", steps(arguments, arch, dtype),
                    report.left() / (len(cases) - number))
    sys.exit(report.finish("gpu-check --bench", where, arguments.json))


if __name__ == "__main__":
    main()
