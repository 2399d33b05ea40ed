"""Makes adversarial.safetensors: pictures after ten steps of projected gradient ascent, in float64, in NHWC.

Weights, pictures and noise come from formula.py. Run: python make_adversarial_golden.py (torch, safetensors, numpy).
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn

import formula

MEAN, STD = (torch.tensor(v, dtype=torch.float64).view(3, 1, 1) for v in ([0.5, 0.4, 0.3], [0.2, 0.25, 0.3]))


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        for i, (channels_in, channels_out) in enumerate([(3, 32), (32, 64), (64, 128)], start=1):
            setattr(self, f"conv{i}", nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(channels_out))
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 2)
        x = nn.functional.max_pool2d(self.bn2(self.conv2(x)).relu(), 2)
        return self.fc(self.bn3(self.conv3(x)).relu().mean(dim=(2, 3)))


def loss_of(model, x):
    return nn.functional.cross_entropy(model((x - MEAN) / STD), torch.tensor([3, 8]))


def attack(model, clean, x, norm, epsilon, step, normalized):
    for _ in range(10):
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss_of(model, x), x)
        if normalized:
            direction = gradient / gradient.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        else:
            direction = gradient.sign()
        x = x.detach() + step * direction
        if norm == "linf":
            x = torch.min(torch.max(x, clean - epsilon), clean + epsilon)
        else:
            apart = x - clean
            length = apart.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
            x = torch.where(length > epsilon, clean + apart / length * epsilon, x)
        x = x.clamp(0, 1)
    return x


model = formula.fill(ConvNet().double())
clean = (formula.tensor("pictures", (2, 3, 6, 6)) + 1) / 2
box = formula.tensor("box", (2, 3, 6, 6))
golden = {}
for name, norm, epsilon, step, normalized, random in [
    ("linf", "linf", 4 / 255, 2 / 255, False, False),
    ("linf_random", "linf", 8 / 255, 1 / 255, False, True),
    ("l2", "l2", 80 / 255, 2 / 255, False, False),
    ("l2_random", "l2", 20 / 255, 2 / 255, False, True),
    ("l2_normalized", "l2", 80 / 255, 15 / 255, True, False),
]:
    start = (clean + epsilon * box).clamp(0, 1) if random else clean
    x = attack(model.eval(), clean, start, norm, epsilon, step, normalized)
    golden[name] = x.permute(0, 2, 3, 1).contiguous()
    golden[name + ".loss"] = loss_of(model.eval(), x).detach().reshape(1)
    distance = (x - clean).flatten(1)
    print(name, distance.abs().max().item(), distance.norm(dim=1).tolist(), golden[name + ".loss"].item())

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "adversarial.safetensors")
save_file(golden, path, metadata={"torch": torch.__version__})
