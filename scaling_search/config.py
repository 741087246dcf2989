"""Composes the configuration of settings that each room declares; the only module with Hydra."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, MissingMandatoryValue, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.execution import ExecutorSettings
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.search import Budget, CostConstraint
from scaling_search.study import Conduct, FamilySettings, FidelitySettings, StudySettings
from scaling_search.study.sweeps import SWEEPS


@dataclass(frozen=True)
class CoefficientsSettings:
    """The network that is trained where no sweep is given; 1, 1, 1 is the baseline."""

    alpha: float = 1.0
    beta: float = 1.0
    gamma: float = 1.0


@dataclass(frozen=True)
class Configuration:
    """All that can be typed."""

    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    data: DataSettings = field(default_factory=DataSettings)
    recipe: Recipe = field(default_factory=Recipe)
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)
    constraint: CostConstraint = field(default_factory=CostConstraint)
    family: FamilySettings = field(default_factory=FamilySettings)
    budget: Budget = field(default_factory=Budget)
    fidelity: FidelitySettings = field(default_factory=FidelitySettings)
    #: What kind of study, +sweep=grid; without one a single network is trained.
    sweep: Any = None
    coefficients: CoefficientsSettings = field(default_factory=CoefficientsSettings)
    #: Compound coefficient of the single network.
    phi: float = 1.0
    #: Seed of the single network.
    seed: int = 0
    name: str = ""
    experiments_dir: str = "experiments"
    store: str = ""
    dry_run: bool = False
    latency: bool = False
    fresh: bool = False

    @property
    def study(self) -> StudySettings:
        """What the results of a study depend on; there must be a sweep."""
        return StudySettings(
            self.baseline,
            self.data,
            self.recipe,
            self.sweep,
            self.constraint,
            self.family,
            self.budget,
            self.fidelity,
        )

    @property
    def conduct(self) -> Conduct:
        """How it is carried out."""
        return Conduct(
            self.name,
            self.experiments_dir,
            self.store,
            self.dry_run,
            self.latency,
            self.fresh,
            self.executor,
        )


def conf_folder() -> Path:
    """conf/ beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent
    return next(p for p in (package / "conf", package.parent / "conf") if p.is_dir())


def run_composed(main: Callable[[DictConfig], None]) -> None:
    """Compose the configuration of the command line with Hydra and call `main` with it."""
    import hydra
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    store.store(name="schema", node=_open(Configuration))
    for name, schema in _SCHEMAS.items():
        store.store(group="sweep", name=f"{name}_schema", node=_open(schema))

    @hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="config")
    def composed(config: DictConfig) -> None:
        main(config)

    composed()


def _unchecked(settings: type) -> type:
    """The settings of a sweep before they are checked: an empty list may stand for `not given`."""
    members = {"__post_init__": lambda _: None, "__module__": __name__}
    return dataclass(frozen=True)(type(f"_{settings.__name__}", (settings,), members))


#: Kind of study -> the schema that Hydra fills, of which the settings are made.
_SCHEMAS: dict[str, type] = {kind: _unchecked(settings) for kind, settings in SWEEPS.items()}


def _open(schema: type) -> DictConfig:
    """A schema whose values can be overridden; OmegaConf makes frozen dataclasses read-only."""
    node: DictConfig = OmegaConf.structured(schema)
    OmegaConf.set_readonly(node, None)
    _unlock(node)
    return node


def _unlock(node: DictConfig) -> None:
    for key in node:
        child = node._get_node(key)
        if isinstance(child, DictConfig) and not child._is_none():
            OmegaConf.set_readonly(child, None)
            _unlock(child)


def _refuse_unknown(node: DictConfig, path: str) -> None:
    """`+key=` adds any key to a configuration; here it must be a setting."""
    schema = OmegaConf.get_type(node)
    known = [f.name for f in fields(schema)] if schema and is_dataclass(schema) else None
    for key in node:
        name = f"{path}{key!s}"
        if known is not None and key not in known:
            near = get_close_matches(str(key), known, 1) or known[:1]
            raise InvalidInput(f"there is no setting {name}: did you mean {path}{near[0]}?")
        child = node._get_node(key)
        if isinstance(child, DictConfig) and not (child._is_none() or child._is_missing()):
            _refuse_unknown(child, f"{name}.")


def to_configuration(config: DictConfig) -> Configuration:
    """The settings that a composed configuration stands for. Raises InvalidInput."""
    _refuse_unknown(config, "")
    try:
        configuration = OmegaConf.to_object(config)
    except MissingMandatoryValue as error:
        key = str(error).split(":")[-1].strip().splitlines()[0]
        raise InvalidInput(f"{key} is missing: give {key}=") from error
    except OmegaConfBaseException as error:
        raise InvalidInput(str(error).splitlines()[0]) from error
    assert isinstance(configuration, Configuration)
    if configuration.sweep is not None:
        settings = _sweep_settings(configuration.sweep)
        configuration = copy.copy(configuration)
        object.__setattr__(configuration, "sweep", settings)
    return configuration


def _sweep_settings(sweep: Any) -> Any:
    for kind, schema in _SCHEMAS.items():
        if isinstance(sweep, schema):
            return SWEEPS[kind](**sweep.__dict__)
    raise InvalidInput(
        f"sweep is {sweep!r}, but must name a kind of study: +sweep=" + ", +sweep=".join(SWEEPS)
    )
