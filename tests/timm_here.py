"""timm for tests, also beside a build of torch for which there are no operators of torchvision."""

from __future__ import annotations

from typing import Any

import pytest
import torch

#: Kept alive: the operators are gone with it.
_LIBRARIES: list[torch.library.Library] = []


def import_timm() -> Any:
    """The package; skips the module that asks where it is not installed."""
    pytest.importorskip("timm", reason="the extra [timm] is not installed", exc_type=ImportError)
    import timm

    return timm


def register_operators() -> None:
    """The schemas of torchvision's operators, which nothing here calls.

    torchvision's wheels are built with CUDA; beside a CPU build of torch their operators are not
    there, and without the schemas it cannot be imported.
    """
    try:
        import torchvision  # noqa: F401
    except ImportError:
        return
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _LIBRARIES.append(library)


register_operators()
