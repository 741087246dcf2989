"""Series of networks that grow from a baseline in stated ways: the paper's comparisons, and
whether the baseline is balanced."""

from scaling_search.series.balance import BalanceSettings
from scaling_search.series.growth import GrowthSettings
from scaling_search.series.networks import LeftOut, Networks, Point, list_networks
from scaling_search.series.observation1 import Observation1Settings
from scaling_search.series.observation2 import Observation2Settings
from scaling_search.series.settings import SeriesSettings
from scaling_search.series.shares import SharesSettings
from scaling_search.series.single_vs_compound import SingleVsCompoundSettings

__all__ = [
    "BalanceSettings",
    "GrowthSettings",
    "LeftOut",
    "Networks",
    "Observation1Settings",
    "Observation2Settings",
    "Point",
    "SeriesSettings",
    "SharesSettings",
    "SingleVsCompoundSettings",
    "list_networks",
]
