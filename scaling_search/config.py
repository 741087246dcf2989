"""Composes the configuration of settings that each room declares; the only module with Hydra."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from omegaconf import Container, DictConfig, ListConfig, MissingMandatoryValue, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.quoting import refuse_what_the_shell_took
from scaling_search.refused_settings import in_plain_words
from scaling_search.search import Budget, CostConstraint
from scaling_search.single import CoefficientsSettings
from scaling_search.study import Conduct, FamilySettings, FidelitySettings, StudySettings
from scaling_search.study.plain import differences
from scaling_search.study.settings import SWEEPS
from scaling_search.trainers import TrainerSettings


@dataclass(frozen=True)
class Configuration(Conduct):
    """All that can be typed: what a study is, besides how it is carried out."""

    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    data: DataSettings = field(default_factory=DataSettings)
    recipe: Recipe = field(default_factory=Recipe)
    constraint: CostConstraint = field(default_factory=CostConstraint)
    family: FamilySettings = field(default_factory=FamilySettings)
    budget: Budget = field(default_factory=Budget)
    fidelity: FidelitySettings = field(default_factory=FidelitySettings)
    #: What kind of study, +sweep=grid; without one a single network is trained.
    sweep: Any = None
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    coefficients: CoefficientsSettings = field(default_factory=CoefficientsSettings)
    #: Compound coefficient of the single network.
    phi: float = 1.0
    #: Seed of the single network.
    seed: int = 0

    @property
    def study(self) -> StudySettings:
        """What the results of a study depend on; there must be a sweep."""
        return StudySettings(**{f.name: getattr(self, f.name) for f in fields(StudySettings)})

    @property
    def conduct(self) -> Conduct:
        """How it is carried out."""
        return Conduct(**{f.name: getattr(self, f.name) for f in fields(Conduct)})


#: What has no effect beside a sweep, and what has none without one.
_OF_ONE_NETWORK = ("coefficients", "phi", "seed")
_OF_A_STUDY = (
    *("constraint", "family", "budget", "fidelity", "name"),
    *("latency", "fresh", "tracker"),
)


def _refuse_without_effect(given: Configuration) -> None:
    """A setting that would have no effect is a mistake."""
    has_sweep = given.sweep is not None
    idle = _OF_ONE_NETWORK if has_sweep else _OF_A_STUDY
    default, plain = (
        asdict(replace(configuration, sweep=None)) for configuration in (Configuration(), given)
    )
    for name in idle:
        if plain[name] != default[name]:
            changed = differences({name: default[name]}, {name: plain[name]})[0].split(":")[0]
            where = f"beside +sweep={given.sweep.kind}" if has_sweep else "without a sweep"
            remedy = "leave it out" if has_sweep else "add +sweep=grid or another, or leave it out"
            raise InvalidInput(f"{changed} is given, but has no effect {where}: {remedy}")


def conf_folder() -> Path:
    """conf/ beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent
    return next(p for p in (package / "conf", package.parent / "conf") if p.is_dir())


@cache
def _register() -> None:
    """Let Hydra know the settings."""
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    store.store(name="schema", node=_open(Configuration))
    for name, schema in _SCHEMAS.items():
        store.store(group="sweep", name=f"{name}_schema", node=_open(schema))


def configuration_of(words: Sequence[str]) -> Configuration:
    """The configuration that words, as they are typed, stand for. Raises InvalidInput."""
    from hydra import compose, initialize_config_dir

    _register()
    _refuse_no_choice(words)
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
            config = compose("config", [_named(_taken_as_text(word)) for word in words])
    except Exception as error:
        raise InvalidInput(_in_a_line(error)) from error
    return to_configuration(config)


def read_command_line() -> list[Configuration]:
    """The configurations that are typed: one, or none for --help and the like.

    Raises InvalidInput, also for what Hydra refuses.
    """
    if {"-h", "--help"} & set(sys.argv[1:]):
        text = (conf_folder() / "help.txt").read_text(encoding="utf-8")
        print(text.replace("{command}", _command_name()), end="")
        return []

    import hydra

    refuse_what_the_shell_took(sys.argv[1:])
    # Hydra's own command, for its own options and settings, composes everything twice.
    if not any(re.match(r"-|[+~]*hydra\b", word) for word in sys.argv[1:]):
        return [configuration_of(sys.argv[1:])]
    _register()
    found: list[DictConfig] = []

    @hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="config")
    def composed(config: DictConfig) -> None:
        found.append(config)

    _refuse_no_choice(sys.argv[1:])
    # Errors come as they are; otherwise Hydra prints some in parts and some with their traceback.
    before, words = os.environ.get("HYDRA_FULL_ERROR"), sys.argv
    os.environ["HYDRA_FULL_ERROR"] = "1"
    sys.argv = [_named(_taken_as_text(word)) for word in words]
    try:
        composed()
    except Exception as error:
        raise InvalidInput(_in_a_line(error)) from error
    finally:
        sys.argv = words
        del os.environ["HYDRA_FULL_ERROR"]
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before
    return [to_configuration(config) for config in found]


