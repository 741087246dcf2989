"""The figure of errors against latency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import ticker
from matplotlib.figure import Figure

from scaling_search.baselines import Latency
from scaling_search.report.figures.drawing import decades, drawn, error_axis, looks
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
def error_against_latency(figure: Figure, timed: Sequence[Timed], words: Words) -> None:
    """Two panels, one image at a time and many, a marker for each series."""
    figure.set_size_inches(10.4, 4.6)
    panels = figure.subplots(1, 2, sharey=True)
    seconds: dict[str, Callable[[Latency], Sequence[float]]] = {
        "one image at a time": lambda of: of.seconds_per_image,
        f"{timed[0].latency.batch_size} images at a time": lambda of: [
            1 / rate for rate in reversed(of.images_per_second)
        ],
    }
    look = looks(dict.fromkeys(t.series for t in timed))
    groups = list(dict.fromkeys(t.group for t in timed))
    for axes, (title, an_image) in zip(panels, seconds.items()):
        decades(axes, ticker.FormatStrFormatter("%g"))
        for group in groups:
            own = [t for t in timed if t.group == group]
            low, median, high = 1000 * np.array([an_image(t.latency) for t in own]).T
            axes.errorbar(
                median,
                [words.drawn(t.error) for t in own],
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
