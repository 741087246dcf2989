"""Files of this machine as a set: an image folder, or parquet files."""

from __future__ import annotations

from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.image_set import ImageSet
from scaling_search.proxy.images.folder_scan import scan
from scaling_search.proxy.images.from_datasets import Source, image_set_from_parquet, row_set
from scaling_search.proxy.images.from_folder import folder_set, image_set_from_folder
from scaling_search.proxy.images.known_sets import KnownSet
from scaling_search.proxy.images.parquet_files import find_parquet, list_parquet, local_path


def local_set(settings: DataSettings) -> ImageSet:
    """The set at data.path. Raises InvalidInput where it cannot be used."""
    path = local_path(settings)
    if path.is_file():
        return image_set_from_parquet(settings, list_parquet(settings))
    found = scan(path)
    listing = find_parquet(found)
    if listing is not None:
        return image_set_from_parquet(settings, listing)
    return image_set_from_folder(settings, found)


def known_set(settings: DataSettings, known: KnownSet) -> ImageSet:
    """A set of files, or of the hub, of which all is known, without a look at it."""
    if known.train_paths.text:
        return folder_set(settings, known)
    return row_set(Source(settings), known)
