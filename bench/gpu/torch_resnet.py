"""ResNet18 and ResNet50 as torchvision builds them, for machines that have PyTorch alone."""

from torch import nn


def conv_bn(c, o, size, stride=1):
    return [nn.Conv2d(c, o, size, stride, size // 2, bias=False), nn.BatchNorm2d(o)]


class Block(nn.Module):
    def __init__(self, c, width, stride, bottleneck):
        super().__init__()
        o = 4 * width if bottleneck else width
        relu = nn.ReLU(inplace=True)
        if bottleneck:
            body = [*conv_bn(c, width, 1), relu, *conv_bn(width, width, 3, stride), relu, *conv_bn(width, o, 1)]
        else:
            body = [*conv_bn(c, width, 3, stride), relu, *conv_bn(width, width, 3)]
        self.body, self.relu = nn.Sequential(*body), relu
        self.shortcut = nn.Sequential(*conv_bn(c, o, 1, stride)) if stride > 1 or c != o else nn.Identity()

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


def resnet(arch, classes=1000, cifar_stem=False):
    blocks, bottleneck = {"resnet18": ([2, 2, 2, 2], False), "resnet50": ([3, 4, 6, 3], True)}[arch]
    layers = conv_bn(3, 64, 3) if cifar_stem else conv_bn(3, 64, 7, 2)
    layers.append(nn.ReLU(inplace=True))
    if not cifar_stem:
        layers.append(nn.MaxPool2d(3, 2, 1))
    c = 64
    for stage, count in enumerate(blocks):
        for block in range(count):
            width = 64 << stage
            layers.append(Block(c, width, 2 if stage > 0 and block == 0 else 1, bottleneck))
            c = 4 * width if bottleneck else width
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model
