"""The figure of errors against latency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import ticker

from scaling_search.baselines import Latency
from scaling_search.report.figures.drawing import decades, drawn, error_axis
from scaling_search.report.figures.looks import Look
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.words import Words


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A trained network whose latency is known."""

    #: What it is drawn as (a series, or the family), and what it is listed as.
    series: str
    group: str
    name: str
    macs: int
    activations: int
    #: Nan where it is not known.
    error: float
    latency: Latency


@drawn
def error_against_latency(
    figure: Drawing, timed: Sequence[Timed], look: Mapping[str, Look], words: Words
) -> None:
    """Two panels, one image at a time and many. look: of each series."""
    figure.set_size_inches(10.4, 4.6)
    panels = figure.subplots(1, 2, sharey=True)
    seconds: dict[str, Callable[[Latency], Sequence[float]]] = {
        "one image at a time": lambda of: of.seconds_per_image,
        f"{timed[0].latency.batch_size} images at a time": lambda of: [
            1 / rate for rate in reversed(of.images_per_second)
        ],
    }
    groups = list(dict.fromkeys(t.group for t in timed))
    for axes, (title, an_image) in zip(panels, seconds.items()):
        decades(axes, ticker.FormatStrFormatter("%g"))
        for group in groups:
            own = [t for t in timed if t.group == group]
            low, median, high = 1000 * np.array([an_image(t.latency) for t in own]).T
            errors = [words.drawn(t.error) for t in own]
            figure.tell(axes, median, errors, [_tip(t, an_image, words) for t in own])
            axes.errorbar(
                median,
                errors,
                xerr=[median - low, high - median],
                fmt=look[own[0].series].marker,
                color=look[own[0].series].colour,
                markeredgecolor="black",
                capsize=3,
                label=group,
            )
        axes.set_title(title, fontsize=12)
        axes.set_xlabel("milliseconds an image")
        error_axis(axes, words, name=axes is panels[0])
    if len(groups) > 1:
        panels[1].legend(loc=f"{words.free} right", fontsize=10, frameon=False)


def _tip(timed: Timed, an_image: Callable[[Latency], Sequence[float]], words: Words) -> Tip:
    low, median, high = (1000 * seconds for seconds in an_image(timed.latency))
    name = timed.group if timed.name == timed.group else f"{timed.group} {timed.name}"
    lines = [
        name,
        f"{words.shown} {words.metric.text(words.metric.shown(timed.error))}",
        f"{median:.3g} ms an image ({low:.3g} to {high:.3g})",
        f"{timed.macs:,} multiply-adds",
    ]
    return Tip(lines, [timed.group, f"{timed.macs:,}"])
