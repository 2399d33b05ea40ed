"""What the comparisons share: running Radial, describing the machine, tables."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def parser(description):
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    result.add_argument("--radial", default=str(ROOT / "build/release/apps/radial"), help="the program")
    result.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="for both sides")
    result.add_argument("--json", metavar="FILE", help="write every measurement to this file")
    result.add_argument("--markdown", metavar="FILE", help="write what is printed to this file, too")
    return result


def environment(threads):
    """Both sides get as many threads, and nothing else differs."""
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def radial_lines(radial, arguments, threads):
    """Runs `radial ... --json` and returns its lines as dictionaries."""
    command = [radial, *map(str, arguments), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(threads))
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {run.returncode}\n{run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def machine(radial, threads):
    """What a number depends on: the processor, both programs and what they make of it."""
    import torch

    version = subprocess.run([radial, "--version"], capture_output=True, text=True).stdout
    words = dict(line.split(" ", 1) for line in version.strip().splitlines())
    return {
        "processor": processor(),
        "threads": threads,
        "radial": f"{words['radial']} at {words['commit']} ({words['SIMD'].split()[0]}, {words['compiler']})",
        "torch": f"{torch.__version__} ({torch.backends.cpu.get_cpu_capability()})",
    }


def table(header, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def median(values):
    return statistics.median(values)


def headline(where):
    """What was run, when and where: a number without it means nothing."""
    command = shlex.join(["bench/peers/" + pathlib.Path(sys.argv[0]).name, *without_outputs(sys.argv[1:])])
    place = ", ".join(f"{key} {value}" for key, value in where.items())
    return f"`{command}`, {datetime.date.today()}: {place}"


def without_outputs(words):
    """The command line less the files that are written: `--json FILE`, `--markdown FILE`, `--csv FILE`."""
    outputs = ("--json", "--markdown", "--csv")
    return [word for before, word in zip(["", *words], words) if word not in outputs and before not in outputs]


def finish(arguments, result, text):
    """Prints the text below a headline and keeps it and the measurements where asked to."""
    where = machine(arguments.radial, arguments.threads)
    result = {"machine": where, **result}
    text = headline(where) + "\n\n" + text
    print(text)
    for file, content in ((arguments.json, json.dumps(result, indent=1)), (arguments.markdown, text)):
        if file:
            path = pathlib.Path(file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content.rstrip("\n") + "\n")
