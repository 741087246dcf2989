"""Steps of the response surface: what networks of equal resolution have in common."""

import numpy as np

from scaling_search.findings import fit_surface
from scaling_search.findings.triangle import triangle

SHARES = triangle(6)
#: Bands of the resolution's share, as rounding makes them.
PIXELS = [16 + round(6 * float(share)) for share in SHARES[:, 2]]


def errors_with_steps(rng: np.random.Generator, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """True errors (candidates,), which differ by resolution only, and runs (candidates, seeds)."""
    height = dict(zip(range(16, 23), rng.normal(0, 0.1, 7)))
    truth = 0.3 * np.exp([height[px] for px in PIXELS])
    return truth, truth[:, None] * np.exp(rng.normal(0, 0.06, (len(truth), seeds)))


def test_a_network_is_known_from_others_of_its_resolution() -> None:
    rng = np.random.default_rng(0)
    with_steps, without = [], []
    for _ in range(8):
        truth, errors = errors_with_steps(rng, 1)
        hidden = rng.permutation(len(truth))[:12]
        errors[hidden] = np.nan
        for found, resolution in ((with_steps, PIXELS), (without, None)):
            mean = fit_surface(SHARES, errors, resolution=resolution).mean
            found.append(np.sqrt(np.mean(np.log(mean / truth)[hidden] ** 2)))
    assert np.mean(with_steps) < 0.8 * np.mean(without)


def test_steps_that_are_not_there_cost_little() -> None:
    rng = np.random.default_rng(1)
    truth = 0.3 * np.exp(0.4 * (SHARES[:, 0] - 0.2) ** 2)
    off = {name: [] for name in ("with", "without")}
    for _ in range(8):
        errors = truth[:, None] * np.exp(rng.normal(0, 0.06, (len(truth), 1)))
        off["with"].append(fit_surface(SHARES, errors, resolution=PIXELS).mean / truth - 1)
        off["without"].append(fit_surface(SHARES, errors).mean / truth - 1)
    spread = {name: np.sqrt(np.mean(np.square(values))) for name, values in off.items()}
    assert spread["with"] < 1.25 * spread["without"]


def test_one_resolution_and_resolutions_of_their_own_are_no_steps() -> None:
    errors = 0.3 + 0.01 * np.random.default_rng(2).random((len(SHARES), 2))
    plain = fit_surface(SHARES, errors)
    for resolution in ([20] * len(SHARES), list(range(len(SHARES)))):
        assert np.array_equal(fit_surface(SHARES, errors, resolution=resolution).mean, plain.mean)
