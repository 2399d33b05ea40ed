#!/usr/bin/env python3
"""Pictures a second of reading, decoding, augmenting, normalising and batching: Radial beside torchvision."""

import random
import sys
import time

import side_by_side

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def pil_pipeline(size):
    from PIL import Image
    from torchvision import transforms

    transform = transforms.Compose([transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip(),
                                    transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    return lambda path: transform(Image.open(path).convert("RGB"))


def decode_image_pipeline(size):
    import torch
    from torchvision.io import ImageReadMode, decode_image, read_file
    from torchvision.transforms import v2

    transform = v2.Compose([v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip(),
                            v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])
    return lambda path: transform(decode_image(read_file(path), mode=ImageReadMode.RGB))


PIPELINES = {"torchvision PIL + transforms": pil_pipeline,
             "torchvision decode_image + transforms.v2": decode_image_pipeline}


def pictures_per_second(load, paths, batch):
    import torch

    start = time.perf_counter()
    for begin in range(0, len(paths), batch):
        torch.stack([load(path) for path in paths[begin:begin + batch]])
    return len(paths) / (time.perf_counter() - start)


def main():
    import torch
    from torchvision.datasets import ImageFolder

    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("data", metavar="DATA", help="has train/<class>/*")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--images", type=int, default=1500, help="that torchvision reads in a measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.set_defaults(threads=1)  # one core each: one loader thread
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    paths = [path for path, _ in ImageFolder(f"{arguments.data}/train").samples]
    random.Random(0).shuffle(paths)
    paths = paths[:arguments.images]
    rates = {name: [] for name in ["Radial", *PIPELINES]}
    for number in range(arguments.rounds):
        line = side_by_side.radial_lines(
            arguments.radial, ["bench", "loader", arguments.data, "--image-size", arguments.image_size, "--augment",
                               "standard", "--workers", arguments.threads], arguments.threads)[0]
        rates["Radial"].append(line["images_per_second"])
        for name, pipeline in PIPELINES.items():
            rates[name].append(pictures_per_second(pipeline(arguments.image_size), paths, 64))
        print(f"round {number + 1}: " + ", ".join(f"{name} {each[-1]:.0f}" for name, each in rates.items()),
              file=sys.stderr)

    ours = side_by_side.median(rates["Radial"])
    rows = [[name, f"{side_by_side.median(each):.0f}", f"{ours / side_by_side.median(each):.2f}"]
            for name, each in rates.items()]
    text = f"RandomResizedCrop({arguments.image_size}) + flip + normalise, threads: {arguments.threads}\n\n"
    text += side_by_side.table(["", "pictures/s", "Radial / it"], rows)
    side_by_side.finish(arguments, {"pictures_per_second": rates}, text)


if __name__ == "__main__":
    main()