#: Settings whose values hold braces and brackets that mean something to Hydra.
_TEXTS = re.compile(r"(?s)(\+*trainer\.(?:command|result|curve)=)([^'\"].*)")


def _taken_as_text(word: str) -> str:
    """A command as it is typed, in the quotes that Hydra wants around it."""
    found = _TEXTS.fullmatch(word)
    if found is None:
        return word
    value = re.sub(r"(\\*)'", r"\1\1\\'", found[2])
    trailing = re.search(r"\\*$", value)
    assert trailing is not None
    return f"{found[1]}'{value}{trailing[0]}'"


def _named(word: str) -> str:
    """A word of Python's cannot be the name of a field."""
    return re.sub(r"^(\+*baseline\.from)=", r"\1_=", word)


def _command_name() -> str:
    """How help names the command: as it was typed."""
    installed = Path(sys.argv[0]).stem == "scaling-search"
    return "scaling-search" if installed else "python -m scaling_search"


def _refuse_no_choice(words: Sequence[str]) -> None:
    """Hydra says of `baseline=null` neither what it is about nor what can be given."""
    for word in words:
        name, _, value = word.lstrip("+").partition("=")
        choices = sorted(path.stem for path in (conf_folder() / name).glob("*.yaml"))
        # Settings in braces are merged into the group.
        if name.isidentifier() and choices and not value.startswith("{"):
            value = value.strip("'\"")
            if value not in choices:
                near = get_close_matches(value, choices, 1)
                raise InvalidInput(
                    f"{name} is {value!r}, but must be one of {', '.join(choices)}"
                    + (f": did you mean {name}={near[0]}?" if near else "")
                )


def _in_a_line(error: Exception) -> str:
    """What an error of Hydra or OmegaConf and its cause say."""
    from hydra.errors import OverrideParseException

    said = in_plain_words(error)
    if isinstance(error, OverrideParseException):
        said = (
            f"{error.override!r} cannot be read: give NAME=VALUE, a special value in quotes as in "
            "NAME=\"'a=b'\", and close each bracket"
        )
    if re.search(r"\bstore\b", said):
        # What was typed may hold a password.
        return "store= must be a URL in quotes, such as store=\"'postgresql://host/name'\""
    return said


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
            if OmegaConf.get_type(child) is dict:
                # Its keys are the user's.
                OmegaConf.set_struct(child, False)
            _unlock(child)


def _refuse_unfit(node: DictConfig, path: str) -> None:
    """Refuse what OmegaConf lets pass: `+key=` for a key that is no setting, lists within lists."""
    schema = OmegaConf.get_type(node)
    hints = get_type_hints(schema) if schema and is_dataclass(schema) else None
    for key in node:
        name = f"{path}{key!s}"
        if hints is not None and key not in hints:
            near = get_close_matches(str(key), hints, 1) or list(hints)[:1]
            raise InvalidInput(f"there is no setting {name}: did you mean {path}{near[0]}?")
        child = node._get_node(key)
        if not isinstance(child, Container) or child._is_none() or child._is_missing():
            continue
        if isinstance(child, DictConfig):
            _refuse_unfit(child, f"{name}.")
        elif hints is not None and "Any" not in (hint := str(hints[str(key)])):
            depth = hint.count("list[")
            if _depth(child) > depth:
                form = "[" * depth + "VALUE, ..." + "]" * depth
                raise InvalidInput(f"{name} is {child!s}, but must be of the form {form}")


def _depth(node: Any) -> int:
    if isinstance(node, ListConfig) and not node._is_interpolation():
        return 1 + max((_depth(node._get_node(i)) for i in range(len(node))), default=0)
    return int(isinstance(node, DictConfig))


def to_configuration(config: DictConfig) -> Configuration:
    """The settings that a composed configuration stands for. Raises InvalidInput."""
    _refuse_unfit(config, "")
    try:
        configuration = OmegaConf.to_object(config)
    except MissingMandatoryValue as error:
        key = str(error).split(":")[-1].strip().splitlines()[0].removesuffix("_")
        raise InvalidInput(f"{key} is missing: give {key}=") from error
    except OmegaConfBaseException as error:
        raise InvalidInput(_in_a_line(error)) from error
    assert isinstance(configuration, Configuration)
    if configuration.sweep is not None:
        settings = _sweep_settings(configuration.sweep)
        configuration = replace(configuration, sweep=settings)
    _refuse_without_effect(configuration)
    return configuration


def _sweep_settings(sweep: Any) -> Any:
    for kind, schema in _SCHEMAS.items():
        if isinstance(sweep, schema):
            return SWEEPS[kind](**sweep.__dict__)
    raise InvalidInput(
        f"sweep is {sweep!r}, but must name a kind of study: +sweep=" + ", +sweep=".join(SWEEPS)
    )
