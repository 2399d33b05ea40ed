"""Golden values of detection: what OpenCV and PyTorch make of small formulas.

    python make_detect_golden.py        (made with PyTorch 2.15 and opencv-python-headless 4.12)

Writes detect.safetensors beside this file.
"""

import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

import formula

HERE = pathlib.Path(__file__).parent


def wave(shape, step, start=0.0):
    n = np.arange(np.prod(shape))
    return np.sin(step * n + start).reshape(shape)


def center_loss(tensors):
    """CenterNet's losses in float64, and their gradients; maps NHWC."""
    n, h, w, c, most = 2, 4, 5, 3, 6
    heat = torch.tensor(3 * wave((n, h, w, c), 0.7), requires_grad=True)
    size = torch.tensor(4 * wave((n, h, w, 2), 0.3), requires_grad=True)
    offset = torch.tensor(wave((n, h, w, 2), 1.1), requires_grad=True)
    target = np.abs(wave((n, h, w, c), 1.7))
    target.reshape(-1)[[3, 40, 77]] = 1
    cell = (np.arange(n * most) * 7 % (h * w)).reshape(n, most)
    used = (np.arange(n * most) % 3 != 0).astype(float).reshape(n, most)
    size_target, offset_target = 2 * wave((n, most, 2), 0.9), wave((n, most, 2), 0.4)

    p = torch.clamp(torch.sigmoid(heat), 1e-4, 1 - 1e-4)
    g = torch.tensor(target)
    positive = g == 1
    found = (1 - p[positive])**2 * torch.log(p[positive])
    silent = (1 - g[~positive])**4 * p[~positive]**2 * torch.log(1 - p[~positive])
    losses = [-(found.sum() + silent.sum()) / positive.sum()]
    index, mask = torch.tensor(cell), torch.tensor(used)
    for x, t in (size, size_target), (offset, offset_target):
        at = torch.gather(x.reshape(n, h * w, 2), 1, index[..., None].expand(-1, -1, 2))
        both = mask[..., None].expand(-1, -1, 2)
        losses.append(((at - torch.tensor(t)).abs() * both).sum() / (both.sum() + 1e-4))
    total = losses[0] + 0.1 * losses[1] + losses[2]
    total.backward()
    tensors["center_loss"] = np.array([x.item() for x in (total, *losses)])
    for name, x in ("heat", heat), ("size", size), ("offset", offset):
        tensors["center_loss_d" + name] = x.grad.numpy()


def warp(tensors):
    """cv2.warpAffine of a picture of 23x17, centred, smaller, larger and far outside."""
    import cv2

    y, x, k = np.meshgrid(np.arange(17), np.arange(23), np.arange(3), indexing="ij")
    picture = ((x * 7919 + y * 104729 + k * 1299709 + x * y * 31) % 256).astype(np.uint8)
    views = [(11.5, 8.5, 23, 16), (5, 4, 13.8, 16), (20, 3, 29.9, 12), (7.25, 9.5, 16.1, 32), (300, 3, 20, 8)]
    for i, (cx, cy, side, size) in enumerate(views):
        k = size / side
        matrix = np.array([[k, 0, size * 0.5 - k * cx], [0, k, size * 0.5 - k * cy]])
        tensors[f"warp{i}"] = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR)


def ssd(tensors):
    """Every 97th row of what torchvision's ssd300_vgg16 says of a picture of numbers from formula.py, in float64."""
    import torchvision

    model = torchvision.models.detection.ssd300_vgg16(weights=None, weights_backbone=None, num_classes=3)
    formula.fill(model.double()).eval()
    with torch.no_grad():
        features = list(model.backbone(formula.tensor("pictures", (1, 3, 300, 300))).values())
        found = model.head(features)
    tensors["ssd_classes"] = found["cls_logits"][0, ::97].numpy()
    tensors["ssd_codes"] = found["bbox_regression"][0, ::97].numpy()


class Deformable(torch.nn.Module):
    """A 3x3 modulated deformable convolution, offsets and masks from a convolution of its own."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(c_out, c_in, 3, 3))
        self.bias = torch.nn.Parameter(torch.empty(c_out))
        self.conv_offset_mask = torch.nn.Conv2d(c_in, 27, 3, padding=1)

    def forward(self, x):
        from torchvision.ops import deform_conv2d

        places = self.conv_offset_mask(x)
        return deform_conv2d(x, places[:, :18], self.weight, self.bias, padding=1, mask=places[:, 18:].sigmoid())


def centernet(tensors):
    """What CenterNet over torchvision's ResNet-18, with either neck, says of a picture from formula.py, in float64."""
    import torchvision
    from torch import nn

    for name, widths in ("centernet", (256, 256, 256)), ("centernet_dcn", (256, 128, 64)):
        model = torchvision.models.resnet18(weights=None)
        del model.fc
        layers, c_in = [], 512
        for width in widths:
            if name == "centernet_dcn":
                layers += [Deformable(c_in, width), nn.BatchNorm2d(width), nn.ReLU()]
                c_in = width
            layers += [nn.ConvTranspose2d(c_in, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            c_in = width
        model.deconv_layers = nn.Sequential(*layers)
        for head, outputs in ("hm", 3), ("wh", 2), ("reg", 2):
            last = nn.Conv2d(64, outputs, 1)
            setattr(model, head, nn.Sequential(nn.Conv2d(c_in, 64, 3, padding=1), nn.ReLU(), last))
        formula.fill(model.double()).eval()
        with torch.no_grad():
            x = model.maxpool(model.relu(model.bn1(model.conv1(formula.tensor("pictures", (1, 3, 64, 64))))))
            x = model.deconv_layers(model.layer4(model.layer3(model.layer2(model.layer1(x)))))
            for head in "hm", "wh", "reg":
                tensors[f"{name}_{head}"] = getattr(model, head)(x).permute(0, 2, 3, 1).numpy()


def resize(tensors):
    """Bilinear, without antialiasing."""
    picture = torch.tensor(wave((1, 3, 5, 7), 0.9))
    for size in 4, 11:
        y = torch.nn.functional.interpolate(picture, (size, size), mode="bilinear", align_corners=False)
        tensors[f"resize{size}"] = y[0].permute(1, 2, 0).numpy()


def main():
    tensors = {}
    center_loss(tensors)
    warp(tensors)
    resize(tensors)
    ssd(tensors)
    centernet(tensors)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, HERE / "detect.safetensors")


if __name__ == "__main__":
    main()
