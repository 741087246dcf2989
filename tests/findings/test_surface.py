"""The response surface: exact answers, invariances, honest widths."""

import numpy as np
import pytest
from landscapes import KINDS, make_landscape

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.surface import fit_surface
from scaling_search.findings.surface_prior import SurfacePrior, features
from scaling_search.findings.triangle import polynomial, triangle

SHARES = triangle(6)
PLAIN = Design(shares=SHARES)
RNG = np.random.default_rng(2)
TRUE_LOG = np.log(0.2) + 0.9 * ((SHARES - [0.3, 0.2, 0.5]) ** 2).sum(axis=1)
ERRORS = np.exp(TRUE_LOG[:, None] + RNG.normal(0, 0.04, 3) + RNG.normal(0, 0.06, (28, 3)))


def relative(log_error: np.ndarray) -> np.ndarray:
    """Draws with the level, which seeds share, taken out."""
    return log_error - log_error.mean(axis=1, keepdims=True)


def test_values_are_those_of_the_joint_normal_model() -> None:
    # With one grid point, candidates and runs are jointly normal: the textbook formula, in full.
    scale, tau, omega, step = 3.0, 0.6, 0.5, 2.0
    prior = SurfacePrior(
        surface_scales=(scale,), tau_scales=(tau,), omega_scales=(omega,), step_scales=(step,)
    )
    errors = ERRORS.copy()
    errors[4:, 1] = errors[9:, 2] = errors[:3, 0] = np.nan
    cost, price = np.linspace(-0.05, 0.05, 28), 0.1 * np.cos(np.arange(28))
    pixels = 16 + np.arange(28) % 3
    design = Design(shares=SHARES, log_cost=cost, resolution=pixels, log_pixel_price=price)
    fitted = fit_surface(design, errors, prior)

    rows, columns = np.nonzero(np.isfinite(errors))
    y = np.log(errors[rows, columns])
    x = np.column_stack([polynomial(SHARES), cost, price, pixels[:, None] == [16, 17, 18]])
    assert np.array_equal(x, features(design))
    unit = np.r_[1, 1, [prior.curvature] * 3, [prior.bend] * 4]
    sd = np.r_[prior.level_scale, scale * unit, prior.cost_slope[1], prior.pixel_price_slope[1]]
    sd = np.r_[sd, [step] * 3]
    centre = np.zeros(15)
    centre[[3, 5]] = scale * prior.bowl * prior.unit_sigma
    centre[[10, 11]] = prior.cost_slope[0], prior.pixel_price_slope[0]
    value = (x * sd**2) @ x.T + tau**2 * np.eye(28)
    seen = value[np.ix_(rows, rows)] + omega**2 * (columns[:, None] == columns) + np.eye(len(rows))
    off = y - y.mean() - (x @ centre)[rows]
    # At equal cost: the covariate's part is known of but not predicted.
    x[:, 10] = 0
    wanted = (x * sd**2) @ x.T + tau**2 * np.eye(28)
    cross = wanted[:, rows]
    expected = x @ centre + cross @ np.linalg.solve(seen, off)
    found = fitted.log_error.mean(axis=0)
    assert np.allclose(found - found.mean(), expected - expected.mean(), atol=1e-9)

    covariance = wanted - cross @ np.linalg.solve(seen, cross.T)
    shape = prior.sigma_shape + len(y) / 2
    rate = prior.sigma_rate + off @ np.linalg.solve(seen, off) / 2
    spread = np.sqrt(np.diag(covariance) * rate / (shape - 1))
    assert np.allclose(fitted.log_error.std(axis=0), spread, rtol=0.08)


def test_figures_are_those_of_before() -> None:
    """As they were before the fit was taken apart into statistics, posterior and draws.

    Each is free of the axes that an eigenvalue problem may turn, so it holds on any machine.
    """
    errors = ERRORS.copy()
    errors[4:, 1] = errors[9:, 2] = errors[:3, 0] = errors[20:] = np.nan
    design = Design(
        shares=SHARES,
        log_cost=np.linspace(-0.05, 0.05, 28),
        resolution=16 + np.arange(28) % 3,
        log_pixel_price=0.1 * np.cos(np.arange(28)),
    )
    fitted = fit_surface(design, errors)
    found = [fitted.sigma, fitted.tau, fitted.omega, *fitted.log_error.mean(axis=0)[[0, 10]]]
    assert found == pytest.approx(
        [
            0.04579471207707354,
            0.03075954004762854,
            0.012142175552490744,
            -1.2218825340084718,
            -1.4840054093924437,
        ],
        rel=1e-9,
    )
    assert fitted.coefficients.mean(axis=0)[[0, 1, 5, 9]] == pytest.approx(
        [-1.55599610688507, -0.1549415670659102, 0.7346263448544397, -0.19033797848521117],
        rel=1e-9,
    )
    assert fitted.choice == fitted.p_best.argmax() == 8
    assert fitted.p_best[8] == pytest.approx(0.3745, abs=0.02)


