"""torch_losses.py PICTURES EPOCHS SEED...: mean of the last eight steps' losses for each seed, as check.py trains Radial."""

import pathlib
import sys

import torch
from PIL import Image
from torch_resnet import resnet


def load(folder):
    import numpy

    pictures, labels = [], []
    classes = sorted(path for path in (folder / "train").iterdir() if path.is_dir())
    for label, path in enumerate(classes):
        for file in sorted(path.iterdir()):
            pictures.append(numpy.asarray(Image.open(file).convert("RGB")))
            labels.append(label)
    x = torch.from_numpy(numpy.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return (x - mean[:, None, None]) / std[:, None, None], torch.tensor(labels), len(classes)


def final_loss(x, y, classes, epochs, seed):
    torch.manual_seed(seed)
    model = resnet("resnet18", classes, cifar_stem=True).to(x.device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    losses = []
    for _ in range(epochs):
        for batch in torch.randperm(len(y), device=x.device).split(64):
            with torch.autocast(x.device.type, torch.bfloat16):
                loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return sum(losses[-8:]) / 8


def main():
    folder, epochs, seeds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), map(int, sys.argv[3:])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, y, classes = load(folder)
    x, y = x.to(device, memory_format=torch.channels_last), y.to(device)
    print(*(final_loss(x, y, classes, epochs, seed) for seed in seeds))


main()
