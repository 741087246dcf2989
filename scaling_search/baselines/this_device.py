"""What a device is called and how fast it is clocked, as far as it tells."""

from __future__ import annotations

import platform
import re
from pathlib import Path


def device_name(device: str) -> str:
    """Such as `AMD EPYC 7B13, x86_64` or `Tesla T4`; device is cpu or cuda."""
    if device == "cuda":
        import torch

        return str(torch.cuda.get_device_name())
    model = re.search(r"(?m)^model name\s*: (.+)$", _content("/proc/cpuinfo"))
    name = model[1].strip() if model else platform.processor()
    machine = platform.machine() or "unknown"
    return f"{name}, {machine}" if name and name != machine else machine


def megahertz() -> float | None:
    """The mean clock of the processor's cores now; None where it does not tell."""
    found = [
        float(n) for n in re.findall(r"(?m)^cpu MHz\s*: ([0-9.]+)$", _content("/proc/cpuinfo"))
    ]
    return round(sum(found) / len(found), 1) if found else None


def governor() -> str:
    """How the clock of the first core is chosen, such as `performance`; empty: not told."""
    return _content("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
