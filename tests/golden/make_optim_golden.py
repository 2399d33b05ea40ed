"""Makes optim.safetensors: weights under torch.optim and the official `adamp` 0.3.0 in float64 over 1,000 steps.

A case is a tensor [5, 29]: the three parameters (rank 1, 2, 4), one behind the other, after steps 1, 2, 10, 100, 1000.
The metadata says how it was made: "optimizer=sgdp lr=0.05 ... view=channel". Weights and gradients come from formula.py;
`view` says how a gradient lies to its weights (gradient() below); with sparse=1 parameters have none in some steps
(has_gradient() below). tests/optim/golden_test.cpp does the same.

The released SGDP writes the projected vector into the momentum buffer; projected_buffer=0 is the released code with
`d_p = buf.clone()`. Run: python make_optim_golden.py (torch, adamp, safetensors).
"""

import inspect
import itertools
import os

import adamp
import torch
from adamp import sgdp as released_sgdp
from safetensors.torch import save_file

import formula

SHAPES = {"vector": (5,), "matrix": (3, 4), "filters": (3, 2, 1, 2)}
SAMPLED = (1, 2, 10, 100, 1000)


def raw_sgdp():
    source = inspect.getsource(released_sgdp)
    assert source.count("d_p = buf\n") == 1
    namespace = {}
    exec(compile(source.replace("d_p = buf\n", "d_p = buf.clone()\n"), "sgdp_raw", "exec"), namespace)
    return namespace["SGDP"]


RAW_SGDP = raw_sgdp()


def without(x, w):
    """x without its part along w."""
    return x - (x * w).sum() / (w * w).sum() * w


def gradient(name, w, step, view):
    """channel: each row orthogonal to w's. layer: orthogonal as a whole, rows not. none: neither. mixed: in turn."""
    r = formula.tensor(f"{name}.{step}", tuple(w.shape))
    if view == "mixed":
        view = ("channel", "layer", "none")[step % 3]
    if w.dim() == 1 or view == "free":
        return r
    if view == "none":  # away from 0, |cos| at least 0.7
        return without(r, w) - r.norm() / w.norm() * w
    r = torch.stack([without(a, b) for a, b in zip(r, w)])
    if view == "layer":  # parts along two rows that cancel; in turn, so that no row shrinks
        along = 0.5 * (-1) ** step * torch.minimum(r[0].norm() * w[0].norm(), r[1].norm() * w[1].norm())
        r[0] += along / (w[0] * w[0]).sum() * w[0]
        r[1] -= along / (w[1] * w[1]).sum() * w[1]
    return r


def has_gradient(name, step, sparse):
    """sparse: the matrix comes in with step 3, the filters have a gradient in each second step."""
    return not sparse or name == "vector" or (step >= 3 if name == "matrix" else step % 2 == 0)


def make(optimizer, params, o):
    decay = dict(weight_decay=o.get("weight_decay", 0))
    lr = o["lr"]
    momentum = dict(momentum=o.get("momentum", 0), dampening=o.get("dampening", 0), nesterov=bool(o.get("nesterov", 0)))
    if optimizer == "sgd":
        return torch.optim.SGD(params, lr=lr, **momentum, **decay)
    if optimizer == "sgdp":
        return (adamp.SGDP if o.get("projected_buffer") else RAW_SGDP)(params, lr=lr, **momentum, **decay)
    if optimizer == "adam":
        return torch.optim.Adam(params, lr=lr, **decay)
    if optimizer == "adamw":
        return torch.optim.AdamW(params, lr=lr, **decay)
    return adamp.AdamP(params, lr=lr, nesterov=bool(o.get("nesterov", 0)), **decay)


def run(optimizer, view, o):
    params = {name: formula.tensor(name, shape).requires_grad_() for name, shape in SHAPES.items()}
    stepper = make(optimizer, list(params.values()), o)
    samples = []
    for step in range(1, SAMPLED[-1] + 1):
        for name, w in params.items():
            w.grad = gradient(name, w.detach(), step, view) if has_gradient(name, step, o.get("sparse")) else None
        stepper.step()
        if step in SAMPLED:
            samples.append(torch.cat([w.detach().reshape(-1) for w in params.values()]))
    return torch.stack(samples)


def cases():
    for o in (
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": 1},
        {"momentum": 0.9, "dampening": 0.3},
        {"weight_decay": 0.01},
        {"momentum": 0.9, "nesterov": 1, "weight_decay": 0.01},
    ):
        yield "sgd", "free", {"lr": 0.05, **o}
    for decay in ({}, {"weight_decay": 0.01}):
        yield "adam", "free", {"lr": 0.01, **decay}
        yield "adamw", "free", {"lr": 0.01, **decay}
    for view in ("channel", "layer", "none", "mixed"):
        yield "sgdp", view, {"lr": 0.05}
        yield "sgdp", view, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}
        for buffer, nesterov, decay in itertools.product(
            ({}, {"projected_buffer": 1}), ({}, {"nesterov": 1}), ({}, {"weight_decay": 0.01})
        ):
            yield "sgdp", view, {"lr": 0.05, "momentum": 0.9, **buffer, **nesterov, **decay}
        for nesterov, decay in itertools.product(({}, {"nesterov": 1}), ({}, {"weight_decay": 0.1})):
            yield "adamp", view, {"lr": 0.01, **nesterov, **decay}
    sparse = {"sparse": 1}
    yield "sgd", "free", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, **sparse}
    yield "adam", "free", {"lr": 0.01, "weight_decay": 0.01, **sparse}
    yield "adamw", "free", {"lr": 0.01, "weight_decay": 0.01, **sparse}
    yield "sgdp", "mixed", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, **sparse}
    yield "adamp", "mixed", {"lr": 0.01, "weight_decay": 0.1, **sparse}


tensors, metadata = {}, {}
for number, (optimizer, view, options) in enumerate(cases()):
    name = f"{number:02}"
    tensors[name] = run(optimizer, view, options)
    metadata[name] = " ".join(f"{key}={value}" for key, value in {"optimizer": optimizer, "view": view, **options}.items())
    assert torch.isfinite(tensors[name]).all(), metadata[name]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim.safetensors")
save_file(tensors, path, metadata)
os.chmod(path, 0o644)
