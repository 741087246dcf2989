"""Detectors scaled by one rule: does what ImageNet taught hold for 1 - mAP?"""

from __future__ import annotations

import numpy as np

from scaling_search.forecast import fit_scaling_law
from scaling_search.metric import Metric

MAP = Metric("mAP", "maximize", "percent")
#: FLOPs in billions and COCO mAP (.5 to .95) as published: google/automl, efficientdet/README.md;
#: pytorch.org/hub/ultralytics; Wang et al. 2024 (arXiv 2405.14458).
FAMILIES = {
    "EfficientDet": (
        [2.54, 6.10, 11.0, 24.9, 55.2, 130, 226, 325, 410],
        [34.6, 40.5, 43.0, 47.5, 49.7, 51.5, 52.6, 53.7, 55.1],
    ),
    "YOLOv5": ([4.5, 16.5, 49.0, 109.1, 205.7], [28.0, 37.4, 45.4, 49.0, 50.7]),
    "YOLOv10": ([6.7, 21.6, 59.1, 92.0, 120.3, 160.4], [38.5, 46.3, 51.1, 52.5, 53.2, 54.4]),
}


def test_larger_detectors_are_forecast_from_the_smaller() -> None:
    """Every larger size from every three or more smaller ones, as one training."""
    held, off = [], []
    for flops, values in FAMILIES.values():
        error = np.array([MAP.error(value) for value in values])
        for fitted in range(3, len(flops)):
            law = fit_scaling_law(flops[:fitted], error[:fitted], metric=MAP)
            ahead = law.predict(flops[fitted:], of="run")
            held += list((ahead.low <= error[fitted:]) & (error[fitted:] <= ahead.high))
            off += list(np.log(ahead.mean / error[fitted:]))
    assert len(held) == 30
    assert np.mean(held) >= 0.85
    assert np.sqrt(np.mean(np.square(off))) < 0.05