def test_exact_quadratic_is_recovered() -> None:
    exact = np.exp(np.repeat(TRUE_LOG[:, None], 3, axis=1))
    fitted = fit_surface(PLAIN, exact)
    assert np.allclose(fitted.mean, np.exp(TRUE_LOG), rtol=0.02)
    assert fitted.choice == TRUE_LOG.argmin()
    assert fitted.p_best[fitted.choice] > 0.9


def test_same_input_gives_the_same_bytes() -> None:
    first, second = (
        fit_surface(PLAIN, ERRORS),
        fit_surface(Design(shares=SHARES.copy()), ERRORS.copy()),
    )
    assert first.log_error.tobytes() == second.log_error.tobytes()
    assert first.p_best.tobytes() == second.p_best.tobytes()


def test_order_of_seeds_is_irrelevant() -> None:
    errors = ERRORS.copy()
    errors[5:, 2] = np.nan
    first, second = fit_surface(PLAIN, errors), fit_surface(PLAIN, errors[:, [2, 0, 1]])
    assert np.allclose(first.mean, second.mean, rtol=1e-6)
    assert first.p_best == pytest.approx(second.p_best, abs=0.02)


def test_order_of_candidates_is_irrelevant() -> None:
    order = np.random.default_rng(0).permutation(28)
    first, second = fit_surface(PLAIN, ERRORS), fit_surface(PLAIN[order], ERRORS[order])
    assert np.allclose(first.mean[order], second.mean, rtol=0.002)
    assert first.p_best[order] == pytest.approx(second.p_best, abs=0.04)


@pytest.mark.parametrize("relabelled", [[1, 2, 0], [2, 1, 0], [0, 2, 1]])
def test_names_of_the_dimensions_are_irrelevant(relabelled: list[int]) -> None:
    first, second = (
        fit_surface(PLAIN, ERRORS),
        fit_surface(Design(shares=SHARES[:, relabelled]), ERRORS),
    )
    assert np.allclose(first.mean, second.mean, rtol=0.002)
    assert first.p_best == pytest.approx(second.p_best, abs=0.04)


def test_seeds_are_blocks() -> None:
    # A seed that is hard for all candidates tells nothing about any of them.
    shifted = ERRORS * np.array([1.1, 0.95, 1.0])
    first, second = fit_surface(PLAIN, ERRORS), fit_surface(PLAIN, shifted)
    assert np.allclose(
        relative(first.log_error).mean(axis=0), relative(second.log_error).mean(axis=0), atol=0.002
    )


def test_probabilities_add_up_and_follow_the_errors() -> None:
    fitted = fit_surface(PLAIN, ERRORS)
    assert fitted.p_best.sum() == pytest.approx(1)
    assert fitted.p_best[fitted.choice] >= np.median(fitted.p_best)
    assert fitted.p_best[int(fitted.mean.argmax())] == 0


def test_the_best_of_a_part_is_drawn_among_the_part() -> None:
    fitted = fit_surface(PLAIN, ERRORS)
    everyone = np.ones(28, bool)
    assert np.allclose(fitted.p_best_among(everyone), fitted.p_best)
    without = np.arange(28) != fitted.p_best.argmax()
    among = fitted.p_best_among(without)
    assert among.sum() == pytest.approx(1)
    assert among[~without] == 0
    # What the best one leaves goes to its neighbours and not to all in proportion.
    assert (
        np.allclose(among[without], fitted.p_best[without] / fitted.p_best[without].sum()) is False
    )
    assert (among >= np.where(without, fitted.p_best, 0) - 1e-12).all()
    assert not fitted.p_best_among(~everyone).any()


def test_fewer_runs_mean_wider_answers() -> None:
    few, many = fit_surface(PLAIN, ERRORS[:, :1]), fit_surface(PLAIN, ERRORS)
    spread = [relative(fitted.log_error).std(axis=0).mean() for fitted in (few, many)]
    assert spread[0] > 1.2 * spread[1]
    assert few.p_best.max() < many.p_best.max() + 0.05


def test_untrained_candidate_is_known_from_its_neighbours_but_less_well() -> None:
    errors = ERRORS.copy()
    inside = int(np.abs(SHARES - 1 / 3).max(axis=1).argmin())
    errors[inside] = np.nan
    fitted = fit_surface(PLAIN, errors)
    assert fitted.mean[inside] == pytest.approx(np.exp(TRUE_LOG[inside]), abs=0.015)
    trained = np.arange(28) != inside
    spread = relative(fitted.log_error).std(axis=0)
    assert spread[inside] > np.median(spread[trained])


