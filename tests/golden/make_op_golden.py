"""Makes ops.safetensors: PyTorch's results and gradients of normalisations, pools and losses, in float64.

Inputs come from formula.py; pictures are [n, h, w, c] in the file, as in Radial. tests/core/op_golden_test.cpp computes
the same. Gradients are those of sum(y * c), c = formula "cotangent". Run: python make_op_golden.py (torch, safetensors).
"""

import os

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

import formula

results = {}


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(y):
    return y.permute(0, 2, 3, 1).contiguous() if y.dim() == 4 else y


def case(name, op, shapes):
    """Inputs are the sequences "<name>.<i>"."""
    inputs = [formula.tensor(f"{name}.{i}", shape).requires_grad_() for i, shape in enumerate(shapes)]
    y = nhwc(op(*inputs))
    (y * formula.tensor("cotangent", tuple(y.shape))).sum().backward()
    results[f"{name}.y"] = y.detach().clone()
    for i, x in enumerate(inputs):
        results[f"{name}.gradient.{i}"] = x.grad.clone()


def batch_norm(training, relu_residual=False):
    mean, var = formula.tensor("running_mean", (5,)), 1 + 0.5 * formula.tensor("running_var", (5,))

    def run(x, gamma, beta, residual=None):
        y = F.batch_norm(nchw(x), mean, var, gamma, beta, training, momentum=0.1)
        return F.relu(y + nchw(residual)) if relu_residual else y

    return run, mean, var


X = (2, 3, 4, 5)
run, mean, var = batch_norm(True)
case("batch_norm", run, [X, (5,), (5,)])
results["batch_norm.running_mean"], results["batch_norm.running_var"] = mean, var
case("batch_norm_evaluation", batch_norm(False)[0], [X, (5,), (5,)])
case("batch_norm_residual_relu", batch_norm(True, True)[0], [X, (5,), (5,), X])
case("layer_norm", lambda x, g, b: F.layer_norm(x.reshape(24, 5), (5,), g, b), [X, (5,), (5,)])
case("group_norm", lambda x, g, b: F.group_norm(nchw(x), 2, g, b), [(2, 3, 4, 6), (6,), (6,)])
case("instance_norm", lambda x: F.instance_norm(nchw(x)), [X])
case("l2_normalize", lambda x: F.normalize(x, dim=1), [(3, 7)])
case("max_pool2d", lambda x: F.max_pool2d(nchw(x), 3, 2, 1), [(1, 7, 6, 3)])
case("avg_pool2d", lambda x: F.avg_pool2d(nchw(x), 3, 2, 1), [(1, 7, 6, 3)])
case("global_avg_pool", lambda x: nchw(x).mean(dim=(2, 3)), [X])

labels = torch.tensor([2, 0, 3])
soft = formula.tensor("soft", (3, 4)).abs()
case("cross_entropy", lambda x: F.cross_entropy(x, labels), [(3, 4)])
case("cross_entropy_smoothing", lambda x: F.cross_entropy(x, labels, label_smoothing=0.1), [(3, 4)])
case("cross_entropy_soft", lambda x: F.cross_entropy(x, soft), [(3, 4)])
case("cross_entropy_soft_smoothing", lambda x: F.cross_entropy(x, soft, label_smoothing=0.1), [(3, 4)])

save_file(results, os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.safetensors"))
