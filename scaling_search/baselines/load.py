"""Baselines by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaling_search.baselines.baseline import (
    ArchitectureBaseline,
    Baseline,
    OwnBaseline,
    StoredBaseline,
)
from scaling_search.baselines.own_cost import COST, FORM, CostBaseline
from scaling_search.baselines.own_function import SETTING, code_of_function
from scaling_search.baselines.own_network import Prices
from scaling_search.baselines.stage_tables import STAGE_TABLES, StageTable
from scaling_search.baselines.table import read_table
from scaling_search.baselines.timm_lookup import PREFIX, is_timm, timm_patch, timm_resolution
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.scaling import FineRounding

#: The name of a baseline that STEP 0 found, and that of the networks of timm.
FOUND, TIMM = "found", "timm"


@dataclass(frozen=True)
class BaselineSettings:
    """What is scaled."""

    #: A name of conf/baseline; empty where `_target_` is given.
    name: str = ""
    #: Import path of an own network: a function
    #: (depth_mult, width_mult, resolution, num_classes, in_channels) -> nn.Module.
    _target_: str = ""
    #: Base resolution in pixels, phi = 0; null takes the baseline's own.
    resolution: int | None = None
    #: Channels are rounded to a multiple of this; null takes the baseline's own.
    channel_divisor: int | None = None
    #: Resolutions are rounded to a multiple of this; null takes the baseline's own.
    resolution_divisor: int | None = None
    #: baseline=found: the folder of a study of +sweep=baseline, or a baseline.yaml; typed as
    #: `baseline.from=`.
    from_: str = ""
    #: baseline=found: the stage table that stands there, so that a study needs that place no more.
    table: Any = None
    #: baseline=timm: the name of a model of timm's, such as efficientnet_b0.
    model: str = ""
    #: baseline=timm: begin with the weights in this file, or with `timm` those that timm has,
    #: wherever names and shapes agree.
    pretrained: str = ""

    @property
    def target(self) -> str:
        """The name by which `load_baseline` knows it."""
        return self._target_ or (f"{PREFIX}{self.model}" if self.name == TIMM else self.name)

    def other(self, name: str) -> BaselineSettings:
        """The same for another baseline, by the name by which `load_baseline` knows it."""
        pretrained = self.pretrained if is_timm(name) else ""
        target, name = (name, "") if "." in name else ("", name)
        return replace(self, name=name, _target_=target, model="", pretrained=pretrained)

    def resolved(self) -> BaselineSettings:
        """With timm's own resolution of the model, in steps of its patches, where none is given."""
        if self.name != TIMM or not self.model:
            return self
        patch = timm_patch(self.target)
        return replace(
            self,
            resolution=self.resolution or timm_resolution(self.target),
            resolution_divisor=self.resolution_divisor or (patch if patch > 1 else None),
        )

    def load(
        self,
        num_classes: int,
        in_channels: int,
        prices: Prices | None = None,
        code: Mapping[str, str] | None = None,
    ) -> Baseline:
        """The baseline for data with so many classes and channels.

        prices: of own networks, whose function is then not imported. code: what stands for theirs,
        by their import path.
        """
        own = (self.resolution, self.channel_divisor, self.resolution_divisor)
        if self.table is not None:
            return from_table(FOUND, read_table(self.table), num_classes, in_channels, *own)
        if self.name == FOUND:
            raise InvalidInput(
                "baseline=found has no baseline.from=: give the folder of a finished study of "
                "+sweep=baseline, baseline.from=experiments/NAME"
            )
        if self.name == COST and prices is None:
            return self._cost_baseline(num_classes, in_channels)
        if bool(self.model) != (self.name == TIMM):
            raise InvalidInput(
                f"baseline.model is {self.model!r} and the baseline {self.target!r}: give "
                "baseline=timm baseline.model=NAME, such as baseline.model=efficientnet_b0"
            )
        if not (self._target_ or self.name):
            raise InvalidInput(
                "baseline._target_ is empty: give the import path of your function, "
                "baseline._target_=module.function, and baseline.resolution="
            )
        known = (code or {}).get(self.target, "")
        return load_baseline(
            self.target, num_classes, in_channels, *own, prices, known, self.pretrained
        )

    def _cost_baseline(self, num_classes: int, in_channels: int) -> CostBaseline:
        if not self._target_ or self.resolution is None:
            raise InvalidInput(
                "baseline=cost needs the import path of its function and a base resolution: give "
                "baseline._target_=module.function and baseline.resolution="
            )
        code = code_of_function(self._target_, setting=SETTING, form=FORM)
        return CostBaseline(self._target_, self.resolution, num_classes, in_channels, code)


