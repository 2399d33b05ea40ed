"""Makes ops.safetensors: PyTorch's results and gradients of ops, in float64. A case's name begins with its op's.

Inputs come from formula.py; pictures are [n, h, w, c] in the file, as in Radial. tests/core/op_golden_test.cpp computes
the same. Gradients are those of sum(y * c), c = formula "cotangent". Run: python make_op_golden.py (torch, safetensors).
"""

import os

import torch
import torchvision
from safetensors.torch import save_file
from torch.nn import functional as F

import formula

results = {}


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(y):
    return y.permute(0, 2, 3, 1).contiguous() if y.dim() == 4 else y


def case(name, op, shapes, arrange=nhwc):
    """Inputs are the sequences "<name>.<i>"."""
    inputs = [formula.tensor(f"{name}.{i}", shape).requires_grad_() for i, shape in enumerate(shapes)]
    y = arrange(op(*inputs))
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


def plain(name, op, shapes):
    case(name, op, shapes, arrange=lambda y: y.contiguous())


CUBE = (2, 3, 4)
plain("sum_dims", lambda x: x.sum((0, 2)), [CUBE])
plain("mean_kept", lambda x: x.mean(1, keepdim=True), [CUBE])
plain("logsumexp", lambda x: x.logsumexp((0, 2)), [CUBE])
plain("var", lambda x: x.var((0, 2)), [CUBE])
plain("var_biased", lambda x: x.var(-1, unbiased=False), [CUBE])
plain("max_dim", lambda x: x.max(1).values, [CUBE])
plain("min_dims", lambda x: x.amin((0, 2)), [CUBE])
plain("softmax", lambda x: x.softmax(1), [CUBE])
plain("log_softmax", lambda x: x.log_softmax(-1), [CUBE])

plain("permute", lambda x: x.permute(2, 0, 1), [CUBE])
plain("flip", lambda x: x.flip((0, -1)), [CUBE])
plain("narrow", lambda x: x.narrow(-1, 1, 2), [CUBE])
plain("concat", lambda x, z: torch.cat([x, z, x], 1), [CUBE, (2, 1, 4)])
plain("stack", lambda x, z: torch.stack([x, z], -1), [CUBE, CUBE])
plain("pad", lambda x: F.pad(x, (1, 2, 0, 3), value=0.5), [CUBE])
plain("pad_reflect", lambda x: F.pad(x, (3, 2), mode="reflect"), [CUBE])
plain("expand", lambda x: x.expand(2, 3, 4), [(3, 1)])
plain("repeat", lambda x: x.repeat(2, 1, 3), [(3, 2)])

indices = torch.tensor([[[2, 0, 0, 1], [2, 1, 2, 2]], [[0, 0, 1, 1], [0, 2, 2, 0]]])
plain("gather", lambda x: x.gather(1, indices), [CUBE])
plain("index_select", lambda x: x.index_select(-1, torch.tensor([3, 0, 3, 3, 1])), [CUBE])
plain("scatter_add", lambda x, z: x.scatter_add(1, indices, z), [CUBE, (2, 2, 4)])
plain("embedding", lambda w: F.embedding(torch.tensor([[1, 4, 1], [0, 2, 1]]), w, padding_idx=2), [(5, 3)])
plain("cumsum", lambda x: x.cumsum(1), [CUBE])
plain("sort", lambda x: x.sort(1, descending=True).values, [CUBE])
plain("topk", lambda x: x.topk(2, -1, largest=False).values, [CUBE])
corners = formula.tensor("boxes", (40, 2))
boxes = torch.cat([corners, corners + 0.3 + 0.5 * formula.tensor("sizes", (40, 2)).abs()], 1)
for threshold in (0.1, 0.5):
    kept = torchvision.ops.nms(boxes, formula.tensor("scores", (40,)), threshold)
    results[f"nms_{threshold}"] = kept.to(torch.int32)

TABLE = (3, 4)
targets = formula.tensor("targets", TABLE).abs()
weights = 0.5 + formula.tensor("weights", (4,)).abs()
marked = torch.tensor([2, -1, 3])
for reduction in ("mean", "sum", "none"):
    how = {"reduction": reduction}
    plain(f"bce_with_logits_{reduction}", lambda x: F.binary_cross_entropy_with_logits(x, targets, pos_weight=weights, **how), [TABLE])
    plain(f"sigmoid_focal_loss_{reduction}", lambda x: torchvision.ops.sigmoid_focal_loss(x, targets, **how), [TABLE])
    plain(f"l1_loss_{reduction}", lambda x, t: F.l1_loss(x, t, **how), [TABLE, TABLE])
    plain(f"mse_loss_{reduction}", lambda x, t: F.mse_loss(x, t, **how), [TABLE, TABLE])
    plain(f"smooth_l1_loss_{reduction}", lambda x, t: F.smooth_l1_loss(x, t, beta=0.5, **how), [TABLE, TABLE])
    plain(f"triplet_margin_loss_{reduction}", lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=0.5, **how), [TABLE] * 3)
    for smoothing in (0.0, 0.1):
        how = {"reduction": reduction, "label_smoothing": smoothing}
        name = f"cross_entropy_{reduction}_{smoothing}"
        plain(name, lambda x: F.cross_entropy(x, marked, weights, ignore_index=-1, **how), [TABLE])
        plain(f"{name}_soft", lambda x: F.cross_entropy(x, soft, weights, **how), [TABLE])

save_file(results, os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.safetensors"))
