"""What scaling_search needs of the detector beside its network and its training."""

import torch
from detector import Detector
from detector_training import evaluate, fit
from scenes import SHAPES, load_scenes


def network(depth_mult, width_mult, resolution, num_classes, in_channels):
    return Detector(depth_mult, width_mult, len(SHAPES))


def train(job):
    train, val, test = (
        load_scenes(part, count).resized(job.resolution)
        for part, count in (("train", 2000), ("val", 500), ("test", 500))
    )
    torch.manual_seed(job.seed)
    model = job.model()
    fit(model, train, val, job.epochs, job.seed, after_epoch=job.report)
    return {"mAP": evaluate(model, val)[0], "test_mAP": evaluate(model, test)[0]}
