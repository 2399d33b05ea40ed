#!/usr/bin/env python3
"""What a training step must cost on an H100 at the least: operations and bytes of each kind of kernel, as Radial's
kernels take them, over the card's limits. Prints the tables of docs/gpu.md.

A tensor of activations is read or written in bfloat16, 2 bytes, as often as the kernels do; weights are float32.
"""

import argparse

BYTES_A_SECOND, OPERATIONS_A_SECOND = 3.35e12, 990e12  # H100 SXM: HBM3; bfloat16 on tensor cores, dense


class Budget:
    def __init__(self):
        self.kinds = {}  # name: [seconds, bytes, operations]

    def add(self, kind, bytes_, operations=0):
        seconds = max(bytes_ / BYTES_A_SECOND, operations / OPERATIONS_A_SECOND)
        for i, value in enumerate((seconds, bytes_, operations)):
            self.kinds.setdefault(kind, [0.0, 0.0, 0.0])[i] += value

    def conv(self, n, size, c, o, kernel, stride, first=False):
        """and the batch norm behind it; returns the size of the result"""
        out = size // stride
        x, y, w = n * size * size * c, n * out * out * o, o * c * kernel * kernel
        operations = 2 * n * out * out * w
        traffic = 2 * (x + y + w)
        self.add("convolutions, forward", traffic, operations)
        if not first:
            self.add("convolutions, input gradient", traffic, operations)
        self.add("convolutions, filter gradient", traffic + 2 * w, operations)  # written in float32
        self.add("casts of weights", 6 * w)
        self.add("batch norm, statistics", 2 * y)
        self.add("batch norm, sums of the gradient", 2 * 2 * y)
        self.weights += w + 2 * o
        return out

    def batch_norm(self, n, size, c, residual=False):
        """normalisation (with ReLU, and with the sum if there is one) and its gradient"""
        y = n * size * size * c
        self.add("batch norm, normalisation", 2 * (2 + residual) * y)
        self.add("batch norm, gradient", 2 * (3 + residual) * y)

    def resnet(self, blocks, bottleneck, n):
        self.weights = 0
        size = self.conv(n, 224, 3, 64, 7, 2, first=True)
        self.batch_norm(n, size, 64)
        self.add("normalisation of pictures", n * 224 * 224 * 3 * (1 + 2))
        self.add("max pooling", n * 64 * (112 * 112 * 2 * 2 + 56 * 56 * 2 * 3 + 112 * 112 * 2))
        size, c = 56, 64
        for stage, count in enumerate(blocks):
            width = 64 << stage
            o = 4 * width if bottleneck else width
            for block in range(count):
                stride = 2 if stage > 0 and block == 0 else 1
                if bottleneck:
                    self.conv(n, size, c, width, 1, 1), self.batch_norm(n, size, width)
                    self.conv(n, size, width, width, 3, stride), self.batch_norm(n, size // stride, width)
                    self.conv(n, size // stride, width, o, 1, 1)
                else:
                    self.conv(n, size, c, width, 3, stride), self.batch_norm(n, size // stride, width)
                    self.conv(n, size // stride, width, width, 3, 1)
                self.batch_norm(n, size // stride, o, residual=True)
                if stride > 1 or c != o:
                    self.conv(n, size, c, o, 1, stride), self.batch_norm(n, size // stride, o)
                self.add("adding to the other branch's gradient", 2 * n * size * size * c)
                size, c = size // stride, o
        self.add("pooling, linear layer, loss", 2 * 2 * n * 49 * c + 3 * 4 * 1000 * c, 3 * 2 * n * 1000 * c)
        self.weights += 1000 * c + 1000
        self.add("optimizer (AdamP)", 36 * self.weights)
        self.add("recorder", 20 * self.weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-size", type=int, default=256)
    arguments = parser.parse_args()
    budgets = {}
    for name, blocks, bottleneck in (("ResNet18", [2, 2, 2, 2], False), ("ResNet50", [3, 4, 6, 3], True)):
        budgets[name] = Budget()
        budgets[name].resnet(blocks, bottleneck, arguments.batch_size)
    print("| | " + " | ".join(f"{name}: GB | TFLOP | ms" for name in budgets) + " |")
    print("|---|" + "---|" * 3 * len(budgets))
    for kind in budgets["ResNet18"].kinds:
        cells = [f"{b.kinds[kind][1] / 1e9:.2f} | {b.kinds[kind][2] / 1e12:.2f} | {1e3 * b.kinds[kind][0]:.2f}"
                 for b in budgets.values()]
        print(f"| {kind} | " + " | ".join(cells) + " |")
    totals = [[sum(kind[i] for kind in b.kinds.values()) for i in range(3)] for b in budgets.values()]
    print("| all | " + " | ".join(f"{total[1] / 1e9:.2f} | {total[2] / 1e12:.2f} | {1e3 * total[0]:.2f}"
                                  for total in totals) + " |")
    print("\n" + "; ".join(f"{name}: at most {arguments.batch_size / total[0]:.0f} images a second"
                           for name, total in zip(budgets, totals)))


if __name__ == "__main__":
    main()
