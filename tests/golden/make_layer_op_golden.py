"""Makes layer_ops.safetensors: PyTorch's results and gradients of convolutions with an extent for each axis, transposed
ones, pools, interpolation, attention, distances and products, in float64. A case's name begins with its op's.

Inputs come from formula.py; pictures are [n, h, w, c], weights [out, kh, kw, in] and sequences [n, t, c] in the file, as
in Radial. tests/core/layer_op_golden_test.cpp computes the same. Gradients are those of sum(y * c), c = formula
"cotangent". Run: python make_layer_op_golden.py (torch, safetensors).
"""

import os

import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from torchvision.ops import deform_conv2d

import formula

results = {}


def first(x):  # channels first
    return x.movedim(-1, 1)


def last(y):
    return y.movedim(1, -1).contiguous()


def case(name, op, shapes):
    """Inputs are the sequences "<name>.<i>"."""
    inputs = [formula.tensor(f"{name}.{i}", shape).requires_grad_() for i, shape in enumerate(shapes)]
    y = op(*inputs).contiguous()
    (y * formula.tensor("cotangent", tuple(y.shape))).sum().backward()
    results[f"{name}.y"] = y.detach().clone()
    for i, x in enumerate(inputs):
        results[f"{name}.gradient.{i}"] = x.grad.clone()


def conv(op, **options):
    return lambda x, w: last(op(first(x), first(w), **options))


case("conv2d", conv(F.conv2d, stride=(2, 1), padding=(0, 2), dilation=(1, 3), groups=2), [(2, 6, 7, 4), (6, 3, 2, 2)])
case("conv1d", conv(F.conv1d, stride=2, padding=3, dilation=2), [(2, 9, 3), (5, 4, 3)])
case(
    "conv_transpose2d",
    conv(F.conv_transpose2d, stride=(3, 2), padding=(1, 0), output_padding=(2, 1), groups=2, dilation=(1, 2)),
    [(2, 3, 4, 4), (4, 3, 2, 3)],
)
case(
    "deform_conv2d",
    lambda x, offset, mask, w: last(
        deform_conv2d(first(x), first(3 * offset), first(w), stride=(2, 1), padding=(1, 2), dilation=(1, 2),
                      mask=first(mask))),
    [(2, 6, 5, 4), (2, 3, 5, 36), (2, 3, 5, 18), (5, 3, 3, 4)],
)
case("max_pool2d", lambda x: last(F.max_pool2d(first(x), (3, 2), (2, 3), (1, 0), ceil_mode=True)), [(1, 8, 6, 3)])
for pad in (True, False):
    case(
        f"avg_pool2d_{'with' if pad else 'without'}_padding",
        lambda x: last(F.avg_pool2d(first(x), (3, 2), (2, 3), (1, 1), ceil_mode=True, count_include_pad=pad)),
        [(1, 8, 6, 3)],
    )


def resized(**options):
    return lambda x: last(F.interpolate(first(x), **options))


X = (1, 4, 5, 2)
case("upsample_nearest", resized(size=(7, 3)), [X])
case("upsample_nearest_scale", resized(scale_factor=2.7), [X])
case("upsample_bilinear", resized(size=(7, 3), mode="bilinear"), [X])
case("upsample_bilinear_scale", resized(scale_factor=1.7, mode="bilinear"), [X])
case("upsample_bilinear_corners", resized(size=(7, 3), mode="bilinear", align_corners=True), [X])


def attention(causal=False, masked=False):
    def run(q, k, v, *bias):
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[0] if masked else None, is_causal=causal)
        return y.transpose(1, 2)

    return run


QKV = [(2, 3, 2, 4), (2, 5, 2, 4), (2, 5, 2, 3)]
case("attention", attention(), QKV)
case("attention_causal", attention(causal=True), QKV)
case("attention_bias", attention(masked=True), QKV + [(1, 2, 3, 5)])
case("distances", torch.cdist, [(3, 4), (5, 4)])
case("squared_distances", lambda a, b: ((a[:, None] - b) ** 2).sum(-1), [(3, 4), (5, 4)])
case("matmul", lambda a, b: a.T @ b, [(4, 3), (4, 5)])
case("linear", F.linear, [(3, 4), (5, 4), (5,)])
case("bmm", lambda a, b: a @ b.mT, [(2, 3, 4), (1, 5, 4)])

save_file(results, os.path.join(os.path.dirname(os.path.abspath(__file__)), "layer_ops.safetensors"))
