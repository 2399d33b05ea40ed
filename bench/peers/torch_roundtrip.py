"""Radial's weights in torchvision: the same logits?

Run: python bench/peers/torch_roundtrip.py build/tests/models/test_models
"""

import os
import subprocess
import sys
import tempfile

import torch
import torchvision
from safetensors.torch import load_file

worst = 0.0
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], "[roundtrip]"], env={**os.environ, "RADIAL_ROUNDTRIP": folder}, check=True)
    for arch in ["resnet18", "resnet34", "resnet50"]:
        model = getattr(torchvision.models, arch)().eval()
        model.load_state_dict(load_file(f"{folder}/{arch}.safetensors"), strict=True)
        ours = load_file(f"{folder}/{arch}.logits.safetensors")
        with torch.no_grad():
            theirs = model(ours["pictures"])
        difference = ((ours["logits"] - theirs).norm() / theirs.norm()).item()
        worst = max(worst, difference)
        print(f"{arch}: loaded with strict=True, logits differ by {difference:.2e} (relative)")
sys.exit(0 if worst < 1e-4 else 1)
