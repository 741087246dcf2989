"""How good are the forecasts, against what people use instead?

    python benchmarks/forecast.py [--families CSV] [--curves CSV]

Families (family, gmacs, top1_error): the h largest sizes are held out, at least four are fitted.
Learning curves (Task, Model, Seen Examples, Loss, Training): Training = 1 is fitted, 0 forecast.
Any file of these formats will do; `--families ""` leaves one out. About half a minute of one core.

Nothing is set on the figures that are printed. What is learned from families (our prior, conformal
widths) is learned from the other families of the file; curves get the prior of the package, which
never saw a curve. Errors are printed in points: 1 point is one mistake in a hundred images.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import nnls
from scipy.special import expit

from scaling_search.forecast.arguments import FloatArray
from scaling_search.forecast.forms import FORMS, SATURATING, fit_form, saturating_curve
from scaling_search.forecast.law import fit_scaling_law
from scaling_search.forecast.learn_prior import leave_one_out, read_families, wide_laws
from scaling_search.forecast.observations import observe
from scaling_search.forecast.prior import WEAK_PRIOR, Prior

REFERENCE = Path(__file__).parents[1] / ".." / "shared" / "reference"
LEVELS = (0.5, 0.8, 0.9, 0.95)
GRID = (np.arange(100) + 0.5) / 100  # quantiles for the CRPS
TAILS = np.array([0.5 + side * level / 2 for level in LEVELS for side in (-1, 1)])
PROBABILITIES = np.concatenate([GRID, TAILS])
FEWEST_FITTED = 4
CURVE_POINTS = 40  # of a curve's forecast part, at which quantiles are judged; all for the RMSLE


@dataclass(frozen=True, eq=False)
class Series:
    """One task: sizes and errors to fit, sizes and errors to forecast."""

    name: str
    macs: FloatArray
    error: FloatArray
    macs_after: FloatArray
    error_after: FloatArray


@dataclass(frozen=True)
class Forecast:
    """What a method says about the sizes to forecast."""

    centre: FloatArray  # (points,) errors
    quantiles: FloatArray | None = None  # (points / every, PROBABILITIES); None for a bare line
    every: int = 1  # the quantiles belong to every so many of the points


Method = Callable[[Series], Forecast]


def ours(prior_of: Callable[[str], Prior | None]) -> Method:
    @cache
    def forecast(series: Series) -> Forecast:
        law = fit_scaling_law(series.macs, series.error, prior=prior_of(series.name))
        every = max(1, series.macs_after.size // CURVE_POINTS)
        quantiles = law.quantiles(series.macs_after[::every], PROBABILITIES, of="run")
        return Forecast(law.centre(series.macs_after), quantiles, every)

    return forecast


def last_value(series: Series) -> Forecast:
    return Forecast(np.full(series.macs_after.size, series.error[-1]))


def accuracy_line(series: Series) -> Forecast:
    slope, start = np.polyfit(np.log(series.macs), 1.0 - series.error, 1)
    return Forecast(np.clip(1.0 - start - slope * np.log(series.macs_after), 1e-4, 1.0))


def form_method(number: int) -> Method:
    def forecast(series: Series) -> Forecast:
        fit = fit_form(FORMS[number], observe(series.macs, series.error))
        return Forecast(fit.predict(series.macs_after))

    return forecast


def m4(series: Series) -> Forecast:
    """(e - E) / (1 - e)^a = b F^-c, Alabdulmohsin et al. 2022, with the random-guess error at 1.

    For each floor on a grid, b, c and a by non-negative least squares of the logs; the floor whose
    curve has the smallest log residuals wins.
    """
    x, y = np.log(series.macs / series.macs[-1]), series.error
    best: tuple[float, FloatArray] = (np.inf, y)
    nodes = np.linspace(-12.0, 12.0, 600)
    for share in np.linspace(0.0, 0.99, 100):
        floor = share * y.min()
        # The level may have any sign: it enters twice, once with each.
        table = np.column_stack([np.ones_like(x), -np.ones_like(x), -x, np.log(1.0 - y)])
        (up, down, c, a), _ = nnls(table, np.log(y - floor))
        errors = floor + (1.0 - floor) * expit(nodes)
        # log of the left side rises with the error, so it can be turned round by interpolation
        left = np.log(errors - floor) - a * np.log(1.0 - errors)
        fitted = np.interp(up - down - c * x, left, errors)
        misfit = float(np.mean(np.log(fitted / y) ** 2))
        if misfit < best[0]:
            after = np.log(series.macs_after / series.macs[-1])
            best = (misfit, np.interp(up - down - c * after, left, errors))
    return Forecast(best[1])


def case_bootstrap(series: Series, resamples: int = 400) -> Forecast:
    """Resample the sizes, refit E + A F^-c on a fine grid, add a resampled residual."""
    random = np.random.default_rng(0)
    seen = observe(series.macs, series.error)
    x, y, n = seen.x, seen.log_error, seen.macs.size
    counts = random.multinomial(n, np.full(n, 1.0 / n), size=4 * resamples)
    counts = counts[(counts > 0).sum(axis=1) >= 3][:resamples].astype(float)
    exponent, share = np.meshgrid(np.geomspace(0.01, 5.0, 70), np.linspace(0.0, 0.99, 60))
    theta = np.column_stack([exponent.ravel(), share.ravel()])
    away = y - saturating_curve(x, theta)
    level = counts @ away.T / n
    best = np.argmin(counts @ (away**2).T / n - level**2, axis=1)
    level = level[np.arange(best.size), best]
    fit = fit_form(SATURATING, seen)
    residual = (y - np.log(fit.predict(seen.macs))) * np.sqrt(n / max(n - 3, 1))
    after = np.log(series.macs_after / series.macs[-1])
    noise = random.choice(residual, size=(best.size, after.size))
    draws = level[:, None] + saturating_curve(after, theta[best]) + noise
    quantiles = np.exp(np.quantile(draws, PROBABILITIES, axis=0)).T
    return Forecast(fit.predict(series.macs_after), np.minimum(quantiles, 1.0))


def conformal(all_series: list[Series], centre: Method) -> Method:
    """Widths from the log residuals of the same step of the same h in the other families.

    Split conformal, leave one family out: with n others the k-th smallest residual is taken,
    k = ceil((n + 1) level), the largest where that is more than n.
    """
    residuals = [
        (one.name, np.abs(np.log(centre(one).centre / one.error_after))) for one in all_series
    ]

    def forecast(series: Series) -> Forecast:
        middle = centre(series).centre
        others = np.array(
            [r for name, r in residuals if name != series.name and r.size == middle.size]
        )
        wanted = np.abs(2.0 * PROBABILITIES - 1.0)
        rank = np.clip(np.ceil((len(others) + 1) * wanted), 1, len(others)).astype(int)
        width = np.sort(others, axis=0)[rank - 1].T  # (points, PROBABILITIES)
        return Forecast(middle, middle[:, None] * np.exp(np.sign(PROBABILITIES - 0.5) * width))

    return forecast


def score(method: Method, series: list[Series]) -> list[float]:
    """RMSLE, points, coverage at LEVELS, width, interval score (90 %) and CRPS in points."""
    rmsle, points = [], []
    hits: list[FloatArray] = []
    others: list[FloatArray] = []
    for one in series:
        forecast = method(one)
        rmsle.append(np.sqrt(np.mean(np.log(forecast.centre / one.error_after) ** 2)))
        points.append(100 * np.mean(np.abs(forecast.centre - one.error_after)))
        if forecast.quantiles is None:
            continue
        error = one.error_after[:: forecast.every]
        away = error[:, None] - forecast.quantiles[:, : GRID.size]
        crps = 2 * np.mean(np.maximum(GRID * away, (GRID - 1) * away), axis=1)
        low, high = forecast.quantiles[:, GRID.size :: 2], forecast.quantiles[:, GRID.size + 1 :: 2]
        inside = (low <= error[:, None]) & (error[:, None] <= high)
        at = LEVELS.index(0.9)
        width = high[:, at] - low[:, at]
        miss = np.maximum(low[:, at] - error, 0) + np.maximum(error - high[:, at], 0)
        # Points of one curve are no independent trials: each series counts as much as its points
        # among families (few, one by one) and as one among curves (the mean of its points).
        pool = (lambda v: v.mean(axis=0, keepdims=True)) if error.size > 5 else (lambda v: v)
        hits.append(pool(inside.astype(float)))
        others.append(pool(100 * np.column_stack([width, width + 20 * miss, crps])))
    row = [float(np.mean(rmsle)), float(np.mean(points))]
    if hits:
        row += [100 * float(v) for v in np.concatenate(hits).mean(axis=0)]
        row += [float(v) for v in np.concatenate(others).mean(axis=0)]
    return row


def print_table(title: str, methods: dict[str, Method], series: list[Series]) -> None:
    judged = sum(one.macs_after.size for one in series)
    print(f"\n{title}: {len(series)} series, {judged} errors forecast\n")
    print(
        "| method | RMSLE | off, points | in 50 % | in 80 % | in 90 % | in 95 % "
        "| width 90 % | interval score | CRPS |"
    )
    print("|---|" + "---|" * 9)
    for name, method in methods.items():
        row = score(method, series)
        cells = [f"{row[0]:.4f}", f"{row[1]:.2f}"]
        cells += [f"{v:.0f}" for v in row[2:6]] + [f"{v:.2f}" for v in row[6:]]
        print(f"| {name} | " + " | ".join(cells + ["–"] * (9 - len(cells))) + " |", flush=True)


def hold_out(families: dict[str, tuple[FloatArray, FloatArray]], h: int) -> list[Series]:
    return [
        Series(name, macs[:-h], error[:-h], macs[-h:], error[-h:])
        for name, (macs, error) in families.items()
        if macs.size - h >= FEWEST_FITTED
    ]


def read_curves(path: Path) -> list[Series]:
    parts: dict[str, dict[str, list[tuple[float, float]]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            part = parts.setdefault(f"{row['Task']} {row['Model']}", {"1": [], "0": []})
            part[row["Training"]].append((float(row["Seen Examples"]), float(row["Loss"])))
    curves = []
    for name, part in parts.items():
        fitted, after = np.array(sorted(part["1"])).T, np.array(sorted(part["0"])).T
        curves.append(Series(name, fitted[0], fitted[1], after[0], after[1]))
    return curves


LINES: dict[str, Method] = {
    "last value": last_value,
    "line through accuracy": accuracy_line,
    "power law (M1)": form_method(0),
    "E + A F^-c (M2, single form)": form_method(1),
    "shifted power law (M3)": form_method(2),
    "M4": m4,
}


def judge_families(path: Path) -> None:
    families = read_families(path)
    priors = dict(zip(families, leave_one_out(wide_laws(families.values()))))
    left_out, wide = ours(priors.__getitem__), ours(lambda _: WEAK_PRIOR)
    by_h = {h: hold_out(families, h) for h in (1, 2, 3)}
    pooled = [one for series in by_h.values() for one in series]
    methods = {
        "this (prior without the family)": left_out,
        "this, wide prior": wide,
        **LINES,
        "case bootstrap of M2": case_bootstrap,
        "conformal around M2": conformal(pooled, form_method(1)),
        "conformal around this": conformal(pooled, left_out),
    }
    for h, series in by_h.items():
        print_table(f"Families, h = {h}", methods, series)
    print_table("Families, h = 1..3 pooled", methods, pooled)


def judge_curves(path: Path) -> None:
    curves = read_curves(path)
    methods = {
        "this (prior of the families)": ours(lambda _: None),
        "this, wide prior": ours(lambda _: WEAK_PRIOR),
        **LINES,
        "case bootstrap of M2": case_bootstrap,
    }
    print_table("Learning curves", methods, curves)
    start = time.perf_counter()
    for curve in curves:
        fit_scaling_law(curve.macs, curve.error).predict(curve.macs_after[-1:])
    print(f"\nAll {len(curves)} curves, fit with interval: {time.perf_counter() - start:.1f} s")


def time_fits(path: Path) -> None:
    times = []
    for macs, error in read_families(path).values():
        start = time.perf_counter()
        fit_scaling_law(macs, error).predict(macs[-1:] * 2, of="run")
        times.append(1000 * (time.perf_counter() - start))
    print(f"\nOne family, fit with interval: median {np.median(times):.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", default=str(REFERENCE / "imagenet_families.csv"))
    parser.add_argument("--curves", default=str(REFERENCE / "learning_curves_vision.csv"))
    arguments = parser.parse_args()
    if arguments.families:
        judge_families(Path(arguments.families))
        time_fits(Path(arguments.families))
    if arguments.curves:
        judge_curves(Path(arguments.curves))


if __name__ == "__main__":
    main()
