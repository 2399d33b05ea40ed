"""What the parts of ./run gpu-check share: running programs within a time limit, and one table of outcomes."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PACK = pathlib.Path(os.environ.get("RADIAL_GPU_PACK", HERE.parents[1] / "build" / "gpu-check"))

SYSTEM_FOLDERS = [pathlib.Path("/usr/lib/x86_64-linux-gnu"), pathlib.Path("/usr/lib64")]

median = statistics.median


class Missing(Exception):
    """Something that the machine lacks: the part is left out, which is no failure."""


class Failed(Exception):
    pass


class TookTooLong(Failed):
    pass


def nvidia_folders():
    """Where cuDNN and what it loads (NVRTC, cuBLASLt) may lie: with the toolkit, or in the packages that PyTorch brings."""
    found = [pathlib.Path("/usr/local/cuda/lib64"), *SYSTEM_FOLDERS]
    for place in sys.path:
        found += sorted(pathlib.Path(place).glob("nvidia/*/lib"))
    libraries = ("libcudnn.so.9*", "libnvrtc.so*", "libcublasLt.so*")
    return [folder for folder in found if any(any(folder.glob(name)) for name in libraries)]


def environment(program):
    """The pack's libraries, for its programs alone, and Python packages come last: the machine's own are preferred."""
    def joined(variable, folders):
        return ":".join([*filter(None, [os.environ.get(variable)]), *folders])

    if program == sys.executable:
        return {**os.environ, "PYTHONPATH": joined("PYTHONPATH", [str(PACK / "python")])}
    folders = [*nvidia_folders(), *SYSTEM_FOLDERS, PACK / "lib"]
    return {**os.environ, "LD_LIBRARY_PATH": joined("LD_LIBRARY_PATH", map(str, folders))}


def program(name):
    path = PACK / "bin" / name
    if not path.exists():
        raise Missing(f"{path} is not there: ./run gpu-check --pack makes it")
    return str(path)


def run(command, timeout, check=True):
    """The finished process; raises Failed with the end of what it printed, and TookTooLong."""
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                              env=environment(command[0]))
    except FileNotFoundError as error:
        raise Missing(f"{command[0]} is not there") from error
    except subprocess.TimeoutExpired as error:
        raise TookTooLong(f"{' '.join(command)}: took more than {timeout:.0f} s") from error
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return done


def radial_json(arguments, timeout):
    """The lines that `radial ... --json` prints, as dictionaries."""
    return [json.loads(line) for line in run([program("radial"), *arguments, "--json"], timeout).stdout.splitlines()]


def card():
    """The card's name as nvidia-smi says it; raises Missing where there is none."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = run(query, 30, check=False)
    except Missing as error:
        raise Missing(f"there is no NVIDIA GPU: {error}") from error
    if done.returncode != 0 or not done.stdout.strip():
        raise Missing("there is no NVIDIA GPU: nvidia-smi shows none")
    return done.stdout.strip().splitlines()[0]


class Report:
    """Runs parts one after the other, whatever becomes of them, within `seconds` in all; if `only` names some, those
    whose name holds one of its texts."""

    def __init__(self, seconds, only):
        self.end = time.monotonic() + seconds
        self.only = only
        self.rows, self.results = [], {}

    def left(self):
        return self.end - time.monotonic()

    def part(self, name, measure, at_most):
        """measure(timeout) returns (what the table says, what the JSON keeps)."""
        if self.only and not any(text in name for text in self.only):
            return
        timeout = min(at_most, self.left() - 5)
        start = time.monotonic()
        try:
            if timeout < 10:
                raise Missing("no time was left")
            text, self.results[name] = measure(timeout)
            outcome = "passed"
        except Missing as missing:
            outcome, text = "left out", str(missing)
        except Exception as error:  # the other parts go on
            outcome, text = "FAILED", str(error) or type(error).__name__
        self.rows.append((name, outcome, time.monotonic() - start, text))
        print(f"== {name}: {outcome} ({self.rows[-1][2]:.0f} s)\n{text}\n", flush=True)

    def finish(self, title, where, json_file):
        lines = [f"{title}: {where}", "", "| part | outcome | |", "|---|---|---|"]
        lines += [f"| {name} | {outcome} | {text.splitlines()[0] if text else ''} |"
                  for name, outcome, _, text in self.rows]
        print("\n".join(lines))
        outcomes = [{"part": name, "outcome": outcome, "seconds": seconds, "text": text}
                    for name, outcome, seconds, text in self.rows]
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps({"card": where, "parts": outcomes, "results": self.results}, indent=1) + "\n")
        print(f"\neverything: {json_file}")
        return 1 if any(outcome == "FAILED" for _, outcome, _, _ in self.rows) else 0
