"""torch_steps.py ARCH DTYPE WAY BATCH SIZE STEPS: PyTorch's training steps on the card, ready to be measured in turn with
others. Prints "ready" after the warm-up; then for each line of standard input times STEPS steps and prints a JSON object.

DTYPE is bfloat16 (autocast) or tf32; WAY is eager or compiled (max-autotune, which uses CUDA graphs). The pictures are
bytes on the card, as Radial's.
"""

import json
import sys
import time

import torch
from torch_resnet import resnet


def main():
    arch, dtype, way, batch, size, steps = (*sys.argv[1:4], *map(int, sys.argv[4:7]))
    answers, sys.stdout = sys.stdout, sys.stderr  # what PyTorch prints while it compiles is no answer
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = dtype == "tf32"
    torch.manual_seed(0)
    model = resnet(arch).to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=True)
    pictures = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8, device=device).permute(0, 3, 1, 2)
    labels = torch.randint(0, 1000, (batch,), device=device)
    mean = torch.tensor([0.485, 0.456, 0.406], device=device)[:, None, None] * 255
    scale = 1 / (torch.tensor([0.229, 0.224, 0.225], device=device)[:, None, None] * 255)

    def loss_of(pictures, labels):
        with torch.autocast(device, torch.bfloat16, enabled=dtype == "bfloat16"):
            x = ((pictures.float() - mean) * scale).contiguous(memory_format=torch.channels_last)
            return torch.nn.functional.cross_entropy(model(x), labels)

    forward = torch.compile(loss_of, mode="max-autotune") if way == "compiled" else loss_of

    def step():
        loss = forward(pictures, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def synchronize():
        if device == "cuda":
            torch.cuda.synchronize()

    def leave():
        """The card's memory to whoever is measured next."""
        synchronize()
        if device == "cuda":
            torch.cuda.empty_cache()

    for _ in range(5):
        step()
    leave()
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        for _ in range(2):
            step()
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        synchronize()
        seconds = time.perf_counter() - start
        peak = torch.cuda.max_memory_reserved() if device == "cuda" else 0
        leave()
        print(json.dumps({"images_per_second": batch * steps / seconds, "peak_memory_bytes": peak}), file=answers,
              flush=True)


main()
