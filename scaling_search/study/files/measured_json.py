"""measurements_N.json and members_N.json: latencies at batch size N that a study rests on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from scaling_search.baselines.measurements import Measurements
from scaling_search.baselines.measurements_file import measurements_text, read_measurements
from scaling_search.errors import InvalidInput
from scaling_search.text_file import damaged, write_text

_DRAWN, _MEMBERS = "measurements", "members"
_MEASURE = "remove it: the study's command measures its candidates again"
_REMEDY = "restore it, or make the study again with fresh=true or another name="


def identity_of(measurements: Measurements) -> str:
    """Stands for what was measured: batch size and a hash of all of it."""
    digest = hashlib.sha256(measurements_text(measurements).encode()).hexdigest()
    return f"batch {measurements.batch_size}, {digest[:12]}"


def batch_of(identity: str) -> int:
    """The batch size in an identity. Raises InvalidInput where it is none."""
    found = re.fullmatch(r"batch ([1-9]\d{0,8}), [0-9a-f]{12}", identity)
    if found is None:
        raise InvalidInput(f"constraint.measurements has {identity!r}, which names no measurements")
    return int(found[1])


def write_measured(
    folder: Path, drawn: Iterable[Measurements], members: Iterable[Measurements]
) -> None:
    """Both, as measurements that any study can use; those of an earlier study go."""
    texts = {
        f"{kind}_{one.batch_size}.json": measurements_text(one)
        for kind, measured in ((_DRAWN, drawn), (_MEMBERS, members))
        for one in measured
    }
    for kind in (_DRAWN, _MEMBERS):
        for path in folder.glob(f"{kind}_*.json"):
            if path.name not in texts:
                path.unlink()
    for name, text in texts.items():
        write_text(folder / name, text)


def read_drawn(folder: Path, identities: Iterable[str]) -> tuple[Measurements, ...]:
    """Those of a study. Raises InvalidInput where they are missing or others."""
    found = []
    for identity in identities:
        path = folder / f"{_DRAWN}_{batch_of(identity)}.json"
        one = _read(path, _REMEDY)
        if identity_of(one) != identity:
            raise damaged(path, "it is not what study.yaml names", _REMEDY)
        found.append(one)
    return tuple(found)


def read_members(folder: Path, batch_sizes: Iterable[int]) -> tuple[Measurements, ...]:
    """Candidates that were measured, where there are any. Raises InvalidInput: damaged."""
    found = []
    for size in batch_sizes:
        path = folder / f"{_MEMBERS}_{size}.json"
        if not path.exists():
            continue
        one = _read(path, _MEASURE)
        if one.batch_size != size:
            raise damaged(path, f"it is of the batch size {one.batch_size}", _MEASURE)
        found.append(one)
    return tuple(found)


def _read(path: Path, remedy: str) -> Measurements:
    """Raises InvalidInput: what helps is another command than where they were measured by hand."""
    try:
        return read_measurements(path)
    except InvalidInput as error:
        raise damaged(path, error, remedy) from error
