#!/usr/bin/env python3
"""Seconds of COCO's twelve numbers, from two files: Radial beside pycocotools, which must agree."""

import argparse
import contextlib
import io
import json
import pathlib
import random
import subprocess
import tempfile
import time


def draw(folder, pictures, seed=1):
    """About as many objects a picture as COCO has (7), and a hundred detections."""
    draws = random.Random(seed)
    categories = list(range(1, 81))
    objects, detections = [], []

    def box():
        w, h = 4 + 300 * draws.random()**3, 4 + 300 * draws.random()**3
        return [draws.random() * (640 - w), draws.random() * (480 - h), w, h]

    for image in range(1, pictures + 1):
        present = draws.sample(categories, 3)
        for _ in range(draws.randrange(15)):
            x, y, w, h = box()
            category = draws.choice(present)
            objects.append({"id": len(objects) + 1, "image_id": image, "category_id": category, "bbox": [x, y, w, h],
                            "area": 0.7 * w * h, "iscrowd": int(draws.random() < 0.02)})
            near = [x + 0.1 * w * draws.random(), y + 0.1 * h * draws.random(), w, h]
            detections.append({"image_id": image, "category_id": category, "bbox": near, "score": draws.random()})
        for _ in range(93):
            category = draws.choice(present if draws.random() < 0.5 else categories)
            detections.append({"image_id": image, "category_id": category, "bbox": box(),
                               "score": 0.5 * draws.random()})
    truth, results = folder / "truth.json", folder / "results.json"
    truth.write_text(json.dumps({"images": [{"id": i, "file_name": f"{i}.jpg", "width": 640, "height": 480}
                                            for i in range(1, pictures + 1)], "annotations": objects,
                                 "categories": [{"id": c, "name": str(c)} for c in categories]}))
    results.write_text(json.dumps(detections))
    return str(truth), str(results)


def radial(program, truth, results):
    start = time.perf_counter()
    run = subprocess.run([program, "coco-ap", truth, results, "--json"], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, list(json.loads(run.stdout).values())


def pycocotools(truth, results):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(truth)
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return time.perf_counter() - start, [float(value) for value in evaluation.stats]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--radial", default="build/release/apps/radial")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = draw(pathlib.Path(folder), options.pictures)
        ours, own = radial(options.radial, *files)
        theirs, expected = pycocotools(*files)
    apart = max(abs(a - b) for a, b in zip(own, expected))
    print(f"radial {ours:.2f} s, pycocotools {theirs:.2f} s: {theirs / ours:.1f} times; numbers differ by {apart:.1e}")


if __name__ == "__main__":
    main()
