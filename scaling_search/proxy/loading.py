"""The images of a training, batch by batch: from a pixel cache, or decoded by processes ahead.

What is loaded depends on neither. The processes are a DataLoader's: they are forked by a server
that has imported torch and holds no thread, GPU or lock, they end with the training, and they read
a few pieces ahead, not more.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from scaling_search.errors import InvalidInput
from scaling_search.proxy.decoding import Decoder
from scaling_search.proxy.random_crop import RandomCrops
from scaling_search.proxy.resampling import Pixels

Rows = NDArray[np.int64]
#: (batches of rows, crops or None) -> of each batch its bytes on the device, (B, H, W, C).
ReadBatches = Callable[[Sequence[Rows], RandomCrops | None], Iterator[Tensor]]

#: Most images and bytes that a process decodes at a time: a piece.
_IMAGES, _BYTES = 64, 1 << 20
#: Fewest and most pieces, and between them the bytes, that a process is ahead.
_LEAST_AHEAD, _MOST_AHEAD, _BYTES_AHEAD = 4, 32, 4 << 20
#: How torch says that one has died.
_LOST = re.compile("exited unexpectedly|killed by signal")


@contextmanager
def open_images(images: Pixels | Decoder, device: torch.device) -> Iterator[ReadBatches]:
    """A function that reads batches of the images; one call of it after the other.

    It raises InvalidInput where an image cannot be decoded, RuntimeError where a process is lost.
    """
    if not isinstance(images, Decoder):
        yield _kept(images, device)
    elif images.processes == 0:
        yield _decoded_here(images, device)
    else:
        pieces: list[_Piece] = []
        loader = _start(images, pieces, device)
        try:
            yield _decoded_ahead(loader, pieces, _piece_images(images), device)
        finally:
            if loader._iterator is not None:
                loader._iterator._shutdown_workers()  # type: ignore[attr-defined]


def _kept(images: Pixels, device: torch.device) -> ReadBatches:
    """On a GPU with room for them all images move there once; else they stay mapped from disk."""
    there = None
    if device.type == "cuda" and images.nbytes < 0.4 * torch.cuda.mem_get_info(device)[0]:
        there = torch.from_numpy(np.array(images)).to(device)

    def read(batches: Sequence[Rows], crops: RandomCrops | None) -> Iterator[Tensor]:
        if crops is not None:
            raise ValueError("a random crop takes more of an image than is kept")
        for rows in batches:
            if there is not None:
                yield there[torch.from_numpy(rows).to(device)]
            else:
                yield torch.from_numpy(images[rows]).to(device, non_blocking=True)

    return read


def _decoded_here(decoder: Decoder, device: torch.device) -> ReadBatches:
    def read(batches: Sequence[Rows], crops: RandomCrops | None) -> Iterator[Tensor]:
        for rows in batches:
            yield torch.from_numpy(decoder.read(rows, crops)).to(device)

    return read


class _Piece(NamedTuple):
    """What is decoded in one go."""

    rows: Rows
    crops: RandomCrops | None


class _Decoded(Dataset[Any]):
    """Piece -> its images, or the error that stands for them."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __getitem__(self, piece: _Piece) -> Tensor | Exception:
        try:
            return torch.from_numpy(self._decoder.read(*piece))
        except (InvalidInput, OSError, MemoryError) as error:
            return error  # as it is, not in the words of the loader


class _Loader(DataLoader[Any]):
    def check_worker_number_rationality(self) -> None:
        """More processes than cores are slow, but what was asked for."""


def _end_with_training(_number: int) -> None:
    """A process outlives no training, not even one that was killed."""
    training = multiprocessing.parent_process()
    assert training is not None

    def watch() -> None:
        training.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _start(decoder: Decoder, pieces: list[_Piece], device: torch.device) -> DataLoader[Any]:
    """The processes start with the first iteration, which goes over `pieces` as they are then."""
    piece = _piece_images(decoder) * decoder.image_bytes
    # Forking this process would copy its threads' locks, and a GPU's state, into the children.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload([__name__, "scaling_search.proxy.images.from_folder"])
    return _Loader(
        _Decoded(decoder),
        batch_size=None,
        sampler=pieces,
        num_workers=decoder.processes,
        prefetch_factor=min(_MOST_AHEAD, max(_LEAST_AHEAD, _BYTES_AHEAD // piece)),
        persistent_workers=True,
        worker_init_fn=_end_with_training,
        multiprocessing_context=context,
        pin_memory=device.type == "cuda",
        # Else it would draw from the global generator, and change what the run draws.
        generator=torch.Generator(),
    )


def _piece_images(decoder: Decoder) -> int:
    return max(1, min(_IMAGES, _BYTES // decoder.image_bytes))


def _decoded_ahead(
    loader: DataLoader[Any], pieces: list[_Piece], most: int, device: torch.device
) -> ReadBatches:
    def read(batches: Sequence[Rows], crops: RandomCrops | None) -> Iterator[Tensor]:
        parts = [[rows[i : i + most] for i in range(0, len(rows), most)] for rows in batches]
        pieces[:] = [_Piece(part, crops) for of_batch in parts for part in of_batch]
        loaded = _loaded(loader)
        for of_batch in parts:
            ready = [next(loaded).to(device, non_blocking=True) for _ in of_batch]
            yield ready[0] if len(ready) == 1 else torch.cat(ready)

    return read


def _loaded(loader: DataLoader[Any]) -> Iterator[Tensor]:
    """What the processes have decoded, in the order of the pieces."""
    iterator = iter(loader)
    while True:
        try:
            piece = next(iterator)
        except StopIteration:
            return
        # What the disk says comes as a piece: these are of the connection to a process.
        except (OSError, EOFError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not _LOST.search(str(error)):
                raise
            raise RuntimeError(
                "a process that decodes images was lost, as when memory or shared memory runs "
                "out: fewer need less (data.loading_processes=), and 0 does without"
            ) from error
        if isinstance(piece, Exception):
            raise piece
        yield piece