def load_baseline(
    name: str,
    num_classes: int = 1000,
    in_channels: int = 3,
    resolution: int | None = None,
    channel_divisor: int | None = None,
    resolution_divisor: int | None = None,
    prices: Prices | None = None,
    code: str = "",
    pretrained: str = "",
) -> Baseline:
    """A baseline by its name, or an own network by its import path (module.function).

    `resolution` in pixels and the divisors of the rounding replace the baseline's own; an own
    network has no resolution unless one is given, and rounds its channels and blocks itself. It is
    imported and counted, or where `prices` are given, which are those of `code`, neither.
    `timm.NAME` is a model of timm, which may begin with `pretrained` weights.
    Raises InvalidInput for an unknown name and for values that are not whole numbers above 0.
    """
    given = _checked(num_classes, in_channels, resolution, channel_divisor, resolution_divisor)
    if pretrained and not is_timm(name):
        raise InvalidInput(
            f"baseline.pretrained is {pretrained!r}, but {name} has no use for it: leave it out"
        )
    if "." in name:
        divisor = given.pop("resolution_divisor", 1) if is_timm(name) else 1
        if resolution is None and prices is None and is_timm(name):
            resolution = timm_resolution(name)
        if resolution is None:
            raise InvalidInput(
                f"the own network {name!r} has no base resolution: give baseline.resolution="
            )
        if given:
            raise InvalidInput(f"the own network {name!r} rounds by itself: leave the divisors out")
        _require_multiple(resolution, divisor)
        rest = (pretrained, divisor)
        if prices is not None:
            return StoredBaseline(
                name, resolution, num_classes, in_channels, code, *rest, prices=prices
            )
        code = code_of_function(name, pretrained)
        return OwnBaseline(name, resolution, num_classes, in_channels, code, *rest)
    if name not in STAGE_TABLES:
        raise InvalidInput(
            f"the baseline is {name!r}, but must be one of {', '.join(STAGE_TABLES)}, "
            "module.function for an own network, or timm.NAME for one of timm's"
        )
    return from_table(
        name,
        STAGE_TABLES[name],
        num_classes,
        in_channels,
        resolution,
        channel_divisor,
        resolution_divisor,
    )


def from_table(
    name: str,
    table: StageTable,
    num_classes: int,
    in_channels: int,
    resolution: int | None = None,
    channel_divisor: int | None = None,
    resolution_divisor: int | None = None,
) -> ArchitectureBaseline:
    """The baseline that a stage table describes; arguments as of `load_baseline`."""
    given = _checked(num_classes, in_channels, resolution, channel_divisor, resolution_divisor)
    architecture, own_resolution, rounding = table
    architecture = replace(architecture, num_classes=num_classes, in_channels=in_channels)
    if isinstance(rounding, FineRounding):
        rounding = replace(rounding, **given)
        if rounding.channel_divisor > min(architecture.channels):
            # It would make another baseline of this one.
            raise InvalidInput(
                f"baseline.channel_divisor is {channel_divisor}, but {name} has a layer of "
                f"{min(architecture.channels)} channels: give at most that"
            )
    elif given:
        raise InvalidInput(
            f"{name} is rounded as published, so baseline.{next(iter(given))} has no use: "
            "leave it out"
        )
    divisor = rounding.resolution_divisor
    resolution = resolution or divisor * max(1, round(own_resolution / divisor))
    _require_multiple(resolution, divisor)
    return ArchitectureBaseline(name, architecture, resolution, rounding)


def _require_multiple(resolution: int, divisor: int) -> None:
    if resolution % divisor:
        raise InvalidInput(
            f"baseline.resolution is {resolution}, but must be a multiple of "
            f"baseline.resolution_divisor = {divisor}: set "
            f"baseline.resolution={divisor * max(1, round(resolution / divisor))}"
        )


def _checked(
    num_classes: int,
    in_channels: int,
    resolution: int | None,
    channel_divisor: int | None,
    resolution_divisor: int | None,
) -> dict[str, int]:
    """The divisors that are given. Raises InvalidInput where a number is none, or too large."""
    for what, value, largest in (
        ("num_classes", num_classes, 10**7),
        ("in_channels", in_channels, 10**4),
        ("baseline.resolution", resolution, 10**4),
        ("baseline.channel_divisor", channel_divisor, 10**4),
        ("baseline.resolution_divisor", resolution_divisor, 10**4),
    ):
        if value is not None and whole_number(what, value) > largest:
            raise InvalidInput(f"{what} is {value!r}, but must be at most {largest:,}")
    divisors = {"channel_divisor": channel_divisor, "resolution_divisor": resolution_divisor}
    return {key: value for key, value in divisors.items() if value is not None}
