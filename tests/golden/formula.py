"""Numbers that both sides compute, so that no weights need to be stored: tests/formula.h and tests/models/formula.h are the same in C++.

Number i of the sequence `name` is uniform in [-1, 1): splitmix64 from the FNV-1a hash of the name.
"""

import math

import numpy as np
import torch


def sequence(name, count):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1


def tensor(name, shape):
    return torch.from_numpy(sequence(name, math.prod(shape)).reshape(shape))


def fill(model):
    """Weights of the size that keeps activations alive, statistics of batch norms that are not 0 and 1."""
    with torch.no_grad():
        for name, target in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            value = tensor(name, target.shape)
            if target.dim() > 1:
                value *= math.sqrt(6 / (target.numel() // target.shape[0]))
            elif name.endswith("running_var") or name.endswith("weight"):
                value = 1 + 0.5 * value
            else:
                value *= 0.1
            target.copy_(value)
    return model
