"""Both engines, for the tests of what they promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scaling_search.execution import Executor

#: Makes an executor: (function, slots, runs_per_gpu=0).
Engine = Callable[..., Executor[Any, Any]]
#: Pretended GPUs.
GPUS = 8
