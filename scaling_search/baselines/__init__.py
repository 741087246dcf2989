"""What is scaled: baselines and their members. torch is imported only to build, count or time."""

from scaling_search.baselines.baseline import (
    ArchitectureBaseline,
    Baseline,
    FamilyMember,
    Network,
    OwnBaseline,
    StoredBaseline,
    build_network,
    plain_network,
    scale,
    scale_by,
)
from scaling_search.baselines.latency import Latency, measure_latency
from scaling_search.baselines.load import FOUND, BaselineSettings, load_baseline
from scaling_search.baselines.measurements import Measurements, measure_members
from scaling_search.baselines.own_network import OwnNetwork, Priced
from scaling_search.baselines.solve import solve_phi
from scaling_search.baselines.stage_tables import STAGE_TABLES
from scaling_search.baselines.table import plain_table, read_table

__all__ = [
    "FOUND",
    "STAGE_TABLES",
    "ArchitectureBaseline",
    "Baseline",
    "BaselineSettings",
    "FamilyMember",
    "Latency",
    "Measurements",
    "Network",
    "OwnBaseline",
    "OwnNetwork",
    "Priced",
    "StoredBaseline",
    "build_network",
    "load_baseline",
    "measure_latency",
    "measure_members",
    "plain_network",
    "plain_table",
    "read_table",
    "scale",
    "scale_by",
    "solve_phi",
]
