#!/usr/bin/env python3
"""How far float32 is from float64: Radial beside PyTorch, op by op and for the gradients of a whole network.

Error: ||result - exact|| / ||exact||, with PyTorch's float64 result from the same float32 values as the exact one. Of an
op the output and the gradient of each input are measured; Radial may be at most --factor times as far off as PyTorch, or
off by float32's own rounding of the result (6e-8). Convolutions are measured in both of Radial's ways (RADIAL_CONV);
Winograd's may be off by 1e-5. A network's gradients are shown as a distribution, since signs of relu
flip: that is chance, whoever computes them.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import side_by_side

ROUNDING = 2.0**-24
WINOGRAD = 1e-5  # what a convolution may be off by where it takes Winograd's way
NO_FLIP = 1e-4  # no sign of a relu differs in a batch whose gradients are all as close as this


def to_radial(tensor):
    """NCHW to NHWC, OIHW to OHWI."""
    import torch

    if tensor.dtype == torch.int64:
        tensor = tensor.int()
    return (tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor).contiguous()


def from_radial(tensor):
    return tensor.permute(0, 3, 1, 2) if tensor.dim() == 4 else tensor


def run_program(program, tensors, metadata, folder, conv="auto"):
    from safetensors.torch import load_file, save_file

    save_file(tensors, folder / "in.safetensors", metadata)
    command = [program, folder / "in.safetensors", folder / "out.safetensors"]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "RADIAL_CONV": conv})
    if run.returncode != 0:
        raise SystemExit(f"{program}: exit code {run.returncode}\n{run.stderr}")
    return load_file(folder / "out.safetensors")


def relative_error(result, exact):
    return ((result.double() - exact).norm() / exact.norm()).item()


def torch_results(case, dy, dtype, channels_last=False):
    """y and the gradients of all float inputs."""
    import torch

    inputs = {}
    for name, tensor in case.inputs.items():
        tensor = tensor.to(dtype) if tensor.is_floating_point() else tensor
        if channels_last and tensor.dim() == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        inputs[name] = tensor.detach().clone().requires_grad_(tensor.is_floating_point())
    y = case.function(inputs)
    y.backward(dy.to(dtype))
    return {"y": y.detach(), **{f"d{name}": tensor.grad for name, tensor in inputs.items() if tensor.grad is not None}}


def measure_ops(program, folder):
    import torch
    from accuracy_cases import cases

    for case in cases():
        with torch.no_grad():
            dy = torch.randn_like(case.function(case.inputs))
        exact = torch_results(case, dy, torch.float64)
        nchw = torch_results(case, dy, torch.float32)
        last = torch_results(case, dy, torch.float32, channels_last=True)
        metadata = {"op": case.op, **{name: str(value) for name, value in case.options.items()}}
        tensors = {name: to_radial(tensor) for name, tensor in {**case.inputs, "dy": dy}.items()}
        direct = run_program(program, tensors, metadata, folder, "direct")
        radial = {case.op: direct}
        if case.op == "conv2d":
            winograd = run_program(program, tensors, metadata, folder, "winograd")
            if not torch.equal(winograd["y"], direct["y"]):
                radial["conv2d, Winograd"] = winograd
        for op, ours in radial.items():
            for name in exact:
                results = (from_radial(ours[name]), nchw[name], last[name])
                errors = [relative_error(result, exact[name]) for result in results]
                yield {"op": op, "case": case.title, "of": name, "radial": errors[0], "torch_nchw": errors[1],
                       "torch_channels_last": errors[2]}


def ops_table(measured, factor):
    """Markdown, and whether all hold."""
    rows, all_hold = [], True
    for line in measured:
        peer = max(line["torch_nchw"], line["torch_channels_last"])
        bound = WINOGRAD if "Winograd" in line["op"] else max(factor * peer, ROUNDING)
        holds = line["radial"] <= bound
        all_hold = all_hold and holds
        rows.append([line["op"], line["case"], line["of"], f"{line['radial']:.1e}", f"{line['torch_nchw']:.1e}",
                     f"{line['torch_channels_last']:.1e}", f"{line['radial'] / peer:.2f}" if peer > 0 else "",
                     "" if holds else "too far"])
    header = ["op", "case", "of", "Radial", "PyTorch NCHW", "PyTorch channels-last", "Radial / PyTorch's larger", ""]
    return side_by_side.table(header, rows), all_hold


def network_gradients(model, images, labels, channels_last=False):
    import torch

    if channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def measure_network(program, folder, arch, batches, batch, size):
    """For each batch and side: errors of all gradients (tensor by tensor)."""
    import torch
    import torchvision

    torch.manual_seed(1)
    classes = 10
    state = torchvision.models.get_model(arch, weights=None, num_classes=classes).state_dict()
    fresh = lambda: torchvision.models.get_model(arch, weights=None, num_classes=classes).train()
    sides = {"Radial": [], "PyTorch NCHW": [], "PyTorch channels-last": []}
    for number in range(batches):
        images, labels = torch.randn(batch, 3, size, size), torch.randint(classes, (batch,))
        results = {}
        for side, dtype, last in (("exact", torch.float64, False), ("PyTorch NCHW", torch.float32, False),
                                  ("PyTorch channels-last", torch.float32, True)):
            model = fresh()
            model.load_state_dict(state)
            model = model.to(dtype, memory_format=torch.channels_last if last else torch.contiguous_format)
            results[side] = network_gradients(model, images.to(dtype), labels, last)
        tensors = {"images": to_radial(images), "labels": labels.int(),
                   **{f"weights.{name}": tensor for name, tensor in state.items()}}
        results["Radial"] = run_program(program, tensors, {"arch": arch, "classes": str(classes)}, folder)
        exact = results["exact"]
        for side in sides:
            sides[side].append({name: relative_error(results[side][name], exact[name]) for name in exact})
        print(f"batch {number + 1} of {batches}", file=sys.stderr)
    return sides


def network_table(sides):
    rows = []
    for side, batches in sides.items():
        medians = sorted(side_by_side.median(errors.values()) for errors in batches)
        largest = sorted(max(errors.values()) for errors in batches)
        row = [side]
        for each in (medians, largest):
            row += [f"{each[0]:.1e}", f"{side_by_side.median(each):.1e}", f"{each[-1]:.1e}"]
        row.append(f"{sum(error < NO_FLIP for error in largest)} of {len(batches)}")
        rows.append(row)
    return side_by_side.table(["", "median of the tensors: least", "median batch", "most", "worst tensor: least",
                               "median batch", "most", f"batches with all tensors below {NO_FLIP:g}"], rows)


def main():
    import torch

    parser = side_by_side.parser(__doc__.splitlines()[0])
    parser.add_argument("--programs", type=pathlib.Path, default=side_by_side.ROOT / "build/release/bench",
                        help="folder of op_runner and gradients")
    parser.add_argument("--factor", type=float, default=3)
    parser.add_argument("--arch", default="resnet18")
    parser.add_argument("--batches", type=int, default=20, help="for the network's gradients; 0: ops only")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=64)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        ops = list(measure_ops(arguments.programs / "op_runner", folder))
        text, all_hold = ops_table(ops, arguments.factor)
        result = {"ops": ops}
        if arguments.batches > 0:
            sides = measure_network(arguments.programs / "gradients", folder, arguments.arch, arguments.batches,
                                    arguments.batch_size, arguments.image_size)
            result["gradients"] = sides
            text += (f"\n\nGradients of {arguments.arch}, {arguments.batches} batches of {arguments.batch_size} random "
                     f"pictures of {arguments.image_size} px\n\n" + network_table(sides))
    side_by_side.finish(arguments, result, text)
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
