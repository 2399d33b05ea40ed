"""torch_optimizers.py STEPS: milliseconds of a step of PyTorch's and adamp's optimizers over ResNet18's parameters on the
card, gradients at hand; a JSON object {name: ms}."""

import json
import sys
import time

import torch
from torch_resnet import resnet


def optimizers(parameters):
    sgd = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}
    adam = {"lr": 1e-3, "weight_decay": 1e-2}
    for kind in ("fused", "foreach"):
        yield f"torch SGD ({kind})", lambda: torch.optim.SGD(parameters, **sgd, **{kind: True})
        yield f"torch Adam ({kind})", lambda: torch.optim.Adam(parameters, **adam, **{kind: True})
        yield f"torch AdamW ({kind})", lambda: torch.optim.AdamW(parameters, **adam, **{kind: True})
    try:
        import adamp
    except ImportError:
        return
    always = {"delta": 1e9}  # every gradient passes the test, as in `radial bench optimizer`: all is projected
    yield "adamp SGDP", lambda: adamp.SGDP(parameters, **sgd, **always)
    yield "adamp AdamP", lambda: adamp.AdamP(parameters, **adam, **always)


def main():
    steps = int(sys.argv[1])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    synchronize = torch.cuda.synchronize if device == "cuda" else lambda: None
    times = {}
    torch.manual_seed(0)
    parameters = list(resnet("resnet18").to(device).parameters())
    for parameter in parameters:
        parameter.grad = 1e-3 * torch.randn_like(parameter)
    for name, make in optimizers(parameters):
        optimizer = make()
        for _ in range(3):
            optimizer.step()
        synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            optimizer.step()
        synchronize()
        times[name] = 1e3 * (time.perf_counter() - start) / steps
    print(json.dumps(times))


main()
