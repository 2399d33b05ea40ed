#!/usr/bin/env python3
"""Milliseconds of one optimizer step over all parameters of a network, gradients at hand: Radial beside its peers."""

import sys
import time

import side_by_side


def peers(parameters):
    """(name, the Radial optimizer it is compared with, the optimizer)"""
    import adamp
    import timm.optim
    import torch

    sgd = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}
    adam = {"lr": 1e-3, "weight_decay": 1e-2}
    always = {"delta": 1e9}  # every gradient passes the test, as in `radial bench optimizer`: all is projected
    for kind in ("fused", "foreach"):
        yield f"torch SGD ({kind})", "sgd", torch.optim.SGD(parameters, **sgd, **{kind: True})
    for kind in ("fused", "foreach"):
        yield f"torch Adam ({kind})", "adam", torch.optim.Adam(parameters, **adam, **{kind: True})
    for kind in ("fused", "foreach"):
        yield f"torch AdamW ({kind})", "adamw", torch.optim.AdamW(parameters, **adam, **{kind: True})
    yield "adamp SGDP", "sgdp", adamp.SGDP(parameters, **sgd, **always)
    yield "timm SGDP", "sgdp", timm.optim.SGDP(parameters, **sgd, **always)
    yield "adamp AdamP", "adamp", adamp.AdamP(parameters, **adam, **always)
    yield "timm AdamP", "adamp", timm.optim.AdamP(parameters, **adam, **always)


def measure_peers(arch, threads, steps):
    import torch
    import torchvision

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    times = {}
    parameters = list(torchvision.models.get_model(arch, weights=None).parameters())
    for parameter in parameters:
        parameter.grad = 1e-3 * torch.randn_like(parameter)
    for name, radial_name, optimizer in peers(parameters):
        each = []
        for number in range(steps + 3):
            start = time.perf_counter()
            optimizer.step()
            if number >= 3:
                each.append(1e3 * (time.perf_counter() - start))
        times[name] = (radial_name, side_by_side.median(each))
        del optimizer
    return times


def main():
    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("--arch", default="resnet18")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    radial, torch_times = {}, {}
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
        for line in side_by_side.radial_lines(
                arguments.radial, ["bench", "optimizer", "--arch", arguments.arch, "--threads", arguments.threads],
                arguments.threads):
            radial.setdefault(line["optimizer"], []).append(line["step_ms"])
        for name, (radial_name, ms) in measure_peers(arguments.arch, arguments.threads, arguments.steps).items():
            torch_times.setdefault(name, (radial_name, []))[1].append(ms)

    rows = [[f"Radial {name}", f"{side_by_side.median(ms):.2f}", ""] for name, ms in radial.items()]
    for name, (radial_name, ms) in torch_times.items():
        ratio = side_by_side.median(ms) / side_by_side.median(radial[radial_name])
        rows.append([name, f"{side_by_side.median(ms):.2f}", f"{ratio:.2f} x Radial's {radial_name}"])
    text = f"One step over all parameters of {arguments.arch}\n\n"
    text += side_by_side.table(["", "ms", "time of the peer"], rows)
    side_by_side.finish(arguments, {"radial_ms": radial, "peer_ms": torch_times}, text)


if __name__ == "__main__":
    main()
