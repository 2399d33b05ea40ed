"""The cases of accuracy_float32.py: op, options, inputs in PyTorch's layouts, and the same op in PyTorch."""

import torch
import torch.nn.functional as F

RESNET18_CONVOLUTIONS = [  # channels, filters, kernel, stride, picture
    (3, 64, 7, 2, 224), (64, 64, 3, 1, 56), (64, 128, 3, 2, 56), (64, 128, 1, 2, 56), (128, 128, 3, 1, 28),
    (128, 256, 3, 2, 28), (128, 256, 1, 2, 28), (256, 256, 3, 1, 14), (256, 512, 3, 2, 14), (256, 512, 1, 2, 14),
    (512, 512, 3, 1, 7),
]


class Case:
    """inputs: name -> tensor; function(inputs) -> y in PyTorch; options go to Radial as text."""

    def __init__(self, op, title, inputs, function, **options):
        self.op, self.title, self.inputs, self.function, self.options = op, title, inputs, function, options


def convolution(batch, c, o, k, stride, size, padding=None, dilation=1, groups=1):
    padding = k // 2 if padding is None else padding
    x, w = torch.randn(batch, c, size, size), torch.randn(o, c // groups, k, k) / (c // groups * k * k) ** 0.5
    title = f"{batch}x{size}x{size}x{c} to {o}, {k}x{k}" + (f" stride {stride}" if stride > 1 else "")
    title += (f" dilation {dilation}" if dilation > 1 else "") + (f" groups {groups}" if groups > 1 else "")
    return Case("conv2d", title, {"x": x, "w": w},
                lambda t: F.conv2d(t["x"], t["w"], None, stride, padding, dilation, groups),
                stride=stride, padding=padding, dilation=dilation, groups=groups)


def normalisation(op, shape, function, **options):
    """x is not centred, as activations are not."""
    c = shape[1] if len(shape) == 4 else shape[-1]
    inputs = {"x": 2 * torch.randn(shape) + 1, "gamma": torch.rand(c) + 0.5, "beta": torch.randn(c)}
    return Case(op, "x".join(map(str, shape)), inputs, function, **options)


def cases():
    torch.manual_seed(0)
    for c, o, k, stride, size in RESNET18_CONVOLUTIONS:
        yield convolution(8, c, o, k, stride, size)
    yield convolution(3, 17, 33, 3, 1, 19, dilation=2, padding=2)
    yield convolution(4, 32, 64, 3, 1, 14, groups=4)
    yield convolution(4, 96, 96, 3, 1, 28, groups=96)
    yield Case("linear", "32x512 to 1000",
               {"x": torch.randn(32, 512), "w": torch.randn(1000, 512) / 22, "b": torch.randn(1000)},
               lambda t: F.linear(t["x"], t["w"], t["b"]))
    yield Case("matmul", "127x301 times 301x65", {"a": torch.randn(127, 301), "b": torch.randn(301, 65)},
               lambda t: t["a"] @ t["b"])
    for shape in ((16, 64, 56, 56), (16, 512, 7, 7)):
        yield normalisation("batch_norm", shape,
                            lambda t: F.batch_norm(t["x"], None, None, t["gamma"], t["beta"], training=True))
    yield normalisation("layer_norm", (512, 768),
                        lambda t: F.layer_norm(t["x"], t["x"].shape[-1:], t["gamma"], t["beta"]))
    yield normalisation("group_norm", (8, 64, 28, 28), lambda t: F.group_norm(t["x"], 32, t["gamma"], t["beta"]),
                        groups=32)
    yield normalisation("instance_norm", (8, 64, 28, 28),
                        lambda t: F.instance_norm(t["x"], weight=t["gamma"], bias=t["beta"]))
    yield Case("avg_pool2d", "8x28x28x64, 3x3 stride 2", {"x": torch.randn(8, 64, 28, 28)},
               lambda t: F.avg_pool2d(t["x"], 3, 2, 1), kernel=3, stride=2, padding=1)
    yield Case("global_avg_pool", "16x7x7x512", {"x": torch.randn(16, 512, 7, 7)}, lambda t: t["x"].mean((2, 3)))
    yield Case("cross_entropy", "64x1000", {"logits": 3 * torch.randn(64, 1000), "labels": torch.randint(1000, (64,))},
               lambda t: F.cross_entropy(t["logits"], t["labels"]))
    yield Case("cross_entropy", "64x1000, smoothing 0.1",
               {"logits": 3 * torch.randn(64, 1000), "labels": torch.randint(1000, (64,))},
               lambda t: F.cross_entropy(t["logits"], t["labels"], label_smoothing=0.1), label_smoothing=0.1)
    yield Case("l2_normalize", "64x512", {"x": torch.randn(64, 512)}, lambda t: F.normalize(t["x"]))
