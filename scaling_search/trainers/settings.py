"""What a person says about how runs are trained."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from scaling_search.baselines import BaselineSettings
from scaling_search.baselines.own_cost import COST
from scaling_search.errors import InvalidInput
from scaling_search.metric import ERROR, Metric
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.trainers.places import require_place
from scaling_search.trainers.template import Template

KINDS = ("builtin", "function", "command")


@dataclass(frozen=True)
class TrainerSettings:
    """Who trains a network, and what its result means."""

    #: builtin: the recipe here on images to classify; function or command: a training of your own.
    kind: str = "builtin"
    #: function: the import path of train(job), which gives a number or a mapping of numbers.
    _target_: str = ""
    #: command: what is run, such as 'python train.py --width {width_mult} --seed {seed}'; it is
    #: split as a shell does, but no shell runs it.
    command: str = ""
    #: command: where the result stands: metrics.json:val/mAP, results.csv:COLUMN or log.jsonl:NAME
    #: (the last row) in the run's folder, or output:PATTERN, the last match of a regular expression
    #: in what is printed; empty: the last printed line that is a number or a JSON object.
    result: str = ""
    #: command: where a value for each epoch stands: results.csv:COLUMN, log.jsonl:NAME or
    #: output:PATTERN; empty: nowhere.
    curve: str = ""
    #: What the result is called, such as mAP; of several results the one that decides.
    metric: str = ""
    #: minimize, or maximize.
    direction: str = ""
    #: fraction: 0 to 1; percent: 0 to 100; unbounded: from 0 on, such as a loss.
    scale: str = "fraction"
    #: Names of further results that are stored and shown, and decide nothing.
    also: list[str] = field(default_factory=list)
    #: Name of the result on images that decided nothing, for family and forecast; empty: those
    #: take the metric itself.
    test: str = ""
    #: Files whose edits make other runs; empty: the function's module or the command's script, and
    #: what that imports from the working directory.
    files: list[str] = field(default_factory=list)
    #: Whether the same seed gives about the same training, so that seeds are compared in pairs.
    seeded: bool = True
    #: command: environment variables.
    environment: dict[str, str] = field(default_factory=dict)
    #: command: the working directory; empty: where scaling_search is called.
    folder: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(
                f"trainer.kind is {self.kind!r}, but must be one of {', '.join(KINDS)}"
            )
        for one in fields(self):
            value, kinds = getattr(self, one.name), _USED_BY.get(one.name, KINDS[1:])
            if one.name != "kind" and value != _default(one) and self.kind not in kinds:
                raise InvalidInput(
                    f"trainer.{one.name} is {value!r}, but trainer={self.kind} has no use for it: "
                    f"leave it out, or take trainer={' or trainer='.join(kinds)}"
                )
        if self.kind != "builtin":
            self._require_answer()

    def _require_answer(self) -> None:
        needed = {"function": "_target_", "command": "command"}[self.kind]
        for name, example in (("metric", "mAP"), ("direction", "maximize"), (needed, "")):
            if not getattr(self, name).strip():
                like = f", such as trainer.{name}={example}" if example else ""
                raise InvalidInput(
                    f"trainer.{name} is empty, but trainer={self.kind} needs it{like}"
                )
        _ = self.scored_by
        names = [self.metric, *self.also, *([self.test] if self.test else [])]
        for name in names:
            if not name.strip() or names.count(name) > 1:
                raise InvalidInput(
                    f"trainer.metric, trainer.test and trainer.also are {names}, but must be "
                    "different names"
                )
        if self.kind == "command":
            Template.parse(self.command)
        for name, value in self.environment.items():
            fit = isinstance(name, str) and isinstance(value, str) and name and "=" not in name
            if not fit or "\0" in name + value:
                raise InvalidInput(
                    f"trainer.environment has {name!r}: {value!r}, but must have names without = "
                    "and values that are texts"
                )
        require_place("trainer.result", self.result)
        require_place("trainer.curve", self.curve, rows=True)

    @property
    def own(self) -> bool:
        """Whether the training is the user's own."""
        return self.kind != "builtin"

    @property
    def is_told_epochs(self) -> bool:
        """Whether the training knows how long it shall last."""
        return self.kind != "command" or "epochs" in Template.parse(self.command).names

    @property
    def scored_by(self) -> Metric:
        """What the decisive result is."""
        if not self.own:
            return ERROR
        return Metric(self.metric, self.direction, self.scale)

    def plain(self) -> dict[str, Any]:
        """What is not left at its default, for study.yaml."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {f.name: given[f.name] for f in fields(self) if given[f.name] != _default(f)}


def require_together(
    trainer: TrainerSettings, baseline: BaselineSettings, data: DataSettings, recipe: Recipe
) -> None:
    """Raise InvalidInput where these do not fit: who trains reads the data and has the recipe."""
    if baseline.name == COST and not trainer.own:
        raise InvalidInput(
            "baseline=cost says what networks cost and builds none, so trainer=builtin cannot "
            "train them: take trainer=command or trainer=function"
        )
    if trainer.own != data.is_own:
        raise InvalidInput(
            f"data is {data.kind}, but trainer={trainer.kind} "
            + (
                "reads its own: leave data= out, or give data=own"
                if trainer.own
                else "cannot read them: take trainer=function or trainer=command"
            )
        )
    if not trainer.own:
        return
    own = Recipe(name=recipe.name, epochs=recipe.epochs)
    for name, value in vars(recipe).items():
        if value != getattr(own, name):
            raise InvalidInput(
                f"recipe.{name} is {value!r}, but trainer={trainer.kind} has its own recipe, of "
                "which only recipe.epochs is told: set it there, and leave recipe= out"
            )


def _default(one: Any) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


#: Settings that only some kinds look at; others are of both trainings of one's own.
_USED_BY = {
    "_target_": ("function",),
    **dict.fromkeys(("command", "result", "curve", "environment", "folder"), ("command",)),
}
