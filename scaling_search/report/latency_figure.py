"""The figure of accuracy against latency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from scaling_search.report.drawing import LOOKS, as_svg, styled
from scaling_search.report.latency import Timed


def accuracy_against_latency(timed: Sequence[Timed]) -> str:
    """Two panels, one image at a time and many, a marker for each group; SVG."""
    with styled():
        figure, panels = plt.subplots(1, 2, figsize=(10.4, 4.6), sharey=True)
        batch = timed[0].latency.batch_size
        titles = ("one image at a time", f"{batch} images at a time")
        groups = list(dict.fromkeys(t.group for t in timed))
        for axes, title, which in zip(panels, titles, (0, 1)):
            for place, group in enumerate(groups):
                colour, marker, _ = LOOKS[place % len(LOOKS)]
                own = [t for t in timed if t.group == group]
                low, median, high = np.array([_milliseconds(t, which) for t in own]).T
                axes.errorbar(
                    median,
                    [100 * t.accuracy for t in own],
                    xerr=[median - low, high - median],
                    fmt=marker,
                    color=colour,
                    markeredgecolor="black",
                    capsize=3,
                    label=group,
                )
            axes.set_xscale("log")
            axes.set_title(title, fontsize=12)
            axes.set_xlabel("milliseconds an image")
            axes.grid(axis="y", color="0.9")
            _plain_ticks(axes)
        panels[0].set_ylabel("test accuracy, %")
        if len(groups) > 1:
            panels[1].legend(loc="lower right", fontsize=10, frameon=False)
        return as_svg(figure)


def _milliseconds(timed: Timed, which: int) -> tuple[float, float, float]:
    if which == 0:
        low, median, high = timed.latency.seconds_per_image
    else:
        high, median, low = (1 / value for value in timed.latency.images_per_second)
    return 1000 * low, 1000 * median, 1000 * high


def _plain_ticks(axes: Any) -> None:
    from matplotlib import ticker

    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
