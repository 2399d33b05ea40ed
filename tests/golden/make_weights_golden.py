#!/usr/bin/env python3
"""Writes weights_*.pth, as torch.save() makes them, and weights.safetensors, what they hold (PyTorch, NumPy).

weights_plain.pth      a state dict with tensors of each type, strided ones, two that share a storage
weights_checkpoint.pth a training's: the state dict is one entry, its names begin with "module.", and other entries hold
                       what would be executed by whoever unpickles it
weights_protocol4.pth  the first with Python's pickle protocol 4
weights_module.pth     a whole module, which is none
"""

import argparse
import collections
import pathlib
import struct
import json

import torch

HERE = pathlib.Path(__file__).parent


def tensors():
    shared = torch.arange(24, dtype=torch.float32) / 8 - 1
    return collections.OrderedDict(
        plain=shared[:6].reshape(2, 3),
        slice=shared[7:15].reshape(2, 4)[:, 1:3],
        turned=(torch.arange(12, dtype=torch.float32) / 3).reshape(3, 4).t(),
        channels_last=(torch.arange(36, dtype=torch.float32) - 7).reshape(1, 3, 3, 4).to(memory_format=torch.channels_last),
        double=torch.tensor([[1e-300, -0.1]], dtype=torch.float64),
        half=torch.tensor([0.5, -2, 65504, 6e-8, float("inf")], dtype=torch.float16),
        bfloat=torch.tensor([1.0, -3.140625], dtype=torch.bfloat16),
        long=torch.tensor([-5, 2**31 - 1]),
        short=torch.tensor([[-3], [300]], dtype=torch.int16),
        byte=torch.tensor([0, 255], dtype=torch.uint8),
        bool=torch.tensor([True, False]),
        scalar=torch.tensor(7.5),
        empty=torch.zeros(0, 4),
        parameter=torch.nn.Parameter(torch.tensor([0.25])),
    )


class Runs:
    """Unpickling it with Python calls a function."""

    def __reduce__(self):
        return (print, ("executed",))


def write_expected(path, named):
    kinds = {torch.float64: "F64", torch.float32: "F32", torch.bfloat16: "BF16", torch.int32: "I32", torch.uint8: "U8"}
    becomes = {torch.float16: torch.float32, torch.int64: torch.int32, torch.int16: torch.int32, torch.bool: torch.uint8}
    header, data = {}, b""
    for name, tensor in named.items():
        tensor = tensor.detach().to(becomes.get(tensor.dtype, tensor.dtype)).contiguous()
        raw = tensor.view(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    named = tensors()
    write_expected(HERE / "weights.safetensors", named)
    torch.save(named, HERE / "weights_plain.pth")
    torch.save(named, HERE / "weights_protocol4.pth", pickle_protocol=4)
    linear = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(linear.parameters())
    linear(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    torch.save({"epoch": 3, "args": argparse.Namespace(lr=0.1, names=["a", {"b": (1, 2.5, None)}]),
                "optimizer": optimizer.state_dict(), "hook": Runs(),
                "state_dict": collections.OrderedDict(("module." + k, v) for k, v in list(named.items())[:3])},
               HERE / "weights_checkpoint.pth")
    torch.save(linear, HERE / "weights_module.pth")


if __name__ == "__main__":
    main()
