"""Makes layer_depth.csv: how far from the head timm takes each parameter of ResNets to be, for its layer-wise decay of
the learning rate: log(lr_scale) / log(decay) of param_groups_layer_decay. The names are torchvision's, too.
Run: python make_layer_depth_golden.py (torch, timm).
"""

import math
import os

import timm
from timm.optim import param_groups_layer_decay

DECAY = 0.5

rows = []
for arch in ("resnet18", "resnet50"):
    model = timm.create_model(arch, pretrained=False)
    names = {id(p): name for name, p in model.named_parameters()}
    for group in param_groups_layer_decay(model, weight_decay=0.0, layer_decay=DECAY):
        for parameter in group["params"]:
            rows.append((arch, names[id(parameter)], round(math.log(group["lr_scale"]) / math.log(DECAY))))
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "layer_depth.csv"), "w") as file:
    file.write("arch,parameter,depth\n")
    for arch, name, depth in rows:
        file.write(f"{arch},{name},{depth}\n")
