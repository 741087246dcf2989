"""What scaling_search needs of the segmenter beside its network and its training."""

import torch
from scenes import SHAPES, load_scenes
from segmenter import Segmenter
from segmenter_training import evaluate, fit


def network(depth_mult, width_mult, resolution, num_classes, in_channels):
    return Segmenter(depth_mult, width_mult, 1 + len(SHAPES))


def train(job):
    train, val, test = (
        load_scenes(part, count).resized(job.resolution)
        for part, count in (("train", 2000), ("val", 500), ("test", 500))
    )
    torch.manual_seed(job.seed)
    model = job.model()
    fit(model, train, val, job.epochs, job.seed, after_epoch=job.report)
    return {"IoU": evaluate(model, val), "test_IoU": evaluate(model, test)}
