"""All that only a machine with a GPU can show, in one call.

    set -o pipefail; python benchmarks/gpu.py --to gpu-figures | tee gpu-figures.txt
    python benchmarks/gpu.py --to gpu-figures steps sharing

Parts, of which one that fails does not stop the others:

tests     the tests of runs, memory and latency on a GPU
steps     a training step launched kernel by kernel, as CUDA graphs, and compiled
sharing   runs in a GPU-hour, by how many share the GPU
memory    the counted memory of a training step beside the measured one
latency   latencies of 150 networks, and how well the model prices networks it has not seen
study     a search with its family and report, and its decisive runs trained again

The study and the latencies are written into the folder. Exit code 1 where a part fails, or where
there is no GPU.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from timing import REPOSITORY

from scaling_search.execution.device import gpu_count, torch_version

TESTS = ("proxy/test_gpu.py", "proxy/test_measured_memory.py", "execution/test_device.py")


def commands(folder: Path) -> dict[str, list[tuple[str, ...]]]:
    """What each part runs, in order: words behind python."""
    tests = [f"tests/{name}" for name in (*TESTS, "baselines/test_latency.py")]
    measure = ("-m", "scaling_search.measure", "baseline=searched_micro", "data=glyphs")
    search = ("-m", "scaling_search", "+sweep=grid", "recipe=proxy", "executor.device=cuda")
    study = folder / "glyphs-gpu"
    return {
        "tests": [("-m", "pytest", "-n0", "-rs", "-m", "long or not long", *tests)],
        "steps": [("benchmarks/benchmarks_gpu_steps.py",)],
        "sharing": [("benchmarks/speed.py", "gpu")],
        "memory": [("benchmarks/memory.py",)],
        "latency": [
            (*measure, "--device", "cuda", "--batch-size", n, "--to", f"{folder}/latency-{n}.json")
            for n in ("1", "32")
        ],
        "study": [
            (*search, f"experiments_dir={folder}", f"name={study.name}"),
            ("-m", "scaling_search.reproduce", str(study)),
        ],
    }


def carry_out(words: tuple[str, ...]) -> bool:
    """Whether the command ended well."""
    print("\n==", " ".join(("python", *words)), flush=True)
    started = time.perf_counter()
    code = subprocess.run((sys.executable, *words), cwd=REPOSITORY, check=False).returncode
    print(f"== exit code {code}, {time.perf_counter() - started:.0f} s", flush=True)
    return code == 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("parts", nargs="*", metavar="PART")
    given = parser.parse_args()
    folder = given.to.resolve()
    known = commands(folder)
    if unknown := [part for part in given.parts if part not in known]:
        parser.error(f"there is no {unknown[0]!r}: give some of {', '.join(known)}")

    if not gpu_count():
        sys.exit("error: torch finds no GPU here, so that there is nothing to measure")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("latency-*.json"):
        # Of an earlier call; measurements are not written over.
        left.unlink()
    # Asked by a program: in exclusive mode this process would keep the GPU from the others.
    subprocess.run(("nvidia-smi", "-L"), check=False)
    print(f"torch {torch_version()}", flush=True)
    failed = [part for part in given.parts or known if not all(map(carry_out, known[part]))]
    if failed:
        sys.exit(f"error: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
