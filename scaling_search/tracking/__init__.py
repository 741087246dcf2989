"""Trackers: places outside, such as TensorBoard, where people look at the runs of a study."""

from scaling_search.tracking.handing_on import UNTRACKED, HandingOn
from scaling_search.tracking.settings import TrackerSettings
from scaling_search.tracking.tracker import TrackedRun, Tracker

__all__ = ["UNTRACKED", "HandingOn", "TrackedRun", "Tracker", "TrackerSettings"]
