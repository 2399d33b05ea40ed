#!/usr/bin/env python3
"""What it costs to measure all layers at each step: `radial train` with --record-every 1 beside 0, in turn."""

import csv
import pathlib
import subprocess
import sys
import tempfile

import side_by_side


def step_ms(arguments, every, folder):
    """Milliseconds of each training step but the first two, less what it waited for pictures."""
    command = [arguments.radial, "train", arguments.data, "--out", folder, "--arch", arguments.arch, "--image-size",
               arguments.image_size, "--batch-size", arguments.batch_size, "--epochs", 1, "--limit-train",
               arguments.batch_size * (arguments.steps + 2), "--limit-val", 1, "--optimizer", arguments.optimizer,
               "--record-every", every, "--threads", arguments.threads, "--workers", 1]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                         env=side_by_side.environment(arguments.threads))
    if run.returncode != 0:
        raise SystemExit(f"radial train: exit code {run.returncode}\n{run.stderr}")
    with open(folder / "train.csv", newline="") as file:
        rows = list(csv.DictReader(file))[2:]
    return [1e3 * arguments.batch_size / float(row["images_per_second"]) * (1 - float(row["data_wait"]))
            for row in rows]


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

    times = {0: [], 1: []}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(arguments.rounds):
            for every, each in times.items():
                each.append(step_ms(arguments, every, pathlib.Path(temporary) / f"{number}-{every}"))
                print(f"round {number + 1}, --record-every {every}: {side_by_side.median(each[-1]):.1f} ms a step",
                      file=sys.stderr)
    without, recorded = (side_by_side.median(sum(times[every], [])) for every in times)
    rows = [["--record-every 0", f"{without:.1f}", ""],
            ["--record-every 1", f"{recorded:.1f}", f"{100 * (recorded / without - 1):+.1f} %"]]
    text = f"{arguments.arch}, batch {arguments.batch_size}, {arguments.image_size} px, {arguments.optimizer}\n\n"
    side_by_side.finish(arguments, {"step_ms": times},
                        text + side_by_side.table(["", "ms a step, median", "cost of recording"], rows))


if __name__ == "__main__":
    main()
