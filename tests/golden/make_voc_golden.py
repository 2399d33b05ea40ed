"""Golden values of Pascal VOC's detection metric: what voc_eval() of ssd.pytorch makes of drawn objects and detections.

    python make_voc_golden.py SSD_PYTORCH/eval.py        (made with github.com/amdegroot/ssd.pytorch at 5b0b77f)

Writes voc_ap.csv beside this file: a seed, a kind of drawing (as make_coco_golden.py, whose crowds are difficult here; scores are made
different, as its sort keeps no order) and the means over classes of the AP of 2007 and of later years. tests/tasks/voc_ap_test.cpp draws
the same.
"""

import ast
import csv
import os
import pathlib
import pickle
import sys
import tempfile

import numpy as np

from make_coco_golden import draw

HERE = pathlib.Path(__file__).parent


def functions_of(path):
    """voc_eval() and voc_ap() alone: the rest of the file wants PyTorch and VOC's pictures."""
    tree = ast.parse(pathlib.Path(path).read_text())
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in ("voc_eval", "voc_ap")]
    np.bool = bool  # as older NumPy had it
    names = {"np": np, "os": os, "pickle": pickle, "print": lambda *_: None}
    exec(compile(tree, path, "exec"), names)
    return names


def means(names, truth, detections):
    with tempfile.TemporaryDirectory() as folder:
        images = [str(image["id"]) for image in truth["images"]]
        pathlib.Path(folder, "images.txt").write_text("\n".join(images) + "\n")
        corners = lambda box: [box[0], box[1], box[0] + box[2], box[1] + box[3]]
        names["parse_rec"] = lambda image: [{"name": str(o["category_id"]), "difficult": o["iscrowd"], "bbox": corners(o["bbox"])}
                                            for o in truth["annotations"] if o["image_id"] == int(image)]
        aps = []
        for category in truth["categories"]:
            objects = [o for o in truth["annotations"] if o["category_id"] == category["id"] and not o["iscrowd"]]
            if not objects:
                continue
            rows = [f"{d['image_id']} {d['score'] - 1e-6 * i!r} " + " ".join(repr(c) for c in corners(d["bbox"]))
                    for i, d in enumerate(detections) if d["category_id"] == category["id"]]
            pathlib.Path(folder, f"{category['id']}.txt").write_text("".join(row + "\n" for row in rows))
            values = [names["voc_eval"](folder + "/{}.txt", "%s", folder + "/images.txt", str(category["id"]), folder, 0.5, old)[2]
                      for old in (True, False)]
            aps.append([max(value, 0) for value in values])  # it says -1 where there are no detections
        return [float(np.mean(column)) for column in zip(*aps)]


def main():
    names = functions_of(sys.argv[1])
    with open(HERE / "voc_ap.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["seed", "kind", "eleven_points", "area"])
        writer.writerows([seed, kind, *map(repr, means(names, *draw(seed, kind)))]
                         for kind in range(4) for seed in range(1, 9 if kind < 3 else 3))


if __name__ == "__main__":
    main()
