"""Golden values of data/: what Pillow and torchvision make of small generated pictures.

    python make_data_golden.py        (made with Pillow 12.0 and torchvision 0.29)

Writes data_resize.csv, data_framing.csv, data_grey.csv, data_decode.csv and data_augment.csv beside this file. Pixels are
RGB bytes in hexadecimal.
tests/data/fixtures.h draws the same test picture.
"""

import csv
import io
import pathlib

import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, RandAugment, Resize, autoaugment, functional

HERE = pathlib.Path(__file__).parent


def picture(width, height):
    """Gradients, a sharp pattern and pseudo-random pixels."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    smooth = (x * 7 + y * (3 + c) * 2) % 256
    sharp = ((x // 3 + y // 2 + c) % 2) * 255
    noise = (x * 7919 + y * 104729 + c * 1299709 + x * y * 31) % 256
    value = np.where((x + y) % 16 < 6, smooth, np.where(x % 16 < 8, sharp, noise))
    return Image.fromarray(value.astype(np.uint8), "RGB")


def pixels(image):
    return np.asarray(image.convert("RGB")).tobytes().hex()


def write(name, header, rows):
    with open(HERE / name, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def resize_rows():
    cases = [  # width, height, crop (x, y, width, height), new width, new height
        (17, 13, (0, 0, 17, 13), 23, 19),
        (17, 13, (0, 0, 17, 13), 7, 5),
        (17, 13, (0, 0, 17, 13), 17, 5),
        (17, 13, (0, 0, 17, 13), 5, 13),
        (17, 13, (0, 0, 17, 13), 17, 13),
        (17, 13, (3, 2, 9, 11), 12, 12),
        (17, 13, (16, 12, 1, 1), 5, 4),
        (1, 1, (0, 0, 1, 1), 3, 3),
        (1, 40, (0, 0, 1, 40), 4, 3),
        (40, 1, (5, 0, 30, 1), 7, 6),
        (64, 48, (10, 7, 50, 41), 16, 16),
        (64, 48, (0, 0, 64, 48), 3, 2),
        (64, 48, (1, 3, 33, 29), 31, 30),
        (100, 75, (0, 0, 100, 75), 21, 16),
        (100, 75, (40, 30, 20, 25), 32, 32),
        (301, 7, (0, 0, 301, 7), 11, 6),
    ]
    for width, height, (x, y, w, h), new_width, new_height in cases:
        crop = picture(width, height).crop((x, y, x + w, y + h))
        result = crop.resize((new_width, new_height), Image.Resampling.BILINEAR)
        yield width, height, x, y, w, h, new_width, new_height, pixels(result)


def framing_rows():
    """Resize + CenterCrop; the last cases are smaller than the crop and padded with black."""
    cases = [  # width, height, short side, size
        (50, 37, 18, 16), (37, 50, 18, 16), (37, 50, 19, 16), (33, 33, 21, 16), (40, 16, 16, 16), (16, 16, 16, 16),
        (23, 31, 36, 32), (100, 20, 19, 16), (20, 101, 19, 16), (16, 16, 18, 16), (30, 20, 10, 16), (20, 31, 11, 16),
        (20, 20, 9, 16),
    ]
    for width, height, short_side, size in cases:
        transform = Compose([Resize(short_side, InterpolationMode.BILINEAR), CenterCrop(size)])
        yield width, height, short_side, size, pixels(transform(picture(width, height)))


def grey_rows():
    """The same of the picture made grey; a byte a pixel."""
    for width, height, short_side, size in [(50, 37, 18, 16), (37, 50, 18, 16), (16, 16, 18, 16), (20, 20, 9, 16)]:
        transform = Compose([Resize(short_side, InterpolationMode.BILINEAR), CenterCrop(size)])
        yield width, height, short_side, size, np.asarray(transform(picture(width, height).convert("L"))).tobytes().hex()


def decode_rows():
    rgb = picture(21, 17)
    smooth = rgb.resize((21, 17), Image.Resampling.BILINEAR, box=(0, 0, 5, 4))
    alpha = rgb.copy()
    alpha.putalpha(picture(21, 17).convert("L"))
    # Adobe's CMYK is stored inverted; Pillow inverts when it writes and when it reads.
    cmyk = Image.merge("CMYK", [*smooth.split(), rgb.convert("L")])
    files = [
        ("jpeg 4:2:0", smooth, dict(format="JPEG", quality=90, subsampling=2)),
        ("jpeg 4:2:2", smooth, dict(format="JPEG", quality=75, subsampling=1)),
        ("jpeg 4:4:4", rgb, dict(format="JPEG", quality=95, subsampling=0)),
        ("jpeg progressive", smooth, dict(format="JPEG", quality=80, progressive=True)),
        ("jpeg restart markers", smooth, dict(format="JPEG", quality=80, restart_marker_blocks=1)),
        ("jpeg grey", smooth.convert("L"), dict(format="JPEG", quality=90)),
        ("jpeg grey progressive", smooth.convert("L"), dict(format="JPEG", quality=60, progressive=True)),
        ("jpeg cmyk", cmyk, dict(format="JPEG", quality=95)),
        ("png rgb", rgb, dict(format="PNG")),
        ("png grey", rgb.convert("L"), dict(format="PNG")),
        ("png grey alpha", alpha.convert("LA"), dict(format="PNG")),
        ("png rgba", alpha, dict(format="PNG")),
        ("png palette", rgb.quantize(13), dict(format="PNG")),
        ("png one bit", rgb.convert("1"), dict(format="PNG")),
        ("gif", rgb.quantize(60), dict(format="GIF")),
        ("bmp", rgb, dict(format="BMP")),
        ("bmp palette", rgb.quantize(50), dict(format="BMP")),
        ("ppm", rgb, dict(format="PPM")),
        ("pgm", rgb.convert("L"), dict(format="PPM")),
    ]
    for name, image, options in files:
        file = io.BytesIO()
        image.save(file, **options)
        yield name, file.getvalue().hex(), pixels(Image.open(io.BytesIO(file.getvalue())))


def augment_rows():
    """Operations of RandAugment at the strengths of three magnitudes, both signs; ColorJitter's hue."""
    width, height = 17, 13
    image = picture(width, height)
    space = RandAugment()._augmentation_space(31, (height, width))
    for name, (strengths, signed) in space.items():
        for magnitude in [9, 30] if strengths.ndim else [9]:
            strength = float(strengths[magnitude]) if strengths.ndim else 0.0
            for sign in [1, -1] if signed else [1]:
                result = autoaugment._apply_op(image, name, sign * strength, InterpolationMode.NEAREST, None)
                yield name, magnitude, repr(sign * strength), pixels(result)
    for turn in [0.1, -0.07, 0.5]:
        yield "Hue", 0, repr(turn), pixels(functional.adjust_hue(image, turn))
    dark = image.point(lambda value: 40 + value // 3)
    for name in ["AutoContrast", "Equalize"]:
        yield name + " of a dull picture", 0, "0.0", pixels(
            autoaugment._apply_op(dark, name, 0.0, InterpolationMode.NEAREST, None)
        )
    large = picture(40, 33).resize((40, 33))
    yield "Equalize of 40 x 33", 0, "0.0", pixels(autoaugment._apply_op(large, "Equalize", 0.0, None, None))


write("data_augment.csv", ["operation", "magnitude", "strength", "pixels"], augment_rows())
write("data_resize.csv", ["width", "height", "x", "y", "crop_width", "crop_height", "new_width", "new_height", "pixels"],
      resize_rows())
write("data_framing.csv", ["width", "height", "short_side", "size", "pixels"], framing_rows())
write("data_grey.csv", ["width", "height", "short_side", "size", "pixels"], grey_rows())
write("data_decode.csv", ["name", "file", "pixels"], decode_rows())
