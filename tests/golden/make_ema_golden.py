"""Makes ema.safetensors: averages of the weights of a small network, by timm's ModelEmaV2 and torch.optim.swa_utils.

Tensors "N.NAME" are the state of a linear layer and a batch norm before training (N = 0) and after step N of five;
"timm.NAME" are what ModelEmaV2 with decay 0.9 holds after the last. It begins with the first state, averages buffers as
parameters, and so does radial. num_batches_tracked, an integer, is left out: there timm rounds an average, radial copies.
AveragedModel, which begins with the state after the first step, is held to the same formula by the assertion below.
Run: python make_ema_golden.py (torch, timm, safetensors).
"""

import os

import torch
from safetensors.torch import save_file
from timm.utils import ModelEmaV2
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

DECAY = 0.9


def state(model):
    return {name: x.detach().clone() for name, x in model.state_dict().items() if x.is_floating_point()}


torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)).train()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
ema = ModelEmaV2(model, decay=DECAY)
averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY), use_buffers=True)
averaged.update_parameters(model)  # of the first state: a copy
tensors = {f"0.{name}": x for name, x in state(model).items()}
for step in range(1, 6):
    optimizer.zero_grad()
    model(torch.randn(8, 4)).pow(3).mean().backward()
    optimizer.step()
    ema.update(model)
    averaged.update_parameters(model)
    tensors.update({f"{step}.{name}": x for name, x in state(model).items()})
for name, x in state(ema.module).items():
    assert torch.allclose(x, state(averaged.module)[name], rtol=1e-5, atol=1e-7), name
    tensors[f"timm.{name}"] = x
save_file(tensors, os.path.join(os.path.dirname(os.path.abspath(__file__)), "ema.safetensors"))
