"""Makes pointwise.safetensors: PyTorch's results and gradients of pointwise ops, in float64. A case's name begins
with its op's.

Inputs come from formula.py; tests/core/pointwise_test.cpp computes the same. Gradients are those of sum(y * c),
c = formula "cotangent". Run: python make_pointwise_golden.py (torch, safetensors).
"""

import os

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

import formula

results = {}


def case(name, op, shapes):
    """Inputs are 3 times the sequences "<name>.<i>"."""
    inputs = [(3 * formula.tensor(f"{name}.{i}", shape)).requires_grad_() for i, shape in enumerate(shapes)]
    y = op(*inputs)
    (y * formula.tensor("cotangent", tuple(y.shape))).sum().backward()
    results[f"{name}.y"] = y.detach().clone()
    for i, x in enumerate(inputs):
        results[f"{name}.gradient.{i}"] = x.grad.clone()


X = [(3, 7)]
case("exp", torch.exp, X)
case("log", lambda x: torch.log(x + 3.5), X)
case("sqrt", lambda x: torch.sqrt(x + 3.5), X)
case("rsqrt", lambda x: torch.rsqrt(x + 3.5), X)
case("pow 1.7", lambda x: (x + 3.5) ** 1.7, X)
case("pow 3", lambda x: x**3, X)
case("abs", torch.abs, X)
case("neg", torch.neg, X)
case("scale", lambda x: -2.5 * x, X)
case("sign", torch.sign, X)
case("relu", F.relu, X)
case("relu6", lambda x: F.relu6(4 * x), X)
case("square", torch.square, X)
case("sigmoid", torch.sigmoid, X)
case("tanh", torch.tanh, X)
case("silu", F.silu, X)
case("gelu", F.gelu, X)
case("gelu tanh", lambda x: F.gelu(x, approximate="tanh"), X)
case("leaky_relu", F.leaky_relu, X)
case("softplus", F.softplus, X)
case("softplus 2", lambda x: F.softplus(x, beta=2), X)
case("clamp", lambda x: torch.clamp(x, -1, 2), X)
case("sub numbers", lambda x: 1 - 2 / (3 * x + 10) - x / 7 + (x - 1) * 0.5, X)
case("add", torch.add, [(2, 3, 5), (3, 1)])
case("sub", torch.sub, [(3, 1), (2, 1, 5)])
case("mul", torch.mul, [(2, 3, 5), (5,)])
case("div", lambda a, b: a / (b + 4), [(4, 1, 3), (2, 1)])
case("minimum", torch.minimum, [(3, 7), (7,)])
case("maximum", torch.maximum, [(3, 7), (3, 1)])
case("where", lambda a, b: torch.where(a > b, a * a, b), [(3, 7), (1, 7)])

save_file(results, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pointwise.safetensors"))
