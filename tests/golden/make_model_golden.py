"""Makes models.safetensors: logits and gradients of torchvision's ResNets and of the teaching models, in float64,
and the logits in float32, to know how far from float64 PyTorch itself is.

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
]:
    x = pictures(size)
    golden[f"{key}.loss"], golden[f"{key}.gradients"] = gradients(model, x, torch.tensor([3, 8]))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models.safetensors")
save_file(golden, path, metadata={"torch": torch.__version__, "torchvision": torchvision.__version__})
for name, value in golden.items():
    print(f"{name:40} {list(value.shape)} {value.abs().max().item():.4g}")
