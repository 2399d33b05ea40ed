"""What TensorBoard reads of a run's event files: every number of train.csv, val.csv and layers.csv, each step once?

Run: python bench/peers/read_event_files.py RUN
(pip install tensorboard, in the environment of README.md)
"""

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def expected_curves(run):
    """Tag -> [(step, float32)] as the CSV files have them; empty fields are left out."""
    curves = defaultdict(list)

    def add(tag, step, text):
        if text:
            curves[tag].append((step, float(numpy.float32(text))))

    train = rows_of(run / "train.csv")
    last_step = {0: 0} | {int(row["epoch"]): int(row["step"]) for row in train}
    for row in train:
        for name in row.keys() - {"step", "epoch"}:
            add(f"train/{name}", int(row["step"]), row[name])
    for row in rows_of(run / "val.csv"):
        for name in row.keys() - {"epoch"}:
            add(f"val/{name}", last_step[int(row["epoch"])], row[name])
    for row in rows_of(run / "layers.csv"):
        for name in row.keys() & {"norm", "effective_step", "ema_norm"}:
            add(f"{name}/{row['layer']}", int(row["step"]), row[name])
    return curves


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    expected, wrong = expected_curves(run), 0
    tags = set(events.Tags()["scalars"])
    for tag in sorted(tags | expected.keys()):
        found = [(event.step, event.value) for event in events.Scalars(tag)] if tag in tags else []
        if found != expected.get(tag):
            wrong += 1
            print(f"{tag}: {len(found)} values, but the CSV files have {len(expected.get(tag, []))}, or others")
    print(f"{len(tags)} curves, {wrong} of them wrong")
    sys.exit(1 if wrong or not tags else 0)


main()
