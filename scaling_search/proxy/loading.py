"""The images of a training, batch by batch: from a pixel cache, or decoded by processes ahead.

What is loaded depends on neither. The processes are a DataLoader's: they are forked by a server
that has imported torch and holds no thread, GPU or lock, they end with the training, and they read
a few pieces ahead, not more. What they decode lies in memory that is shared once for all: to hand
over each piece as a tensor of its own would cost more than to decode small images.
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

from scaling_search.errors import InvalidInput, ProcessLost
from scaling_search.proxy.decoding import Decoder
from scaling_search.proxy.random_crop import RandomCrops
from scaling_search.proxy.resampling import Pixels

Rows = NDArray[np.int64]


class Batch(NamedTuple):
    """Images that are taken together: their central squares, or crops."""

    rows: Rows
    crops: RandomCrops | None = None


#: Batches -> of each its bytes on the device, (B, H, W, C). What is known to come is read ahead.
ReadBatches = Callable[[Sequence[Batch]], Iterator[Tensor]]

#: Most images and bytes that a process decodes at a time: a piece.
_IMAGES, _BYTES = 32, 1 << 20
#: Fewest and most pieces, and between them the bytes, that a process is ahead.
_LEAST_AHEAD, _MOST_AHEAD, _BYTES_AHEAD = 4, 64, 4 << 20
#: How torch says that one has died, or that nothing is left to share with it.
_LOST = re.compile("exited unexpectedly|killed by signal|shared memory|No space left")


@contextmanager
def open_images(images: Pixels | Decoder, device: torch.device) -> Iterator[ReadBatches]:
    """A function that reads batches of the images; one call of it after the other.

    It raises InvalidInput where an image cannot be decoded, ProcessLost where a process is.
    """
    if not isinstance(images, Decoder):
        yield _kept(images, device)
    elif images.processes == 0:
        yield _decoded_here(images, device)
    else:
        pieces: list[_Piece] = []
        loader = _start(images, pieces)
        try:
            yield _decoded_ahead(loader, pieces, device)
        finally:
            if loader._iterator is not None:
                loader._iterator._shutdown_workers()  # type: ignore[attr-defined]


def _kept(images: Pixels, device: torch.device) -> ReadBatches:
    """On a GPU with room for them all images move there once; else they stay mapped from disk."""
    there = None
    if device.type == "cuda" and images.nbytes < 0.4 * _room(device):
        there = torch.from_numpy(np.array(images)).to(device)

    def read(batches: Sequence[Batch]) -> Iterator[Tensor]:
        for rows, crops in batches:
            if crops is not None:
                raise ValueError("a random crop takes more of an image than is kept")
            if there is not None:
                yield there[torch.from_numpy(rows).to(device)]
            else:
                yield torch.from_numpy(images[rows]).to(device, non_blocking=True)

    return read


def _room(device: torch.device) -> float:
    """Bytes of a GPU that are free, as far as this process may take them."""
    free, total = torch.cuda.mem_get_info(device)
    return min(free, total * torch.cuda.get_per_process_memory_fraction(device))


def _decoded_here(decoder: Decoder, device: torch.device) -> ReadBatches:
    def read(batches: Sequence[Batch]) -> Iterator[Tensor]:
        for batch in batches:
            yield torch.from_numpy(decoder.read(*batch)).to(device)

    return read


class _Piece(NamedTuple):
    """What is decoded in one go, and where it is put."""

    images: Batch
    place: int


class _Decoded(Dataset[Any]):
    """Piece -> its place, where its images are by then, or the error that stands for them."""

    def __init__(self, decoder: Decoder, places: Tensor) -> None:
        self._decoder = decoder
        #: Of the bytes of pieces, (place, N, H, W, C), in memory shared by all processes.
        self.places = places

    def __getitem__(self, piece: _Piece) -> int | Exception:
        try:
            images = self._decoder.read(*piece.images)
        except (InvalidInput, OSError, MemoryError) as error:
            return error  # as it is, not in the words of the loader
        self.places[piece.place, : len(images)] = torch.from_numpy(images)
        return piece.place


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


def _start(decoder: Decoder, pieces: list[_Piece]) -> DataLoader[Any]:
    """The processes start with the first iteration, which goes over `pieces` as they are then."""
    most = max(1, min(_IMAGES, _BYTES // decoder.image_bytes))
    ahead = min(_MOST_AHEAD, max(_LEAST_AHEAD, _BYTES_AHEAD // (most * decoder.image_bytes)))
    side = decoder.resolution
    # While a piece is taken, as many as are read ahead may come: none may have its place.
    shape = (ahead * decoder.processes + 1, most, side, side, decoder.in_channels)
    with _losses_told():
        places = torch.empty(shape, dtype=torch.uint8).share_memory_()  # type: ignore[no-untyped-call]
    # Forking this process would copy its threads' locks, and a GPU's state, into the children.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload([__name__, "scaling_search.proxy.images.from_folder"])
    return _Loader(
        _Decoded(decoder, places),
        batch_size=None,
        sampler=pieces,
        num_workers=decoder.processes,
        prefetch_factor=ahead,
        persistent_workers=True,
        worker_init_fn=_end_with_training,
        multiprocessing_context=context,
        # Else it would draw from the global generator, and change what the run draws.
        generator=torch.Generator(),
    )


def _decoded_ahead(
    loader: DataLoader[Any], pieces: list[_Piece], device: torch.device
) -> ReadBatches:
    places: Tensor = loader.dataset.places  # type: ignore[attr-defined]
    count, most = places.shape[:2]

    def read(batches: Sequence[Batch]) -> Iterator[Tensor]:
        parts = [
            Batch(rows[i : i + most], crops)
            for rows, crops in batches
            for i in range(0, len(rows), most)
        ]
        pieces[:] = [_Piece(part, number % count) for number, part in enumerate(parts)]
        loaded = _loaded(loader)
        for rows, _crops in batches:
            # Pinned, a batch goes to a GPU while the one before is computed with.
            batch = torch.empty(
                (len(rows), *places.shape[2:]),
                dtype=torch.uint8,
                pin_memory=device.type == "cuda",
            )
            for start in range(0, len(rows), most):
                part = batch[start : start + most]
                part.copy_(places[next(loaded), : len(part)])
            yield batch.to(device, non_blocking=True)

    return read


def _loaded(loader: DataLoader[Any]) -> Iterator[int]:
    """The places of the pieces, in the order of these, each once its images are there."""
    iterator = iter(loader)
    while True:
        # What the disk says stands for a place: other errors are of the connection to a process.
        with _losses_told():
            place = next(iterator, None)
        if place is None:
            return
        if isinstance(place, Exception):
            raise place
        yield place


@contextmanager
def _losses_told() -> Iterator[None]:
    """How torch says that a process, or memory to share with it, is lost, as what to do."""
    try:
        yield
    except (OSError, EOFError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _LOST.search(str(error)):
            raise
        raise ProcessLost(
            "a process that decodes images was lost, as when memory or shared memory runs "
            "out: fewer need less (data.loading_processes=), and 0 does without"
        ) from error
