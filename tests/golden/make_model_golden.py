"""Makes models.safetensors: logits and gradients of torchvision's models, of wide ResNets and of the teaching models, in
float64, and the logits in float32, to know how far from float64 PyTorch itself is.

Weights and pictures come from formula.py. Run: python make_model_golden.py (torch, torchvision, safetensors, numpy).
"""

import os

import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

import formula

CLASSES = 10


def pictures(size, count=2):
    return formula.tensor("pictures", (count, 3, size, size))


def resnet(name, cifar_stem=False):
    model = getattr(torchvision.models, name)(num_classes=CLASSES)
    if cifar_stem:
        model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    return formula.fill(model.double())


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        for i, (channels_in, channels_out) in enumerate([(3, 32), (32, 64), (64, 128)], start=1):
            setattr(self, f"conv{i}", nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(channels_out))
        self.fc = nn.Linear(128, CLASSES)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 2)
        x = nn.functional.max_pool2d(self.bn2(self.conv2(x)).relu(), 2)
        return self.fc(self.bn3(self.conv3(x)).relu().mean(dim=(2, 3)))


class Mlp(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc1, self.bn1 = nn.Linear(3 * size * size, 256, bias=False), nn.BatchNorm1d(256)
        self.fc2, self.bn2 = nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256)
        self.fc3 = nn.Linear(256, CLASSES)

    def forward(self, x):
        x = x.permute(0, 2, 3, 1).flatten(1)  # Radial flattens in the order NHWC
        x = self.bn1(self.fc1(x)).relu()
        return self.fc3(self.bn2(self.fc2(x)).relu())


def mobilenet_v2():
    return formula.fill(torchvision.models.MobileNetV2(num_classes=CLASSES, width_mult=0.35, dropout=0).double())


def vgg16(batch_norm, width=4, hidden=24):
    """With narrow layers."""
    plan = [c if c == "M" else c * width // 64 for c in torchvision.models.vgg.cfgs["D"]]
    model = torchvision.models.VGG(nn.Sequential(), num_classes=CLASSES, init_weights=False, dropout=0)
    model.features = torchvision.models.vgg.make_layers(plan, batch_norm=batch_norm)
    model.classifier[0] = nn.Linear(8 * width * 49, hidden)
    model.classifier[3] = nn.Linear(hidden, hidden)
    model.classifier[6] = nn.Linear(hidden, CLASSES)
    return formula.fill(model.double())


class WideBlock(nn.Module):
    def __init__(self, channels_in, channels_out, stride, shortcut):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.stride, self.added = stride, channels_out - channels_in
        if shortcut == "conv" and self.added:
            self.convShortcut = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)

    def forward(self, x):
        active = self.bn1(x).relu()
        y = self.conv2(self.bn2(self.conv1(active)).relu())
        if not self.added:
            return x + y
        if hasattr(self, "convShortcut"):
            return self.convShortcut(active) + y
        side = active.new_zeros(len(x), self.added // 2, y.shape[2], y.shape[3])
        return torch.cat([side, nn.functional.avg_pool2d(active, self.stride), side], dim=1) + y


class WideGroup(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)


class WideResNet(nn.Module):
    def __init__(self, depth, widening, shortcut):
        super().__init__()
        channels = [16, 16 * widening, 32 * widening, 64 * widening]
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        for i in range(3):
            first = WideBlock(channels[i], channels[i + 1], 1 if i == 0 else 2, shortcut)
            others = [WideBlock(channels[i + 1], channels[i + 1], 1, shortcut) for _ in range((depth - 4) // 6 - 1)]
            setattr(self, f"block{i + 1}", WideGroup([first, *others]))
        self.bn1 = nn.BatchNorm2d(channels[3])
        self.fc = nn.Linear(channels[3], CLASSES)

    def forward(self, x):
        y = self.block3.layer(self.block2.layer(self.block1.layer(self.conv1(x))))
        return self.fc(self.bn1(y).relu().mean(dim=(2, 3)))


def wide_resnet(depth, widening, shortcut):
    return formula.fill(WideResNet(depth, widening, shortcut).double())


def gradients(model, x, labels):
    """loss, and of each parameter's gradient the norm and the product with the sequence "<name>.probe"."""
    model.train()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    rows = [
        (p.grad.norm().item(), (p.grad * formula.tensor(name + ".probe", p.shape)).sum().item())
        for name, p in model.named_parameters()
    ]
    return loss.detach().reshape(1), torch.tensor(rows, dtype=torch.float64)


golden = {}
for key, model, size in [
    ("resnet18", resnet("resnet18"), 64),
    ("resnet34", resnet("resnet34"), 64),
    ("resnet50", resnet("resnet50"), 64),
    ("resnet18_cifar", resnet("resnet18", cifar_stem=True), 16),
    ("convnet", formula.fill(ConvNet().double()), 12),
    ("mlp", formula.fill(Mlp(4).double()), 4),
    ("mobilenet_v2", mobilenet_v2(), 64),
    ("vgg16", vgg16(batch_norm=False), 320),
    ("vgg16_bn", vgg16(batch_norm=True), 96),
    ("wide_resnet16_2", wide_resnet(16, 2, "pad"), 8),
    ("wide_resnet16_2_conv", wide_resnet(16, 2, "conv"), 9),
]:
    x = pictures(size, 3 if key == "mlp" else 2)
    with torch.no_grad():
        golden[f"{key}.eval"] = model.eval()(x)
        golden[f"{key}.train"] = model.train()(x)
        for name, buffer in model.named_buffers():
            if key == "resnet18" and name in ["layer4.1.bn2.running_mean", "layer4.1.bn2.running_var"]:
                golden[f"{key}.{name}"] = buffer.clone()
        formula.fill(model).float()
        golden[f"{key}.eval.float32"] = model.eval()(x.float())
        golden[f"{key}.train.float32"] = model.train()(x.float())

for key, model, size in [
    ("resnet18", resnet("resnet18"), 64),
    ("convnet", formula.fill(ConvNet().double()), 12),
    ("mobilenet_v2", mobilenet_v2(), 64),
    ("vgg16_bn", vgg16(batch_norm=True), 96),
    ("wide_resnet16_2", wide_resnet(16, 2, "pad"), 8),
]:
    x = pictures(size)
    golden[f"{key}.loss"], golden[f"{key}.gradients"] = gradients(model, x, torch.tensor([3, 8]))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models.safetensors")
save_file(golden, path, metadata={"torch": torch.__version__, "torchvision": torchvision.__version__})
for name, value in golden.items():
    print(f"{name:40} {list(value.shape)} {value.abs().max().item():.4g}")
