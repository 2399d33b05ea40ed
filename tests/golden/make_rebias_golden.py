"""Makes rebias.safetensors: three steps of ReBias in float64, as its authors' code does them: nothing is detached, f is
computed once more for its own step. Losses, dependence, running statistics (which move twice a batch) and weights.

Weights and pictures come from formula.py. Run: python make_rebias_golden.py (torch, safetensors, numpy).
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn

import formula

CHANNELS, CLASSES, SAMPLES = 2, 8, 6


class Net(nn.Module):
    def __init__(self, kernel):
        super().__init__()
        widths = [3, CHANNELS, 2 * CHANNELS, 4 * CHANNELS, 8 * CHANNELS]
        for i in range(1, 5):
            setattr(self, f"conv{i}", nn.Conv2d(widths[i - 1], widths[i], kernel, padding=kernel // 2))
            setattr(self, f"bn{i}", nn.BatchNorm2d(widths[i]))
        self.fc = nn.Linear(widths[4], CLASSES)

    def forward(self, x):
        for i in range(1, 5):
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)).relu()
        features = x.mean(dim=(2, 3))
        return self.fc(features), features


def kernel_matrix(x, sigma):
    matrix = torch.exp(-((x[:, None] - x[None]) ** 2).sum(-1) / (2 * sigma**2))
    return matrix * (1 - torch.eye(len(x), dtype=x.dtype))


def hsic(x, y, sigma_x=1.0, sigma_y=1.0):
    n = len(x)
    k, l = kernel_matrix(x, sigma_x), kernel_matrix(y, sigma_y)
    one = torch.ones(n, dtype=x.dtype)
    total = torch.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
    return (total - 2 * (one @ k @ l @ one) / (n - 2)) / (n * (n - 3))


f, g = (formula.fill(Net(kernel).double()).train() for kernel in (7, 1))
optimizers = {net: torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9) for net in (f, g)}
rows = []
for step in range(3):
    x = formula.tensor(f"pictures.{step}", (SAMPLES, 3, 8, 8))
    labels = torch.tensor([(3 * i + step) % CLASSES for i in range(SAMPLES)])
    logits_g, features_g = g(x)
    _, features_f = f(x)
    loss_g = nn.functional.cross_entropy(logits_g, labels) - hsic(features_g, features_f)
    optimizers[g].zero_grad()
    loss_g.backward()
    optimizers[g].step()
    logits_f, features_f = f(x)
    _, features_g = g(x)
    dependence = hsic(features_f, features_g)
    loss_f = nn.functional.cross_entropy(logits_f, labels) + dependence
    optimizers[f].zero_grad()
    loss_f.backward()
    optimizers[f].step()
    rows.append([loss_f.item(), loss_g.item(), dependence.item()])
    print(rows[-1])

golden = {"numbers": torch.tensor(rows, dtype=torch.float64)}
for name, net in [("f", f), ("g", g)]:
    state = net.state_dict()
    for key in ["bn1.running_mean", "bn1.running_var", "bn4.running_mean", "bn4.running_var", "fc.weight"]:
        golden[f"{name}.{key}"] = state[key].detach().clone()

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rebias.safetensors")
save_file(golden, path, metadata={"torch": torch.__version__})
