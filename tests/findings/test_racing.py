"""Racing: where the first runs and the next ones go."""

import numpy as np

from scaling_search.findings.design import Design
from scaling_search.findings.racing import first_round, next_runs
from scaling_search.findings.surface import fit_surface
from scaling_search.findings.triangle import triangle

SHARES = triangle(6)
PLAIN = Design(shares=SHARES)
DISTANCE = ((SHARES - [0.3, 0.3, 0.4]) ** 2).sum(axis=1)


def errors(seeds: int, sigma: float = 0.06) -> np.ndarray:
    rng = np.random.default_rng(6)
    return 0.2 * np.exp(0.9 * DISTANCE[:, None] + rng.normal(0, sigma, (28, seeds)))


def test_first_round_reaches_the_corners_and_the_middle() -> None:
    chosen = list(first_round(PLAIN, 10))
    assert len(set(chosen)) == 10
    assert {0, 6, 27} < set(chosen)  # the corners
    assert (SHARES[chosen] > 0.1).all(axis=1).any()


def test_first_round_knows_of_resolutions_and_of_what_a_pixel_costs() -> None:
    pixels = 16 + np.rint(6 * SHARES[:, 2]).astype(int)
    plain, stepped = (
        first_round(PLAIN, 10),
        first_round(Design(shares=SHARES, resolution=pixels), 10),
    )
    assert len({pixels[i] for i in stepped}) == 7 > len({pixels[i] for i in plain})
    # One network alone tells what dear pixels do.
    price = np.zeros(28)
    price[17] = 0.25
    assert 17 in first_round(Design(shares=SHARES, log_pixel_price=price), 10)
    assert 17 not in plain


def test_first_round_has_every_candidate_once_at_most() -> None:
    assert sorted(first_round(PLAIN, 100)) == list(range(28))


def test_next_runs_go_to_rivals_and_not_to_the_hopeless() -> None:
    seen = errors(2)
    fitted = fit_surface(PLAIN, seen)
    chosen = next_runs(fitted, 6)
    assert len(set(chosen)) == 6
    assert fitted.p_best[list(chosen)].sum() > 0.5
    worst = set(np.argsort(fitted.mean)[-10:].tolist())
    assert not worst & set(chosen)


def test_untrained_candidate_is_trained_where_it_may_win() -> None:
    seen = errors(3)
    near = int(DISTANCE.argmin())
    seen[near] = np.nan
    assert near in next_runs(fit_surface(PLAIN, seen), 4)


def test_excluded_candidates_get_nothing() -> None:
    seen = errors(2)
    possible = np.zeros(28, bool)
    possible[[3, 9, 12]] = True
    fitted = fit_surface(PLAIN, seen)
    assert set(next_runs(fitted, 10, possible)) == {3, 9, 12}
    assert next_runs(fitted, 2, np.zeros(28, bool)) == ()


def test_same_input_names_the_same_runs() -> None:
    once, again = (next_runs(fit_surface(PLAIN, errors(2)), 8) for _ in range(2))
    assert once == again
