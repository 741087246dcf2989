"""What a training step frees is kept for the next one."""

from __future__ import annotations

import mmap
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys, torch
from scaling_search.proxy.training import _keep_freed_memory
if sys.argv[1:]:
    _keep_freed_memory()
def touch():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    tensors = [torch.ones(230_000) for _ in range(10)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
touch()
print(min(touch() for _ in range(5)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is the C library of Linux")
@pytest.mark.long
def test_memory_of_a_step_is_not_fetched_from_the_system_again() -> None:
    pages = 10 * 230_000 * 4 / mmap.PAGESIZE
    by_default, kept = (
        int(subprocess.run([sys.executable, "-c", _FAULTS, *more], capture_output=True).stdout)
        for more in ([], ["keep"])
    )
    if by_default < pages / 2:
        pytest.skip("this system's memory comes in larger pages or from another C library")
    assert kept < pages / 100
