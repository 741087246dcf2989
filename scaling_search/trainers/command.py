"""`trainer=command`: a training of the user's own as a program that is called."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.trainers.code import code_of_files, require_code
from scaling_search.trainers.following import followed
from scaling_search.trainers.own_run import OwnJob, Point, Trained
from scaling_search.trainers.own_trainer import OwnTrainer
from scaling_search.trainers.places import Place, require_place
from scaling_search.trainers.process_group import CannotStart, run_in_group
from scaling_search.trainers.results import Output, read_curve, read_values, stamp_of
from scaling_search.trainers.run_log import RunLog
from scaling_search.trainers.settings import TrainerSettings
from scaling_search.trainers.template import SCALES, Template
from scaling_search.trainers.trainer import TrainingFailed

#: Endings of files that a program is called with to run them.
_SCRIPTS = (".py", ".sh", ".bash", ".R", ".jl", ".pl", ".rb", ".js", ".lua")


class CommandTrainer(OwnTrainer):
    """Calls a program."""

    @classmethod
    def code_of(cls, settings: TrainerSettings) -> dict[str, str]:
        """Of the files that the command names, or of those named instead. Raises InvalidInput."""
        template = require_command(settings)
        names = settings.files or template.files(settings.folder)
        return code_of_files(names, settings.folder or ".")

    def plan_lines(self) -> Sequence[str]:
        template = Template.parse(self.settings.command)
        untold = [f"{{{name}}}" for name in SCALES if name not in template.names]
        lines = [f"Note: trainer.command is not told {', '.join(untold)}"] if untold else []
        if not self.code:
            lines.append(
                "Note: trainer.command names no file of the working directory, so that edits of "
                "your code are not noticed: name its files, trainer.files=[train.py]"
            )
        return lines


def require_command(settings: TrainerSettings) -> Template:
    """The command, looked at as far as that can be before it is called. Raises InvalidInput."""
    template, folder = Template.parse(settings.command), Path(settings.folder or ".")
    if os.name != "posix":
        raise InvalidInput("trainer=command needs Linux or macOS: take trainer=function")
    if not folder.is_dir():
        raise InvalidInput(
            f"trainer.folder is {settings.folder!r}, but there is no such folder: give the one in "
            "which the command is called"
        )
    if settings.seeded and "seed" not in template.names:
        raise InvalidInput(
            f"trainer.command is {settings.command!r}, but it has no {{seed}}: add it, or give "
            "trainer.seeded=false, so that seeds count as repetitions"
        )
    program = template.words[0]
    path = {**os.environ, **settings.environment}.get("PATH")
    here = str((folder / program).resolve()) if "/" in program else program
    if shutil.which(here, path=path) is None:
        raise InvalidInput(
            f"trainer.command calls {program!r}, but there is no such program: give its path from "
            "the working directory (trainer.folder=)"
        )
    script = template.words[1] if len(template.words) > 1 else ""
    if script.endswith(_SCRIPTS) and "{" not in script and not (folder / script).is_file():
        raise InvalidInput(
            f"trainer.command calls {program} with {script!r}, but there is no such file: give its "
            "path from the working directory (trainer.folder=)"
        )
    return template


@dataclass(frozen=True, kw_only=True)
class CommandJob(OwnJob):
    """A call of the program."""

    @property
    def words(self) -> list[str]:
        """The command of this run."""
        spec = self.spec
        told = ("depth_mult", "width_mult", "resolution", "phi", "seed", "epochs", "whole_epochs")
        values = {name: getattr(spec, name) for name in told}
        values |= {"model": spec.model, "folder": str(self.folder), "device": spec.device}
        return Template.parse(spec.settings.command).filled(values)

    @property
    def title(self) -> str:
        return shlex.join(self.words)

    def train(self, log: RunLog, tell: Callable[[Point], None]) -> Trained:
        settings = self.spec.settings
        require_code(self.spec.code, CommandTrainer.code_of(settings))
        place = require_place("trainer.result", settings.result)
        curve = require_place("trainer.curve", settings.curve, rows=True)
        goes_on = any(self.folder.iterdir())
        before = stamp_of(self.folder / place.file) if place.file else None
        printed = dict.fromkeys(p.name for p in (place, curve) if not p.file and p.name)
        output = Output(tuple(printed))

        def hear(stream: str, content: bytes) -> None:
            log.write(content)
            output.hear(stream, content)

        def so_far() -> Sequence[Point]:
            if not (curve.file or curve.name):
                return ()
            return read_curve(curve, self.folder, output, goes_on)

        folder, environment = Path(settings.folder or "."), self._environment()
        try:
            with followed(so_far, tell):
                code = run_in_group(self.words, folder, environment, hear)
        except CannotStart as error:
            raise TrainingFailed(f"it cannot be started: {error}") from error
        output.close()
        if code:
            raise _failure(code, output)
        names = {settings.metric: (place.name if place.name else settings.metric)}
        names |= {name: name for name in (settings.test, *settings.also) if name}
        values = read_values(place, self.folder, before, output, names)
        return Trained(values=values, curve=self._curve(curve, output, log, goes_on))

    def _environment(self) -> dict[str, str]:
        # As many runs as there are cores go on at a time.
        ours = {"OMP_NUM_THREADS": "1"} if self.spec.device == "cpu" else {}
        # What Python has printed is in the log even where it hangs.
        ours["PYTHONUNBUFFERED"] = "1"
        return {**ours, **os.environ, **self.spec.settings.environment}

    def _curve(
        self, place: Place, output: Output, log: RunLog, goes_on: bool
    ) -> Sequence[tuple[int, float, None]]:
        if not (place.file or place.name):
            return ()
        try:
            return read_curve(place, self.folder, output, goes_on)
        except TrainingFailed as failure:
            # A result without a curve is a result.
            log.write(f"--- no curve: {failure}\n".encode())
            return ()


CommandTrainer.JOB = CommandJob


def _failure(code: int, output: Output) -> TrainingFailed:
    last = f"; the last line was {output.end!r}" if output.end else "; it printed nothing"
    if code > 0:
        # As a shell says it of what it called.
        by_signal = f", as after signal {code - 128}" if 128 < code < 160 else ""
        return TrainingFailed(
            f"it ended with exit code {code}{by_signal}{last}", of_machine=code == 128 + 9
        )
    try:
        name = f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        name = f"signal {-code}"
    if -code == signal.SIGKILL:
        return TrainingFailed(f"it was ended by {name}, as when memory runs out", of_machine=True)
    return TrainingFailed(f"it was ended by {name}{last}")
