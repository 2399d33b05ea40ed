#!/usr/bin/env python3
"""./run gpu-check --check: whether what Radial computes on this card is right. Ends within nine minutes.

Needs bash, Python and the folder build/gpu-check (of ./run gpu-check --pack); compute-sanitizer and PyTorch with Pillow
for the parts that use them.
"""

import argparse
import csv
import pathlib
import re
import sys
import tempfile
import time

import parts
from parts import Failed, Missing


def tests(timeout):
    done = parts.run([parts.program("test_cuda")], timeout)
    if "skipped: no GPU" in done.stdout + done.stderr:
        raise Missing("test_cuda sees no GPU")
    return done.stdout.strip().splitlines()[-1], done.stdout[-500:]


# Whole tables of ops under a sanitizer take longer than there is time for; these enter every kernel's source that has
# more to it than elements side by side. racecheck looks at shared memory, in cuDNN's kernels too, which are not ours.
rows = ["*many rows*", "*long rows*", "rows *", "norms of no rows*", "*steps of SGDP and AdamP in views*",
        "*recorded on the GPU*"]
sanitized = {"memcheck": [*rows, "*convolutions are added*", "*begin anywhere*", "*start anywhere*"], "racecheck": rows}


def sanitizer(tool):
    # Libraries ask for functions that a driver may lack, and are refused; Radial checks its own calls.
    quiet = ["--report-api-errors", "no"] if tool == "memcheck" else []

    def measure(timeout):
        end = time.monotonic() + timeout
        cases, not_in_time = 0, []
        for names in sanitized[tool]:
            try:
                done = parts.run(["compute-sanitizer", "--tool", tool, *quiet, "--error-exitcode", "99",
                                  parts.program("test_cuda"), names], max(5, 0.6 * (end - time.monotonic())))
            except parts.TookTooLong:
                not_in_time.append(names)
                continue
            passed = re.search(r"All tests passed \(.* in (\d+) test case", done.stdout)
            if not passed:  # there are releases that find no errors because they run nothing
                raise Failed(f"{tool} ran no tests for {names}: {done.stdout[-500:]}")
            cases += int(passed[1])
        if cases == 0:
            raise Missing("nothing ended in time")
        text = f"no errors in {cases} test cases"
        return text + (f"; not in time: {', '.join(not_in_time)}" if not_in_time else ""), cases

    return measure


def synth(folder, **options):
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    parts.run([parts.program("radial"), "synth", folder, *words, "--format", "png"], 60)
    return folder


def losses(pictures, out, timeout, *options):
    parts.run([parts.program("radial"), "train", pictures, "--out", out, "--schedule", "constant", *options], timeout)
    with open(out / "train.csv", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def steps_beside_float64(timeout):
    """Three steps of ResNet18: the loss of each, on the CPU in float64 and on the card."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        pictures = synth(folder / "pictures", classes=4, train=24, val=4, size=64)
        same = ["--arch", "resnet18", "--image-size", 64, "--augment", "none", "--batch-size", 16, "--limit-train", 48,
                "--limit-val", 1, "--epochs", 1, "--lr", 0.01, "--optimizer", "sgdp", "--seed", 3]
        exact = losses(pictures, folder / "float64", timeout / 2, *same, "--device", "cpu", "--dtype", "float64")
        apart = {}
        # The first loss knows of no step; roundings grow from step to step (float32 on a CPU: 3e-7, 5e-4, 1.5e-3).
        for dtype, first, later in (("float32", 1e-5, 1e-2), ("tf32", 5e-3, 5e-2), ("bfloat16", 2e-2, 1e-1)):
            there = losses(pictures, folder / dtype, timeout / 6, *same, "--device", "cuda", "--dtype", dtype)
            apart[dtype] = [abs(a - b) / b for a, b in zip(there, exact)]
            if len(there) != len(exact) or not apart[dtype][0] <= first or not max(apart[dtype]) <= later:
                raise Failed(f"{dtype}: the losses are {there}, in float64 {exact}")
    return "relative differences of the losses: " + "; ".join(
        name + " " + " ".join(f"{value:.1e}" for value in values) for name, values in apart.items()), apart


def twice(timeout):
    """The same seed on the same card gives the same bits."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        pictures = synth(folder / "pictures", classes=4, train=40, val=4, size=64)
        same = ["--arch", "resnet18", "--image-size", 64, "--batch-size", 16, "--epochs", 2, "--dtype", "bfloat16",
                "--optimizer", "adamp", "--device", "cuda", "--seed", 1]
        first, second = (losses(pictures, folder / run, timeout / 2, *same) for run in ("first", "second"))
        if first != second:
            raise Failed(f"the losses of two runs differ: {first} and {second}")
    return f"{len(first)} losses of two runs agree to the bit", first


def final_losses(timeout):
    """Final training losses over seeds in bfloat16, beside PyTorch's on the same pictures."""
    seeds, epochs = range(5), 6
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        pictures = synth(folder / "pictures", classes=8, train=64, val=4, size=32)
        ours = []
        for seed in seeds:
            run = losses(pictures, folder / str(seed), timeout / 8, "--arch", "resnet18", "--stem", "cifar",
                         "--image-size", 32, "--augment", "none", "--batch-size", 64, "--epochs", epochs, "--lr", 0.05,
                         "--optimizer", "sgd", "--weight-decay", 1e-4, "--dtype", "bfloat16", "--device", "cuda",
                         "--seed", seed)
            ours.append(sum(run[-8:]) / 8)
        done = parts.run([sys.executable, parts.HERE / "torch_losses.py", pictures, epochs, *seeds], timeout / 2,
                         check=False)
        if done.returncode != 0:
            raise Missing("PyTorch's side did not run: " + (done.stderr.strip().splitlines() or ["no message"])[-1])
    theirs = [float(word) for word in re.findall(r"\S+", done.stdout)]
    text = "mean of the last epoch's losses: Radial " + " ".join(f"{x:.3f}" for x in ours) + "; PyTorch " + " ".join(
        f"{x:.3f}" for x in theirs)
    # Five of each: a difference of the means beyond three standard errors is not chance.
    mean = lambda values: sum(values) / len(values)
    variance = lambda values: sum((x - mean(values))**2 for x in values) / (len(values) - 1)
    error = ((variance(ours) + variance(theirs)) / len(ours))**0.5
    if abs(mean(ours) - mean(theirs)) > 3 * error + 0.02:
        raise Failed(text)
    return text, {"radial": ours, "torch": theirs}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path, default=parts.PACK / "check.json")
    parser.add_argument("--seconds", type=float, default=520, help="for all parts")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="parts whose name holds one of these")
    arguments = parser.parse_args()
    try:
        where = parts.card()
        parts.program("radial")
    except Missing as missing:
        print(f"gpu-check: {missing}", file=sys.stderr)
        sys.exit(2)
    report = parts.Report(arguments.seconds, arguments.only)
    report.part("CUDA tests", tests, 120)
    report.part("three steps beside float64 on the CPU", steps_beside_float64, 90)
    report.part("the same bits twice", twice, 40)
    report.part("final losses over seeds", final_losses, 170)
    report.part("memcheck", sanitizer("memcheck"), 90)
    report.part("racecheck", sanitizer("racecheck"), 90)
    sys.exit(report.finish("gpu-check --check", where, arguments.json))


if __name__ == "__main__":
    main()
