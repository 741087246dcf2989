"""A run that starts from the weights of another: kept in a file, or trained anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from scaling_search.baselines import Network
from scaling_search.errors import InvalidInput
from scaling_search.proxy.exported import ExportedJob, network_of
from scaling_search.proxy.growth import take_over
from scaling_search.proxy.run import carry_out
from scaling_search.proxy.weights_file import digest_of, read_notes, read_weights

if TYPE_CHECKING:
    from scaling_search.proxy.run import Job, RunSpec


def begun_from(start: Job | ExportedJob | None, spec: RunSpec) -> Callable[[nn.Module], nn.Module]:
    """What puts the weights of the run's start into its network, freshly initialised.

    Its classifier stays as it is where the images or their classes are others.
    """
    if start is None:
        return lambda module: module
    network: Network
    if isinstance(start, ExportedJob):
        weights, network, task = _brought(start)
    else:
        weights, network, task = _trained(start), start.spec.network, start.spec.task

    def begin(module: nn.Module) -> nn.Module:
        take_over(module, spec.network, weights, network, spec.task == task)
        return module

    return begin


def _brought(job: ExportedJob) -> tuple[dict[str, Tensor], Network, str]:
    """Exported weights, their network and the identity of their data. Raises InvalidInput."""
    weights = _kept(job.weights, job.spec.key)
    if weights is None:
        raise InvalidInput(
            f"{job.weights}, from which runs start, is missing or damaged: repeat the study's "
            "command with recipe.start= the exported folder, which brings it back"
        )
    return weights, *network_of(read_notes(job.weights))


def _trained(job: Job) -> dict[str, Tensor]:
    """The evaluated weights of a run, which lie in the job's file afterwards.

    Equal jobs give equal weights, so it does no harm where another worker does the same.
    """
    assert job.weights is not None
    weights = _kept(job.weights, job.spec.key)
    if weights is None:
        carry_out(job)
        weights = _kept(job.weights, job.spec.key)
    if weights is None:
        raise OSError(f"{job.weights} was written, but cannot be read back")
    return weights


def _kept(path: Path, run: str) -> dict[str, Tensor] | None:
    """What a file has of a run; None where it is another's, damaged or missing."""
    try:
        if not path.is_file():  # reading a pipe would never end
            return None
        notes, weights = read_notes(path), read_weights(path)
        known = {"run": run, "sha256": digest_of(weights)}
        return weights if known == {name: notes.get(name) for name in known} else None
    except Exception:  # damage has many forms and one remedy
        return None
