"""Golden values of COCO's detection metric: what pycocotools makes of drawn objects and detections.

    python make_coco_golden.py        (made with pycocotools 2.0.11)

Writes coco_ap.csv beside this file: a seed, a kind of drawing and the twelve numbers. tests/tasks/coco_ap_test.cpp draws
the same.
"""

import contextlib
import csv
import io
import pathlib

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

HERE = pathlib.Path(__file__).parent
CATEGORIES = [1, 2, 5]
PLAIN, HARD, MANY, NOTHING, ZERO = range(5)  # kinds


class Draw:
    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (1103515245 * self.state + 12345) % 2**31
        return self.state / 2**31


def draw(seed, kind):
    """hard: areas on the limits, pictures and a category without objects, pictures in any order; many: 130 false ones in
    a picture; nothing: no detections; zero: ids from 0."""
    u = Draw(seed)
    images = list(range(1, 13)) if kind != HARD else [40, 7, 3, 99, 12, 11, 10, 1, 2, 60, 61, 62]
    categories = CATEGORIES if kind != HARD else [5, 1, 9, 2]
    objects, detections = [], []
    for at, image in enumerate(images):
        if kind == HARD and at >= 9:
            count = 0
        else:
            count = 6
        for _ in range(count):
            category = CATEGORIES[int(3 * u())]
            a = u()
            w = 4 + 300 * (a * a * a)
            a = u()
            h = 4 + 300 * (a * a * a)
            x, y = u() * (640 - w), u() * (480 - h)
            crowd = u() < 0.08
            area = 0.8 * w * h
            if kind == HARD:
                limit = u()
                if limit < 0.2:
                    area = 1024.0
                elif limit < 0.4:
                    area = 9216.0
            objects.append({"id": len(objects) + (0 if kind == ZERO else 1), "image_id": image, "category_id": category,
                            "bbox": [x, y, w, h], "area": area, "iscrowd": int(crowd)})
            r = u()
            for _ in range(2 if r < 0.3 else 1 if r < 0.85 else 0):
                jx, jy = (u() - 0.5) * 0.4 * w, (u() - 0.5) * 0.4 * h
                jw, jh = w * (0.8 + 0.4 * u()), h * (0.8 + 0.4 * u())
                score = int(100 * u()) / 100
                detections.append({"image_id": image, "category_id": category, "bbox": [x + jx, y + jy, jw, jh],
                                   "score": score})
        for _ in range(130 if kind == MANY and at < 2 else 3):
            category = CATEGORIES[int(3 * u())]
            w, h = 4 + 100 * u(), 4 + 100 * u()
            x, y = u() * (640 - w), u() * (480 - h)
            if kind == MANY:
                category = 1
            score = int(100 * u()) / 100
            detections.append({"image_id": image, "category_id": category, "bbox": [x, y, w, h], "score": score})
    truth = {"images": [{"id": i, "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in images],
             "annotations": objects, "categories": [{"id": c, "name": str(c)} for c in categories]}
    return truth, [] if kind == NOTHING else detections


def numbers(truth, detections):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        if detections:
            found = coco.loadRes(detections)
        else:  # loadRes takes no empty list
            found = COCO()
            found.dataset = {**truth, "annotations": []}
            found.createIndex()
        evaluation = COCOeval(coco, found, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) for value in evaluation.stats]


def main():
    cases = [(seed, kind) for kind in range(5) for seed in range(1, 9 if kind < 3 else 3)]
    with open(HERE / "coco_ap.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["seed", "kind", *(f"n{i}" for i in range(12))])
        writer.writerows([seed, kind, *numbers(*draw(seed, kind))] for seed, kind in cases)


if __name__ == "__main__":
    main()
