"""Random pictures and what Pillow makes of them: python3 pillow_pictures.py FILE COUNT

Writes to FILE, for COUNT pictures a format, the records that pillow_test.cpp reads: a line "format width height bytes name",
the file and its RGB pixels; for as many files with one flipped bit the same, with width 0 where Pillow refuses them.
Needs Pillow alone. What Pillow reads but cannot write is written here.
"""

import io
import random
import struct
import sys
import warnings
import zlib

from PIL import Image

rng = random.Random(1)
warnings.simplefilter("ignore")


def noise(mode, size):
    """Random pixels, or smooth ones: runs and gradients are what compression is about."""
    width, height = size
    if mode == "I;16":
        return Image.frombytes("I;16", size, rng.randbytes(2 * width * height))
    if mode == "1":
        return Image.frombytes("1", size, rng.randbytes((width + 7) // 8 * height))
    if mode == "P":
        image = noise("RGB", size).quantize(rng.randint(2, 256))
    else:
        bands = len(Image.new(mode, (1, 1)).getbands())
        small = (rng.randint(1, 4), rng.randint(1, 4)) if rng.random() < 0.5 else size
        image = Image.frombytes(mode, small, rng.randbytes(bands * small[0] * small[1])).resize(size, Image.BICUBIC)
    return image


def sizes():
    return rng.randint(1, 45), rng.randint(1, 45)


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def palette(count):
    return rng.randbytes(3 * count)


# JPEG


def jpeg():
    image = noise(rng.choice(["L", "RGB", "RGB", "RGB", "CMYK"]), sizes())
    options = dict(quality=rng.randint(20, 100), progressive=rng.random() < 0.3, optimize=rng.random() < 0.3)
    if image.mode == "RGB":
        options["subsampling"] = rng.randint(0, 2)
    return "JPEG", saved(image, "JPEG", **options)


# PNG


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def filtered(rows, step):
    """Bytes of the rows, each with one of the five filters."""
    out, above = b"", None
    for row in rows:
        above = above or bytes(len(row))
        kind = rng.randint(0, 4)
        out += bytes([kind])
        for i, value in enumerate(row):
            left, up, corner = (row[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
            p = left + up - corner
            paeth = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]
            out += bytes([value - [0, left, up, (left + up) // 2, paeth][kind] & 255])
        above = row
    return out


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def made_png():
    (width, height), interlaced = sizes(), rng.random() < 0.7
    kind, depth = rng.choice([(0, 1), (0, 2), (0, 4), (0, 8), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8),
                              (4, 16), (6, 8), (6, 16)])
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    data = b""
    for x0, y0, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        columns, rows = len(range(x0, width, dx)), len(range(y0, height, dy))
        if columns and rows:
            data += filtered([rng.randbytes((columns * bits + 7) // 8) for _ in range(rows)], max(1, bits // 8))
    packed = zlib.compress(data, rng.randint(0, 9))
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))
    file += chunk(b"tEXt", b"Title\0made by hand")
    if kind == 3:
        file += chunk(b"PLTE", palette(1 << depth)) + chunk(b"tRNS", rng.randbytes(rng.randint(1, 1 << depth)))
    if kind == 2 and rng.random() < 0.3:
        file += chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    cut = rng.randint(0, len(packed))
    return "PNG", file + chunk(b"IDAT", packed[:cut]) + chunk(b"IDAT", packed[cut:]) + chunk(b"IEND", b"")


def png():
    if rng.random() < 0.5:
        return made_png()
    image, options = noise(rng.choice(["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]), sizes()), {}
    if image.mode == "P" and rng.random() < 0.5:
        options["transparency"] = rng.randint(0, 3)
    return "PNG", saved(image, "PNG", **options)


# GIF


def lzw(indices, bits):
    """Codes of one length: the table is cleared before it grows."""
    codes, clear = [], 1 << bits
    for i, index in enumerate(indices):
        if i % (clear - 2 if bits > 2 else 2) == 0:
            codes.append(clear)
        codes.append(index)
    value = shift = 0
    for code in codes + [clear + 1]:
        value |= code << shift
        shift += bits + 1
    data = value.to_bytes((shift + 7) // 8, "little")
    blocks = [data[i : i + 255] for i in range(0, len(data), 255)]
    return bytes([bits]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def made_gif():
    (width, height), bits = sizes(), rng.randint(2, 8)
    left, top = rng.randint(0, width - 1), rng.randint(0, height - 1)
    w, h = rng.randint(1, width - left), rng.randint(1, height - top)
    if rng.random() < 0.1:
        w += 7  # beyond its canvas, which then grows
    has_global, has_local, interlaced = rng.random() < 0.7, rng.random() < 0.4, rng.random() < 0.5
    screen = (0x80 | (bits - 1) if has_global else 0, rng.randint(0, 3), 0)
    file = rng.choice([b"GIF87a", b"GIF89a"]) + struct.pack("<HHBBB", width, height, *screen)
    file += palette(1 << bits) if has_global else b""
    if rng.random() < 0.5:
        file += b"!\xfe\x05hello\0"
    if rng.random() < 0.5:
        file += b"!\xf9\x04" + struct.pack("<BHBB", rng.randint(0, 1), 10, rng.randint(0, (1 << bits) - 1), 0)
    if rng.random() < 0.1:
        file += b"\0\0"  # stray bytes between records
    local_bits = rng.randint(1, bits)  # may have fewer colours than there are indices
    flags = (0x80 | (local_bits - 1) if has_local else 0) | (0x40 if interlaced else 0)
    file += b"," + struct.pack("<HHHHB", left, top, w, h, flags) + (palette(1 << local_bits) if has_local else b"")
    return "GIF", file + lzw([rng.randrange(1 << bits) for _ in range(w * h)], bits) + b";"


def gif():
    if rng.random() < 0.5:
        return made_gif()
    image, options = noise(rng.choice(["1", "L", "P", "RGB"]), sizes()), {"interlace": rng.randint(0, 1)}
    if image.mode == "P" and rng.random() < 0.5:
        options["transparency"] = rng.randint(0, 3)
    if image.mode in ("P", "RGB") and rng.random() < 0.2:
        options.update(save_all=True, append_images=[noise(image.mode, image.size)])
    return "GIF", saved(image, "GIF", **options)


# BMP


def runs(rows, width, bits):
    """Rows of indices as runs and as they are."""
    out = b""
    for row in rows:
        x = 0
        while x < width:
            same = 1
            while x + same < width and same < 255 and row[x + same] == row[x]:
                same += 1
            literal = min(width - x, 2 * rng.randint(2, 9))  # even: Pillow loses the last of an odd number in RLE4
            if same > 1 or literal < 4 or literal % 2:
                out += bytes([same, row[x] * (17 if bits == 4 else 1)])
                x += same
                continue
            part = row[x : x + literal]
            data = bytes(part) if bits == 8 else bytes(a << 4 | b for a, b in zip(part[::2], part[1::2]))
            out += bytes([0, literal]) + data + b"\0" * (len(data) % 2)
            x += literal
        out += b"\0\0"
    return out + b"\0\1"


def made_bmp():
    (width, height), bits = sizes(), rng.choice([1, 4, 8, 16, 24, 32])
    length = rng.choice([12, 40, 40, 64, 108, 124])
    compression = 0
    if length != 12 and bits in (4, 8) and rng.random() < 0.6:
        compression = 2 if bits == 4 else 1
    masks = rng.choice({16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)],
                        32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0),
                             (0xFF, 0xFF00, 0xFF0000, 0xFF000000)]}.get(bits, [(0, 0, 0, 0)]))
    if length in (40, 108, 124) and bits in (16, 32) and rng.random() < 0.6:
        if length == 40 and masks[3]:
            masks = (0xFF0000, 0xFF00, 0xFF, 0)
        compression = 3
    from_top = length != 12 and rng.random() < 0.4
    colours = 1 << bits if bits <= 8 else 0
    if length != 12 and bits == 8 and rng.random() < 0.3:
        colours = rng.randint(3, 255)
    table = b"".join(palette(1) + (b"\0" if length != 12 else b"") for _ in range(colours))
    if compression in (1, 2):
        indices = [[rng.randrange(colours) for _ in range(width)] for _ in range(height)]
        for row in indices:
            for x in range(1, width):
                if rng.random() < 0.5:
                    row[x] = row[x - 1]
        pixels = runs(indices, width, bits)
    else:
        pixels = rng.randbytes((width * bits + 31) // 32 * 4 * height)
    if length == 12:
        info = struct.pack("<IHHHH", length, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", length, width, -height if from_top else height, 1, bits, compression,
                           len(pixels), 2835, 2835, colours if colours != 1 << bits else 0, 0)
        fields = struct.pack("<IIII", *masks) if compression == 3 else b""
        info = (info + fields).ljust(length, b"\0") if length > 40 else info + fields[:12]
    offset = 14 + len(info) + len(table)
    return "BMP", b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + table + pixels


def bmp():
    if rng.random() < 0.7:
        return made_bmp()
    return "BMP", saved(noise(rng.choice(["1", "L", "P", "RGB", "RGBA"]), sizes()), "BMP")


# PBM, PGM, PPM


def made_pnm():
    (width, height), kind = sizes(), rng.randint(1, 6)
    maximum = 1 if kind in (1, 4) else rng.choice([1, 6, 15, 100, 255, 1000, 65535])
    if kind in (2, 5):
        maximum = min(maximum, 255)  # of more grey levels Pillow makes white
    samples = width * height * (3 if kind in (3, 6) else 1)
    comment = rng.choice([b"", b"# a comment\n", b"#\n"])
    file = b"P%d%b%b%d %b%d" % (kind, rng.choice([b"\n", b" ", b"\r\n"]), comment, width, comment, height)
    file += b"\n" if kind in (1, 4) else b"\n%d\n" % maximum
    if kind == 1:
        return "PNM", file + rng.choice([b"", b" "]).join(rng.choice([b"0", b"1", b"1\n"]) for _ in range(samples))
    if kind < 4:
        space = [b" ", b"\n", b"\t ", b" # comment 7\n"]
        return "PNM", file + b"".join(b"%d%b" % (rng.randint(0, maximum), rng.choice(space)) for _ in range(samples))
    if kind == 4:
        return "PNM", file + rng.randbytes((width + 7) // 8 * height)
    form = ">H" if maximum > 255 else ">B"
    return "PNM", file + b"".join(struct.pack(form, rng.randint(0, maximum)) for _ in range(samples))


def pnm():
    if rng.random() < 0.7:
        return made_pnm()
    return "PNM", saved(noise(rng.choice(["1", "L", "RGB", "RGBA"]), sizes()), "PPM")


# WebP


def webp():
    image = noise(rng.choice(["L", "P", "RGB", "RGB", "RGBA"]), sizes())
    options = dict(lossless=rng.random() < 0.5, quality=rng.randint(0, 100), method=rng.randint(0, 4))
    if image.mode in ("RGB", "RGBA") and rng.random() < 0.2:
        options.update(save_all=True, append_images=[noise(image.mode, image.size)])
    return "WebP", saved(image, "WEBP", **options)


def decoded(file):
    """Pillow's picture; of more than 8 bits of grey the upper 8, where convert() would clip."""
    image = Image.open(io.BytesIO(file))
    image.load()
    if image.mode.startswith("I"):
        image = Image.frombytes("L", image.size, bytes(min(v, 65535) >> 8 for v in image.getdata()))
    return image.convert("RGB")


def flipped(file, format):
    """One bit of the file's second half, where the pixels are; of a PNG, in its IDAT."""
    begin, end = len(file) // 2, len(file)
    if format == "PNG":
        begin = file.index(b"IDAT") + 4
        end = begin + int.from_bytes(file[begin - 8 : begin - 4], "big")
    at = rng.randrange(8 * begin, 8 * end)
    return file[: at // 8] + bytes([file[at // 8] ^ 1 << at % 8]) + file[at // 8 + 1 :]


def larger(make):
    while True:
        format, file = make()
        if len(file) > 300 and (format != "PNG" or int.from_bytes(file[file.index(b"IDAT") - 4 :][:4], "big") > 100):
            return format, file


def main(path, count):
    with open(path, "wb") as out:

        def write(format, name, file):
            try:
                image = decoded(file)
                size, pixels = image.size, image.tobytes()
            except Exception:
                size, pixels = (0, 0), b""
            out.write(b"%b %d %d %d %b\n" % (format.encode(), *size, len(file), name.encode()) + file + pixels)

        for make in (jpeg, png, gif, bmp, pnm, webp):
            for _ in range(count):
                format, file = make()
                write(format, "whole", file)
            for _ in range(count // 2):
                format, file = larger(make)
                write(format, "flipped", flipped(file, format))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
