#!/usr/bin/env python3
"""Milliseconds of single ops, pass by pass: `radial bench ops` beside PyTorch, op after op, in turn.

Each case is made from what Radial prints of it. Pictures are channels-last in memory for both. The backward pass is the
op's alone, again and again. --csv writes what docs/ops.md is made from.
"""

import csv
import math
import pathlib
import re
import sys
import time

import side_by_side

COLUMNS = ["op", "shape", "pass", "radial_ms", "pytorch_ms", "ratio", "share_of_floor"]


def rand(*shape):
    import torch

    return torch.rand(shape) * 2 - 1


def pictures(n, h, w, c):
    """[n, c, h, w], channels last in memory."""
    return rand(n, h, w, c).permute(0, 3, 1, 2)


def integers(below, *shape):
    import torch

    return torch.randint(below, shape)


def numbers(text):
    return [int(word) for word in re.findall(r"-?\d+", text)]


def extents(shape):
    """Of the first tensor: 16x56x56x64."""
    return [int(word) for word in shape.split(",")[0].split()[0].split("x")]


def convolution(shape):
    from torch.nn import functional as F

    channels, (filters, *rest) = extents(shape)[-1], numbers(shape.split(" to ")[1])
    kernel, options = rest[:2], dict(re.findall(r"(stride|groups|padding) ([\dx]+)", shape))
    groups, stride = int(options.get("groups", 1)), int(options.get("stride", 1))
    padding = numbers(options["padding"]) if "padding" in options else kernel[0] // 2
    weight = rand(filters, *kernel, channels // groups).permute(0, 3, 1, 2)
    return [pictures(*extents(shape)), weight], lambda x, w: F.conv2d(x, w, None, stride, padding, 1, groups)


def transposed_convolution(shape):
    from torch.nn import functional as F

    n, h, w, c = extents(shape)
    filters, kernel, stride = (numbers(shape.split(" to ")[1])[i] for i in (0, 1, 3))
    weight = rand(c, kernel, kernel, filters).permute(0, 3, 1, 2)
    return [pictures(n, h, w, c), weight], lambda x, w: F.conv_transpose2d(x, w, stride=stride)


def deformable_convolution(shape):
    from torchvision.ops import deform_conv2d

    n, h, w, c = extents(shape)
    filters, kernel = numbers(shape.split(" to ")[1])[:2]
    taps = kernel * kernel
    weight = rand(filters, c, kernel, kernel)
    return [pictures(n, h, w, c), pictures(n, h, w, 2 * taps), pictures(n, h, w, taps),
            weight], lambda x, places, mask, w: deform_conv2d(x, places, w, padding=kernel // 2, mask=mask)


def batch_norm(op, shape):
    from torch.nn import functional as F

    n, h, w, c = extents(shape)
    inputs = [pictures(n, h, w, c), rand(c), rand(c)]
    if "residual" in op:
        inputs.append(pictures(n, h, w, c))

    def run(x, gamma, beta, residual=None):
        y = F.batch_norm(x, None, None, gamma, beta, training=True)
        y = y if residual is None else y + residual
        return F.relu(y) if "relu" in op else y

    return inputs, run


def embedding(shape):
    from torch.nn import functional as F

    rows, width, n, words = numbers(shape)
    return [rand(rows, width), integers(rows, n, words)], lambda table, index: F.embedding(index, table)


def upsample(shape):
    from torch.nn import functional as F

    side, mode = numbers(shape.split(" to ")[1])[0], shape.split(", ")[1]
    return [pictures(*extents(shape))], lambda x: F.interpolate(x, size=side, mode=mode)


def attention(shape):
    from torch.nn import functional as F

    qkv = [rand(*extents(shape)).transpose(1, 2) for _ in range(3)]
    return qkv, lambda q, k, v: F.scaled_dot_product_attention(q, k, v)


def loss(name, shape):
    import torchvision
    from torch.nn import functional as F

    function = {
        "bce_with_logits": F.binary_cross_entropy_with_logits,
        "sigmoid_focal_loss": torchvision.ops.sigmoid_focal_loss,
        "smooth_l1_loss": F.smooth_l1_loss,
        "mse_loss": F.mse_loss,
    }[name]
    return [rand(*extents(shape)), rand(*extents(shape))], lambda x, t: function(x, t, reduction="none")


def torch_case(op, shape):
    """Inputs and function of a case of `radial bench ops`; None for what PyTorch has no op for."""
    import torch
    from torch.nn import functional as F

    along = int(shape.split(" along ")[1]) if " along " in shape else None
    size = extents(shape) if shape[0].isdigit() and op != "micro-kernel" else None
    name = op.split()[0]
    if name in ("exp", "tanh", "sigmoid"):
        return [rand(*size)], getattr(torch, name)
    if name in ("silu", "gelu", "relu"):
        return [rand(*size)], getattr(F, name)
    if name in ("add", "mul"):
        other = numbers(shape.split(" and ")[1]) if " and " in shape else size
        return [rand(*size), rand(*other)], getattr(torch, name)
    if name == "where":
        condition = rand(*size) > 0
        return [rand(*size), rand(*size)], lambda a, b: torch.where(condition, a, b)
    if name in ("sum", "logsumexp", "var"):
        return [rand(*size)], lambda x: getattr(torch, name)(x, along)
    if name == "max":
        return [rand(*size)], lambda x: torch.max(x, along).values
    if name in ("softmax", "log_softmax", "cumsum"):
        return [rand(*size)], lambda x: getattr(torch, name)(x, along)
    if name == "concat":
        return [rand(*size), rand(*size)], lambda a, b: torch.cat([a, b], 3)
    if name == "permute":
        order = [int(digit) for digit in shape.split(" to ")[1]]
        return [rand(*size)], lambda x: x.permute(order).contiguous()
    if name == "gather":
        return [rand(*size), integers(size[0], *size)], lambda x, index: x.gather(0, index)
    if name == "scatter_add":
        index = integers(size[0], *size)
        return [rand(*size), rand(*size)], lambda x, source: x.scatter_add(0, index, source)
    if name == "topk":
        k = int(shape.split(" k ")[1])
        return [rand(*size)], lambda x: x.topk(k).values
    if name == "sort":
        return [rand(*size)], lambda x: x.sort(stable=True).values
    if name == "bmm":
        return [rand(*size), rand(*size)], lambda a, b: torch.bmm(a, b.mT)
    if name == "dropout":
        p = float(shape.split(" p ")[1])
        return [rand(*size)], lambda x: F.dropout(x, p)
    if name == "randn":
        return [rand(*size)], torch.randn_like
    if name == "linear":
        out = int(shape.split(" to ")[1])
        return [rand(*size), rand(out, size[1]), rand(out)], F.linear
    if name == "layer_norm":
        return [rand(*size), rand(size[-1]), rand(size[-1])], lambda x, g, b: F.layer_norm(x, size[-1:], g, b)
    if name == "max_pool2d":
        return [pictures(*size)], lambda x: F.max_pool2d(x, 3, 2, 1)
    if name == "cross_entropy":
        return [rand(*size), integers(size[1], size[0])], F.cross_entropy
    known = {"conv2d": convolution, "conv_transpose2d": transposed_convolution, "embedding": embedding,
             "upsample": upsample, "attention": attention,
             "deform_conv2d": deformable_convolution}
    if name in known:
        return known[name](shape)
    if name == "batch_norm":
        return batch_norm(op, shape)
    if name in ("bce_with_logits", "sigmoid_focal_loss", "smooth_l1_loss", "mse_loss"):
        return loss(name, shape)
    return None


# The inputs of which a pass computes gradients: those that both sides can take one of, unless it is named here.
GRADIENTS = {("add", "backward"): [1], ("scatter_add", "backward"): [1], ("conv2d", "backward_x"): [0],
             ("conv2d", "backward_w"): [1], ("conv_transpose2d", "backward_x"): [0],
             ("conv_transpose2d", "backward_w"): [1], ("linear", "backward_x"): [0], ("linear", "backward_w"): [1]}
# Their gradients are views in PyTorch, which somebody copies sooner or later.
VIEWS = ("concat", "permute")
FIRST_ALONE = ("bce_with_logits", "sigmoid_focal_loss", "smooth_l1_loss", "mse_loss")


def torch_ms(op, part, inputs, run, seconds):
    import torch

    leaves = []
    if part != "forward":
        floats = [i for i, x in enumerate(inputs) if x.is_floating_point()]
        wanted = GRADIENTS.get((op, part), floats[:1] if op in FIRST_ALONE else floats)
        inputs = [x.detach().requires_grad_() if i in wanted else x for i, x in enumerate(inputs)]
        leaves = [inputs[i] for i in wanted]
    y = run(*inputs)
    dy = torch.full_like(y, 1e-3)
    times, begin = [], time.perf_counter()
    while len(times) < 4 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        if leaves:
            gradients = torch.autograd.grad(y, leaves, dy, retain_graph=True)
            if op in VIEWS:
                gradients = [gradient.contiguous() for gradient in gradients]
        else:
            run(*inputs)
        times.append(1e3 * (time.perf_counter() - start))
    return side_by_side.median(times[1:])


def measure(arguments, op, results):
    """One round of an op: Radial, then PyTorch; adds (Radial's ms, PyTorch's ms, share of the floor) to results."""
    lines = side_by_side.radial_lines(
        arguments.radial, ["bench", "ops", "--op", op, "--batch-size", arguments.batch_size, "--seconds",
                           arguments.seconds, "--threads", arguments.threads], arguments.threads)
    for line in lines:
        key = (op, line["shape"], line["pass"])
        inputs, run = torch_case(op, line["shape"])
        ms = torch_ms(op, line["pass"], inputs, run, arguments.seconds)
        results.setdefault(key, []).append((line["ms"], ms, line["share_of_floor"]))


def summary(results):
    rows = []
    for key, rounds in results.items():
        radial, torch, floor = (side_by_side.median(column) for column in zip(*rounds))
        rows.append([*key, f"{radial:.3f}", f"{torch:.3f}", f"{torch / radial:.2f}", f"{floor:.2f}"])
    return rows


def main():
    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("--op", nargs="+", help="only these")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=0.1, help="of measuring each pass in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--csv", metavar="FILE", help="write the table to this file, too")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(arguments.threads)
    ops = arguments.op
    if not ops:
        every = side_by_side.radial_lines(arguments.radial, ["bench", "ops", "--list"], arguments.threads)
        ops = [line["op"] for line in every if torch_case(line["op"], line["shape"])]
    results = {}
    for number in range(arguments.rounds):
        for op in dict.fromkeys(ops):
            print(f"round {number + 1} of {arguments.rounds}: {op}", file=sys.stderr)
            measure(arguments, op, results)
    rows = summary(results)
    text = f"Batch {arguments.batch_size}, median of {arguments.rounds} rounds; ratio: PyTorch's time / Radial's; "
    text += "floor: the time that the measured limits of processor and memory allow / Radial's\n\n"
    text += side_by_side.table(["op", "shape", "pass", "Radial ms", "PyTorch ms", "ratio", "floor"], rows)
    mean = math.exp(sum(math.log(float(row[5])) for row in rows) / len(rows))
    text += f"\n\nGeometric mean of the ratios: {mean:.2f}\n"
    if arguments.csv:
        with open(pathlib.Path(arguments.csv), "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    side_by_side.finish(arguments, {"rounds": {" | ".join(key): value for key, value in results.items()}}, text)


if __name__ == "__main__":
    main()
