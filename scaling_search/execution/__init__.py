"""Where runs run: one interface, this machine's slots, Ray, and a stand-in without processes."""

from scaling_search.execution.device import (
    core_count,
    resolve_device,
    slot_count,
    torch_version,
)
from scaling_search.execution.executor import (
    Began,
    Ended,
    Executor,
    InlineExecutor,
    Said,
    Say,
    WorkerLost,
    WorkerTraceback,
    is_out_of_memory,
    traceback_of,
)
from scaling_search.execution.local import LocalExecutor
from scaling_search.execution.settings import ExecutorSettings
from scaling_search.execution.travel import Away, Travel

__all__ = [
    "Away",
    "Began",
    "Ended",
    "Executor",
    "ExecutorSettings",
    "InlineExecutor",
    "LocalExecutor",
    "Said",
    "Say",
    "Travel",
    "WorkerLost",
    "WorkerTraceback",
    "core_count",
    "is_out_of_memory",
    "resolve_device",
    "slot_count",
    "torch_version",
    "traceback_of",
]
