"""Where runs run: this machine's slots."""

from scaling_search.execution.device import resolve_device, slot_count, torch_version
from scaling_search.execution.local import ExecutorSettings, LocalExecutor

__all__ = ["ExecutorSettings", "LocalExecutor", "resolve_device", "slot_count", "torch_version"]
