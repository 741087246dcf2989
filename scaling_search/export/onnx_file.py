"""model.onnx: the exported network for other runtimes, compared with torch first."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from scaling_search.errors import InvalidInput

#: The largest difference of a logit: absolute, and where logits exceed 1 relative to the largest.
TOLERANCE = 1e-4
_NEEDED = ("onnx", "onnxscript", "onnxruntime")
#: Bytes beyond which weights lie in a file of their own: protobuf ends at 2 GiB.
_ONE_FILE = 2**30


def require_onnx() -> None:
    """Raise InvalidInput where a package is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InvalidInput(
            f'--onnx needs {", ".join(missing)}: pip install "scaling-search[onnx]", or leave it '
            "out"
        )


def write_onnx(path: Path, network: nn.Module, in_channels: int, resolution: int) -> float:
    """Write the network, (batch, in_channels, resolution, resolution) -> logits.

    Gives the largest difference between torch's logits and those of onnxruntime on noise, of
    batches of 1 and 3. Raises InvalidInput where it is above `TOLERANCE`.
    """
    import onnxruntime

    network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((3, in_channels, resolution, resolution), generator=generator)
    size = sum(p.numel() * p.element_size() for p in network.parameters())
    with warnings.catch_warnings():
        # torch warns of its own parts.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (x[:2],),
            path,
            dynamo=True,
            verbose=False,
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=size > _ONE_FILE,
        )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for count in (1, 3):
        with torch.no_grad():
            wanted = network(x[:count]).numpy()
        (given,) = session.run(None, {"images": x[:count].numpy()})
        scale = max(1.0, float(np.abs(wanted).max()))
        worst = max(worst, float(np.abs(given - wanted).max()) / scale)
    if worst > TOLERANCE:
        raise InvalidInput(
            f"the logits of onnxruntime differ by {worst:.2g} from torch's, more than "
            f"{TOLERANCE:g}: take another version of onnxruntime, or leave --onnx out"
        )
    return worst
