"""Weights as a file of safetensors: the length of a header, the header as JSON, then raw bytes.

https://github.com/huggingface/safetensors. Nothing in such a file can be run. `read_weights` stands
in every exported model.py too, so it needs torch alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from scaling_search.whole_files import write_whole

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "C64": torch.complex64,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Tensors by name, from a file of safetensors: a header in JSON, then raw bytes."""
    content = Path(path).read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    header.pop("__metadata__", None)
    raw = torch.frombuffer(bytearray(content[begin:]), dtype=torch.uint8)
    weights = {}
    for name, of in header.items():
        start, end = of["data_offsets"]
        tensor = raw[start:end].view(DTYPES[of["dtype"]])
        weights[name] = tensor.reshape(of["shape"]).clone()
    return weights


def read_notes(path: Path) -> dict[str, str]:
    """The texts that `write_weights` was given. Raises as `read_weights` does."""
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    notes: dict[str, str] = header.get("__metadata__", {})
    return notes


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """A SHA-256 of tensors with their names, types and shapes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(repr((name, str(tensor.dtype), tuple(tensor.shape))).encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def write_weights(
    path: Path, weights: Mapping[str, Tensor], notes: Mapping[str, str] | None = None
) -> None:
    """Write tensors whole or not at all, and texts that say what they are.

    Raises OSError where the disk refuses, ValueError for a dtype that the format does not know.
    """
    names = {dtype: name for name, dtype in DTYPES.items()}
    header: dict[str, object] = {"__metadata__": dict(notes or {})}
    parts: list[bytes] = []
    at = 0
    # Larger elements first, so that each tensor begins at a multiple of its element's size.
    for name, tensor in sorted(weights.items(), key=lambda item: -item[1].element_size()):
        if tensor.dtype not in names:
            raise ValueError(f"{name} is of {tensor.dtype}, which safetensors does not know")
        content = _bytes(tensor)
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [at, at + len(content)],
        }
        parts.append(content)
        at += len(content)
    told = json.dumps(header).encode()
    told += b" " * (-len(told) % 8)
    write_whole(path, len(told).to_bytes(8, "little") + told + b"".join(parts))


def _bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes()
