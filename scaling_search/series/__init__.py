"""Series of networks that grow from a baseline in stated ways: the paper's comparisons."""

from scaling_search.series.points import LeftOut, Networks, Point, list_networks
from scaling_search.series.settings import (
    Observation1Settings,
    Observation2Settings,
    SeriesSettings,
    SingleVsCompoundSettings,
)

__all__ = [
    "LeftOut",
    "Networks",
    "Observation1Settings",
    "Observation2Settings",
    "Point",
    "SeriesSettings",
    "SingleVsCompoundSettings",
    "list_networks",
]
