#!/usr/bin/env python3
"""What it costs to measure all layers at each step: `radial train` with --record-every 1 beside 0, in turn.

The recorder works inside the optimizer's step. The cost is what that step takes longer, as a share of the whole training
step: whole steps vary by more than the recorder takes.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import side_by_side


def profiled(arguments, every, folder):
    """Milliseconds of a whole training step (its mean) and of the optimizer's steps but the first two (each)."""
    command = [arguments.radial, "train", arguments.data, "--out", folder, "--arch", arguments.arch, "--image-size",
               arguments.image_size, "--batch-size", arguments.batch_size, "--epochs", 1, "--limit-train",
               arguments.batch_size * (arguments.steps + 2), "--limit-val", 1, "--optimizer", arguments.optimizer,
               "--record-every", every, "--threads", arguments.threads, "--workers", 1, "--profile"]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                         env=side_by_side.environment(arguments.threads))
    if run.returncode != 0:
        raise SystemExit(f"radial train: exit code {run.returncode}\n{run.stderr}")
    whole = float(re.search(r"^\d+ steps, ([\d.]+) ms a step$", run.stdout, re.MULTILINE)[1])
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    # A step copies the weights, updates the parameters and measures them: all of it up to the next step's first kernel.
    steps, now = [], 0
    for event in events:
        if event["name"] in ("copy", "update_parameters", "step_row_sums"):
            now += 1e-3 * event["dur"]
        elif event["name"] == "conv2d_forward" and now > 0:
            steps.append(now)
            now = 0
    return whole, steps[2:]


def main():
    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("data", metavar="DATA", help="has train/<class>/* and val/<class>/*")
    parser.add_argument("--arch", default="resnet18")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--optimizer", default="sgdp")
    parser.add_argument("--steps", type=int, default=10, help="timed steps of a measurement")
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()

    wholes, times = {0: [], 1: []}, {0: [], 1: []}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(arguments.rounds):
            for every in times:
                whole, steps = profiled(arguments, every, pathlib.Path(temporary) / f"{number}-{every}")
                wholes[every].append(whole)
                times[every] += steps
                print(f"round {number + 1}, --record-every {every}: {whole:.1f} ms a step, "
                      f"{side_by_side.median(steps):.1f} of them the optimizer's", file=sys.stderr)
    whole = {every: side_by_side.median(each) for every, each in wholes.items()}
    optimizer = {every: side_by_side.median(each) for every, each in times.items()}
    cost = 100 * (optimizer[1] - optimizer[0]) / whole[0]
    rows = [[f"--record-every {every}", f"{whole[every]:.1f}", f"{optimizer[every]:.1f}",
             f"{cost:+.1f} %" if every == 1 else ""] for every in times]
    text = f"{arguments.arch}, batch {arguments.batch_size}, {arguments.image_size} px, {arguments.optimizer}\n\n"
    side_by_side.finish(arguments, {"step_ms": wholes, "optimizer_ms": times},
                        text + side_by_side.table(["", "ms a step", "of them the optimizer's step", "cost of recording"],
                                                  rows))


if __name__ == "__main__":
    main()
