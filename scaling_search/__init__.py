"""Search compound-scaling coefficients of ConvNets and forecast what each doubling of compute buys.

The public names load on first use, so that what needs no torch and no pandas imports neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scaling_search.baselines import (
        FamilyMember,
        load_baseline,
        scale,
        scale_by,
        solve_phi,
    )
    from scaling_search.errors import InvalidInput
    from scaling_search.forecast import ScalingLaw, fit_scaling_law
    from scaling_search.from_python import run_sweep
    from scaling_search.scaling import Coefficients
    from scaling_search.study.read import Study, read_study

__all__ = [
    "Coefficients",
    "FamilyMember",
    "InvalidInput",
    "ScalingLaw",
    "Study",
    "fit_scaling_law",
    "load_baseline",
    "read_study",
    "run_sweep",
    "scale",
    "scale_by",
    "solve_phi",
]

_HOME = {
    "Coefficients": "scaling",
    "FamilyMember": "baselines",
    "InvalidInput": "errors",
    "ScalingLaw": "forecast",
    "Study": "study.read",
    "fit_scaling_law": "forecast",
    "load_baseline": "baselines",
    "read_study": "study.read",
    "run_sweep": "from_python",
    "scale": "baselines",
    "scale_by": "baselines",
    "solve_phi": "baselines",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
