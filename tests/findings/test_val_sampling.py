"""The val set's own sampling error, against simulated val sets."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.val_sampling import val_difference


def draw(
    rng: np.random.Generator, images: int, seeds: int, apart: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two candidates that find different images hard, with independent seeds."""
    hard = rng.normal(1.2, 1.5, images)
    chance = [1 / (1 + np.exp(-hard - rng.normal(0, apart, images))) for _ in range(2)]
    one, other = (rng.random((seeds, images)) < p for p in chance)
    return one, other


def test_difference_is_that_of_val_errors() -> None:
    correct = np.array([[1, 1, 0, 1], [1, 1, 1, 1]], bool)
    other = np.array([[0, 1, 0, 1]], bool)
    found = val_difference(correct, other)
    assert found.difference == pytest.approx(1 / 8 - 2 / 4)


def test_one_seed_each_is_the_paired_standard_error() -> None:
    one, other = draw(np.random.default_rng(0), 500, 1, 1.0)
    apart = other[0].astype(float) - one[0]
    assert val_difference(one, other).se == pytest.approx(apart.std(ddof=1) / np.sqrt(500))


def test_images_and_seeds_together_give_the_scatter_of_new_val_sets_and_new_seeds() -> None:
    # Total: images drawn anew and runs drawn anew. By seeds: scatter of the seeds' own differences.
    rng = np.random.default_rng(1)
    differences, total, images_only = [], [], []
    for _ in range(400):
        one, other = draw(rng, 300, 4, 1.0)
        found = val_difference(one, other)
        by_seed = np.sqrt((one.mean(1).var(ddof=1) + other.mean(1).var(ddof=1)) / 4)
        differences.append(found.difference)
        total.append(by_seed**2 + found.se**2)
        images_only.append(found.se**2)
    assert np.sqrt(np.mean(total)) == pytest.approx(np.std(differences), rel=0.1)
    # The chance of single runs is in one of the parts only.
    assert np.mean(images_only) < 0.8 * np.var(differences)


def test_candidates_that_differ_by_chance_alone_owe_nothing_to_the_images() -> None:
    rng = np.random.default_rng(2)
    found = [val_difference(*draw(rng, 400, 6, 0.0)).se for _ in range(100)]
    alone = [val_difference(*(c[:1] for c in draw(rng, 400, 6, 0.0))).se for _ in range(100)]
    assert np.sqrt(np.mean(np.square(found))) < 0.25 * np.mean(alone)


def test_order_of_the_candidates_changes_the_sign_alone() -> None:
    one, other = draw(np.random.default_rng(3), 200, 3, 1.0)
    there, back = val_difference(one, other), val_difference(other, one)
    assert there.difference == -back.difference
    assert there.se == pytest.approx(back.se)


def test_same_runs_differ_by_nothing() -> None:
    one, _ = draw(np.random.default_rng(3), 200, 1, 1.0)
    assert (val_difference(one, one).difference, val_difference(one, one).se) == (0, 0)


@pytest.mark.parametrize("shapes", [((2, 5), (2, 6)), ((1, 1), (1, 1)), ((0, 4), (1, 4))])
def test_other_images_are_refused(shapes: tuple) -> None:
    with pytest.raises(InvalidInput, match="same images"):
        val_difference(*(np.zeros(shape, bool) for shape in shapes))