def test_own_runs_count_where_networks_leave_the_surface() -> None:
    # One network is 15 % better than its neighbours, seed after seed.
    errors = np.exp(TRUE_LOG[:, None] + np.random.default_rng(1).normal(0, 0.01, (28, 6)))
    errors[20] *= 0.85
    fitted = fit_surface(PLAIN, errors)
    assert fitted.mean[20] == pytest.approx(errors[20].mean(), rel=0.02)
    # With one noisy run it is drawn towards them.
    once = fit_surface(PLAIN, np.where(np.arange(6) == 0, errors, np.nan))
    assert once.mean[20] > fitted.mean[20]


def test_candidates_are_compared_at_equal_cost() -> None:
    # Same error, but the second half cost more: they would be worse at the wished cost.
    rng = np.random.default_rng(4)
    shares = np.repeat(rng.dirichlet([2, 2, 2], 15), 2, axis=0)
    cost = np.tile([-0.05, 0.05], 15)
    errors = 0.2 * np.exp(rng.normal(0, 0.01, (30, 2)))
    fitted = fit_surface(Design(shares=shares, log_cost=cost), errors)
    assert fitted.mean[1::2].mean() > fitted.mean[::2].mean()


@pytest.mark.parametrize("candidates", [0, 1, 2, 5, 6])
def test_few_candidates_still_give_sane_answers(candidates: int) -> None:
    errors = np.full((28, 1), np.nan)
    errors[:candidates] = ERRORS[:candidates, :1]
    fitted = fit_surface(PLAIN, errors)
    assert np.isfinite(fitted.log_error).all()
    assert ((fitted.mean > 0) & (fitted.mean < 1)).all()
    assert fitted.p_best.max() < 0.6
    if candidates:
        seen = np.abs(fitted.mean - ERRORS[:, 0])[:candidates]
        assert (seen < 2 * fitted.sd[:candidates]).all()


def test_networks_of_one_edge_tell_little_of_the_opposite_corner() -> None:
    edge = SHARES[:, 1] == 0
    fitted = fit_surface(PLAIN, np.where(edge[:, None], ERRORS, np.nan))
    level = fitted.log_error[:, edge].mean(axis=1, keepdims=True)
    spread = (fitted.log_error - level).std(axis=0)
    assert spread[SHARES[:, 1] == 1] > 5 * spread[edge].mean()


def test_error_of_zero_is_the_lowest() -> None:
    errors = ERRORS.copy()
    errors[3] = 0
    fitted = fit_surface(PLAIN, errors)
    assert np.isfinite(fitted.mean).all()
    assert fitted.choice == 3


@pytest.mark.slow
def test_true_errors_lie_in_their_intervals_as_often_as_promised() -> None:
    hits, noise = [], []
    for replay in range(120):
        rng = np.random.default_rng([replay, 5])
        land = make_landscape(KINDS[replay % 4], 0.1, 0.02, rng)
        table = land.runs(3, 0.06, 0.03, rng)
        fitted = fit_surface(land.design, table)
        low, high = np.quantile(np.exp(fitted.log_error), [0.05, 0.95], axis=0)
        hits.append(np.mean((low <= land.error) & (land.error <= high)))
        noise.append(fitted.sigma)
    # Candidates of a landscape share its seeds: two standard errors are about three points.
    assert np.mean(hits) == pytest.approx(0.9, abs=0.05)
    assert np.mean(noise) == pytest.approx(0.06, rel=0.05)


@pytest.mark.parametrize("unit", [1e-5, 3.0, 12.0])
def test_losses_in_another_unit_are_the_same_losses(unit: float) -> None:
    """Be they above 1 or below it."""
    some = np.where(np.arange(84).reshape(28, 3) % 5 == 0, np.nan, ERRORS)
    one = fit_surface(PLAIN, some, highest=np.inf)
    other = fit_surface(PLAIN, unit * some, highest=np.inf)
    assert np.allclose(other.mean, unit * one.mean, rtol=1e-9)
    assert np.allclose(other.sd, unit * one.sd, rtol=1e-6)
    assert np.allclose(other.error_at(SHARES), unit * one.error_at(SHARES), rtol=1e-9)
    assert np.allclose(other.p_best, one.p_best, atol=2e-3)
    assert (other.sigma, other.tau) == pytest.approx((one.sigma, one.tau))


def test_only_fractions_end_at_one() -> None:
    bad = np.where(np.arange(28)[:, None] < 4, 6 * ERRORS, np.nan)
    assert bad[:4].max() > 1
    losses = fit_surface(PLAIN, bad, highest=np.inf)
    assert losses.mean[:4].max() > 1
    with pytest.raises(InvalidInput, match="fractions"):
        fit_surface(PLAIN, bad)
    fractions = fit_surface(PLAIN, np.minimum(bad, 1))
    assert np.exp(fractions.log_error).max() == fractions.error_at(SHARES).max() == 1


@pytest.mark.parametrize(
    ("errors", "message"), [(ERRORS[:5], "one row a candidate"), (100 * ERRORS, "fractions")]
)
def test_mistakes_are_named(errors: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        fit_surface(PLAIN, errors)
