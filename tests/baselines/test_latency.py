"""Measuring networks in turns: exact with a clock of our own, in the right order with the true."""

import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import astuple
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scaling_search.baselines import FamilyMember, latency, load_baseline, measure_latency, scale_by
from scaling_search.baselines.latency import WARM_UP_ROUNDS, Quartiles
from scaling_search.errors import InvalidInput

Own = Callable[[Callable[["Watched", Tensor], None]], list[FamilyMember]]

_numbers = itertools.count()


class Watched(nn.Module):
    """An own network that tells of each forward pass without training."""

    def __init__(self, width: int, tell: Callable[["Watched", Tensor], None]) -> None:
        super().__init__()
        self.width, self.tell = width, tell
        self.conv = nn.Conv2d(1, width, 3)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if torch.is_inference_mode_enabled():
            self.tell(self, x_BCHW)
        out: Tensor = self.conv(x_BCHW).mean((2, 3))
        return out


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Own:
    """Three own networks, of widths 1, 2 and 3, whose passes are told to a function."""

    def own(tell: Callable[[Watched, Tensor], None]) -> list[FamilyMember]:
        module = ModuleType(f"watched_networks_{next(_numbers)}")

        def watched(width_mult: float, **_: object) -> nn.Module:
            return Watched(round(width_mult), tell)

        vars(module)["watched"] = watched
        monkeypatch.setitem(sys.modules, module.__name__, module)
        baseline = load_baseline(f"{module.__name__}.watched", 10, 1, resolution=8)
        return [
            scale_by(baseline, depth_mult=1, width_mult=width, resolution=8) for width in (1, 2, 3)
        ]

    return own


class Clock:
    """Time that passes only when told."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(latency, "time", clock)
    return clock


def test_known_times_are_found(own: Own, clock: Clock) -> None:
    def tell(network: Watched, x_BCHW: Tensor) -> None:
        # Half a millisecond a pass, and as many for each image as the network is wide.
        clock.now += 5e-4 * (1 + network.width * len(x_BCHW))

    members = own(tell)
    found = measure_latency(members, batch_size=10, threads=2, rounds=3)
    assert [one.network for one in found] == [member.id for member in members]
    for width, one in zip((1, 2, 3), found):
        assert one.seconds_per_image == pytest.approx([5e-4 * (1 + width)] * 3)
        assert one.images_per_second == pytest.approx([10 / (5e-4 * (1 + 10 * width))] * 3)
        assert one.seconds_per_image.high == pytest.approx(one.seconds_per_image.low, abs=1e-9)
        assert astuple(one)[3:] == (10, 2, 3, WARM_UP_ROUNDS, "cpu")


def test_median_and_quartiles_are_those_of_the_rounds(own: Own, clock: Clock) -> None:
    turns = 0

    def tell(network: Watched, x_BCHW: Tensor) -> None:
        nonlocal turns
        # A pass takes a whole sample, so that each turn is three passes: untimed, image, batch.
        clock.now += 1 + turns // 9
        turns += 1

    found = measure_latency(own(tell), batch_size=6, rounds=5)
    for one in found:
        rounds = 1.0 + np.arange(WARM_UP_ROUNDS, WARM_UP_ROUNDS + 5)
        assert one.seconds_per_image == tuple(np.quantile(rounds, [0.25, 0.5, 0.75]))
        assert one.images_per_second == tuple(np.quantile(6 / rounds, [0.25, 0.5, 0.75]))
        assert one.seconds_per_image.high - one.seconds_per_image.low == 2


def test_a_core_taken_away_for_a_moment_does_not_count(own: Own, clock: Clock) -> None:
    passes = itertools.count()

    def tell(network: Watched, x_BCHW: Tensor) -> None:
        clock.now += 0.001 + 0.004 * (next(passes) % 7 == 0)

    for one in measure_latency(own(tell), batch_size=2, rounds=3):
        assert one.seconds_per_image.median == pytest.approx(0.001)
        assert one.images_per_second.median == pytest.approx(2 / 0.001)


def test_networks_take_turns_in_a_moving_order(own: Own, clock: Clock) -> None:
    seen: list[int] = []

    def tell(network: Watched, x_BCHW: Tensor) -> None:
        clock.now += 1
        seen.append(network.width)

    measure_latency(own(tell), rounds=2)
    assert WARM_UP_ROUNDS == 2
    assert [width for width, _ in itertools.groupby(seen)] == [1, 2, 3, 2, 3, 1, 3, 1, 2, 1, 2, 3]


def test_passes_are_those_of_an_evaluation_and_leave_no_trace(own: Own, clock: Clock) -> None:
    seen = set()

    def tell(network: Watched, x_BCHW: Tensor) -> None:
        clock.now += 1
        channels_last = network.conv.weight.is_contiguous(memory_format=torch.channels_last)
        state = (network.training, torch.is_inference_mode_enabled(), torch.get_num_threads())
        seen.add((*state, channels_last, tuple(x_BCHW.shape)))

    threads, state = torch.get_num_threads(), torch.get_rng_state()
    measure_latency(own(tell), batch_size=5, threads=threads + 1, rounds=1)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    now = (False, True, threads + 1, True)
    assert seen == {(*now, (1, 1, 8, 8)), (*now, (5, 1, 8, 8))}


def test_threads_are_restored_after_a_failure(own: Own) -> None:
    def tell(network: Watched, x_BCHW: Tensor) -> None:
        raise RuntimeError("out of memory")

    threads = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="out of memory"):
        measure_latency(own(tell), threads=threads + 1)
    assert torch.get_num_threads() == threads


def test_a_larger_network_is_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SAMPLE_SECONDS", 0.005)
    baseline = load_baseline("efficientnet_micro", 10, 3)
    small = scale_by(baseline, depth_mult=1, width_mult=1, resolution=20)
    # So much larger that no other work of the machine can turn the order.
    large = scale_by(baseline, depth_mult=3, width_mult=4, resolution=60)
    assert large.cost_ratio > 300
    # The small one is listed twice, and measured once.
    first, second = measure_latency([small, large, small], batch_size=8, rounds=3)
    assert (first.network, second.network) == (small.id, large.id)
    assert first.seconds_per_image.median < second.seconds_per_image.median
    assert first.images_per_second.median > second.images_per_second.median
    assert all(value > 0 for value in (*first.seconds_per_image, *first.images_per_second))
    assert isinstance(first.images_per_second, Quartiles)


def test_the_clock_is_that_of_the_thread_where_it_alone_works() -> None:
    assert latency.clock("cpu", 1) is time.thread_time
    assert latency.clock("cpu", 2) is time.perf_counter
    assert latency.clock("cuda", 1) is time.perf_counter


def test_no_networks_take_no_time() -> None:
    assert measure_latency([]) == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0, but must be a whole number above 0"),
        ({"threads": 1.5}, "threads is 1.5"),
        ({"rounds": 0}, "rounds is 0"),
        ({"device": "tpu"}, "device is 'tpu', but must be cpu or cuda"),
    ],
)
def test_wrong_arguments_are_named(wrong: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        measure_latency([], **wrong)


def test_a_missing_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidInput, match="torch finds no GPU here: use cpu"):
        measure_latency([], device="cuda")
