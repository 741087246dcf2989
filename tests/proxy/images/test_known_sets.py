"""Many paths as one text."""

import pytest

from scaling_search.proxy.images.known_sets import Paths


@pytest.mark.parametrize(
    "paths", [["a.png"], ["é/1.jpg", "b\udcff.png", "c/d/ü.png", "x"], [f"{i}" for i in range(999)]]
)
def test_each_path_is_found_by_its_place(paths: list[str]) -> None:
    kept = Paths.of(paths)
    assert list(kept) == paths
    assert [kept[i] for i in range(len(paths))] == paths
