"""What is scaled: baselines and their members. torch is imported only to build, count or time."""

from scaling_search.baselines.baseline import (
    ArchitectureBaseline,
    Baseline,
    FamilyMember,
    Network,
    OwnBaseline,
    StoredBaseline,
    base_member,
    build_network,
    counted_in,
    plain_network,
    scale,
    scale_by,
)
from scaling_search.baselines.latency import Latency, measure_latency
from scaling_search.baselines.load import FOUND, BaselineSettings, load_baseline
from scaling_search.baselines.measurements import Measurements, measure_members
from scaling_search.baselines.own_network import OwnNetwork, Priced
from scaling_search.baselines.quantity import COUNTS, MACS, UNBOUNDED, Bounds, Counted, Quantity
from scaling_search.baselines.solve import largest_within, solve_phi
from scaling_search.baselines.stage_tables import STAGE_TABLES
from scaling_search.baselines.table import plain_table, read_table
from scaling_search.scaling import MemorySetup

__all__ = [
    "COUNTS",
    "FOUND",
    "MACS",
    "STAGE_TABLES",
    "UNBOUNDED",
    "ArchitectureBaseline",
    "Baseline",
    "BaselineSettings",
    "Bounds",
    "Counted",
    "FamilyMember",
    "Latency",
    "Measurements",
    "MemorySetup",
    "Network",
    "OwnBaseline",
    "OwnNetwork",
    "Priced",
    "Quantity",
    "StoredBaseline",
    "base_member",
    "build_network",
    "counted_in",
    "largest_within",
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
