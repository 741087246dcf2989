"""The weights of a trained member: those that its study has kept, or trained once more."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.errors import InvalidInput
from scaling_search.export.member import Chosen, TrainedRun
from scaling_search.study.again import for_here, train_again
from scaling_search.study.files.weights import weights_path
from scaling_search.text_file import damaged

if TYPE_CHECKING:
    from torch import Tensor

#: What `read_weights` raises for a file that holds none.
_DAMAGE = (
    *(ValueError, LookupError, TypeError, AttributeError),
    *(RuntimeError, OverflowError, MemoryError),
)


@dataclass(frozen=True)
class Weights:
    """What a training of the member ended with."""

    #: By the names of `member.build()`.
    tensors: Mapping[str, Tensor]
    trained: TrainedRun
    #: How they were had, in words.
    how: str


def find_weights(chosen: Chosen, train: bool, cache_dir: str) -> Weights | str:
    """The weights of the run with the lowest val error that has some, or why there are none.

    train: whether that run is trained again where nothing was kept; it must come to the errors
    that are recorded, to the last bit. cache_dir: where pixel caches live. Raises InvalidInput.
    """
    if not chosen.runs:
        known = ", ".join(map(repr, chosen.trained_phi))
        if train:
            raise InvalidInput(
                f"phi = {chosen.phi:g} was not trained, so there is no run to repeat: leave "
                f"--train out, or take one that was, --phi {known}"
            )
        return f"This member was not trained; those at φ = {known} were."
    if chosen.study.definition.settings.trainer.own:
        if train:
            raise InvalidInput(
                "the trainings of this study are the user's own: leave --train out, and take the "
                "weights that they keep"
            )
        return "Trainings of the study are the user's own, and so are the weights."
    for trained in chosen.runs:
        path = weights_path(chosen.study.folder, trained.run.member.id, trained.run.spec.seed)
        if path.is_file():
            return Weights(_kept(path, trained), trained, "kept by the study")
    if not train:
        return (
            "The study kept no weights: --train repeats the run, and studies keep them with "
            "family.save_weights=true."
        )
    return _again(chosen, chosen.runs[0], cache_dir)


def _kept(path: Path, trained: TrainedRun) -> dict[str, Tensor]:
    from scaling_search.export.rebuilt import shapes
    from scaling_search.proxy.weights_file import read_notes, read_weights

    remedy = "restore it from its source, or remove it and export with --train"
    try:
        if read_notes(path).get("run") != trained.row.run:
            raise ValueError(f"they are not those of run {trained.row.run}")
        tensors = read_weights(path)
        if {name: t.shape for name, t in tensors.items()} != shapes(trained.run.member):
            raise ValueError("names or shapes are not those of the network")
        if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
            raise ValueError("not all of its numbers are finite")
    except _DAMAGE as error:
        raise damaged(path, error, remedy) from error
    except OSError as error:
        raise damaged(path, f"it cannot be read: {error.strerror}", remedy) from error
    return tensors


def _again(chosen: Chosen, trained: TrainedRun, cache_dir: str) -> Weights:
    from scaling_search.proxy.weights_file import read_weights

    definition = for_here(chosen.study.definition, cache_dir)
    row = trained.row
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        result = train_again(definition, trained.run, chosen.study.folder.parent, path)
        if (result.val_error, result.test_error) != (row.val_error, row.test_error):
            raise InvalidInput(
                f"run {row.run} now comes to val error {result.val_error} and test error "
                f"{result.test_error}, but {row.val_error} and {row.test_error} are recorded: "
                "export on the machine that trained it, or leave --train out"
            )
        tensors = read_weights(path)
    return Weights(tensors, trained, "trained again, to the same errors to the last bit")
