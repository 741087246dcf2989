"""A damaged study folder read and reported, in a process that may die: what came of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from attack_child import PATIENCE, SECONDS
from attack_site import NOBODY, RECORDS, Site

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report

REPOSITORY = Path(__file__).resolve().parents[1]
#: What an attacker's module does when it is imported.
TRAP = """
open({mark!r}, "a").write(__name__)


def make(*_arguments, **_more):
    raise RuntimeError("planted")
"""


class Step(NamedTuple):
    """One thing done with a study folder."""

    name: str
    #: ok, refused or FAULT.
    came: str
    #: A digest of what it gave, or what was said.
    text: str


@dataclass(frozen=True)
class How:
    """What is done with a folder besides reading it."""

    #: Draw the figures; without them a report takes a third of the time.
    figures: bool = False
    #: By the commands, as a person would, instead of in this process.
    command: bool = False
    #: Then also train its runs again, or refuse to, for 10 s at most.
    reproduce: bool = False


def make_site(template: Path, box: Path) -> Site:
    """A copy of a study folder with something around it that must stay as it is."""
    site = Site(box)
    shutil.copytree(template, site.study)
    box.chmod(0o755)
    site.outside.mkdir()
    (site.outside / "kept.txt").write_text("kept")
    for folder in (box, site.study):
        (folder / "planted.py").write_text(TRAP.format(mark=str(box / "imported.txt")))
    return site


def examine(site: Site, how: How) -> list[Step]:
    """Read, report and look around; in a process of its own, since it changes what is global."""
    os.chdir(site.box)
    sys.path.insert(0, str(site.box))
    sys.dont_write_bytecode = True
    before, records = _around(site), _records(site)
    if site.as_nobody:
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    folder = Path("experiments/stranger")
    started = time.process_time()
    if how.command:
        steps = list(_commands(folder, how.reproduce))
    else:
        with _figures(how.figures):
            steps = [*_reading(folder), _attempt("report", lambda: _reported(folder))]
    seconds = time.process_time() - started
    if seconds > SECONDS:
        steps.append(Step("time", "FAULT", f"took {seconds:.0f} s"))
    if (site.box / "imported.txt").exists():
        steps.append(Step("code", "FAULT", "a module that the folder names was imported"))
    if not site.as_nobody:
        changed = sorted(name for name, was in _around(site).items() if before.get(name) != was)
        if changed:
            steps.append(Step("outside", "FAULT", f"written outside the folder: {changed[:3]}"))
        if _records(site) != records:
            steps.append(Step("records", "FAULT", "the records were changed by a report"))
    with suppress(OSError):
        if left := [path.name for path in site.study.rglob("*.partial*")]:
            steps.append(Step("partial", "FAULT", f"left behind: {left}"))
    return steps


#: What read_study gives as it stands in a file, so that it may well be something else.
_AS_THEY_ARE = ("runs", "curves", "trials", "family", "points", "winner", "verdict")
_COMPUTED: dict[str, Callable[[ss.Study], Any]] = {
    "winning_coefficients": lambda study: study.winning_coefficients,
    "search_ended": lambda study: study.search_ended,
    "backtest": lambda study: study.backtest,
    "law": lambda study: study.law.quantiles([1e6, 1e7], [0.05, 0.5, 0.95]),
}


def _reading(folder: Path) -> Iterator[Step]:
    """All that a person in a notebook looks at first."""
    found: list[ss.Study] = []
    yield _attempt("read_study", lambda: found.append(ss.read_study(folder)))
    if found:
        for name in _AS_THEY_ARE:
            yield _attempt(name, lambda name=name: getattr(found[0], name) is None)
        for name, of in _COMPUTED.items():
            yield _attempt(name, lambda of=of: of(found[0]))


def _attempt(name: str, action: Callable[[], Any]) -> Step:
    try:
        given = action()
    except InvalidInput as error:
        message = str(error)
        if not message.isprintable() or len(message) > 1000:
            return Step(name, "FAULT", f"refused, but in no printable line: {message[:200]!r}")
        return Step(name, "refused", message)
    except OSError as error:
        place = Path(os.fsdecode(error.filename)).name if error.filename else ""
        if name == "report" and place not in (*RECORDS, "stranger", ""):
            # The command says that it cannot be written.
            return Step(name, "refused", repr(error))
        return Step(name, "FAULT", _described(error))
    except BaseException as error:
        return Step(name, "FAULT", _described(error))
    return Step(name, "ok", _digest(given))


def _described(error: BaseException) -> str:
    """Its kind, its message and the last line of the package that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "/scaling_search/" in frame.filename]
    place = ""
    if inside:
        module = inside[-1].filename.rpartition("/scaling_search/")[2]
        place = f" in {module}, {inside[-1].name}"
    message = (str(error).splitlines() or [""])[0][:120]
    return f"{type(error).__name__}{place}: {message}"


def _digest(given: Any) -> str:
    return hashlib.sha256(repr(given).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _reported(folder: Path) -> dict[str, str]:
    said = build_report(folder)
    if not said.replace("\n", "").isprintable():
        raise ValueError(f"the answer is not printable: {said!r}")
    return _outputs(folder)


def _outputs(folder: Path) -> dict[str, str]:
    """A digest of every file of a folder that is no record."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in (*RECORDS, "planted.py"):
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _commands(folder: Path, reproduce: bool) -> Iterator[Step]:
    """The report as a person makes it; and reproduce, of which it only matters what it imports."""
    cache = str(folder.absolute().parents[1] / "cache")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["XDG_CACHE_HOME"] = cache

    def run(module: str, patience: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"scaling_search.{module}", str(folder)],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=patience, errors="backslashreplace",
        )  # fmt: skip

    try:
        done = run("report", PATIENCE)
    except subprocess.TimeoutExpired:
        yield Step("command", "FAULT", f"no end after {PATIENCE:.0f} s")
        return
    lines = done.stderr.splitlines()
    if "Traceback" in done.stderr or done.returncode not in (0, 2):
        yield Step("command", "FAULT", f"exit code {done.returncode}: {(lines or [''])[-1][:120]}")
    elif done.returncode == 2 and not (len(lines) == 1 and lines[0].startswith("error: ")):
        yield Step("command", "FAULT", f"exit code 2 with {len(lines)} lines: {lines[:2]}")
    elif done.returncode == 2:
        yield Step("command", "refused", lines[0])
    else:
        yield Step("command", "ok", _digest(_outputs(folder)))
    with suppress(subprocess.TimeoutExpired):
        if reproduce:
            run("reproduce", SECONDS)


@contextmanager
def _figures(drawn: bool) -> Iterator[None]:
    """Without figures: none is written as SVG, the slower half of drawing it."""
    from matplotlib.figure import Figure

    kept = Figure.savefig
    if not drawn:
        Figure.savefig = lambda _figure, file, **_: file.write("<svg>\n</svg>\n")
    try:
        yield
    finally:
        Figure.savefig = kept


def _around(site: Site) -> dict[str, Any]:
    """What lies around the study folder, with what would change if it were written to."""
    found: dict[str, Any] = {}
    for path in site.box.rglob("*"):
        name = path.relative_to(site.box)
        if name.parts[0] not in ("experiments", "cache") and path.name != "imported.txt":
            facts = path.lstat()
            found[str(name)] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return found


def _records(site: Site) -> dict[str, Any]:
    found = {}
    for name in RECORDS:
        with suppress(OSError):
            facts = (site.study / name).lstat()
            found[name] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return found


def different(steps: list[Step], undamaged: dict[str, Step]) -> list[Step]:
    """The steps that came otherwise than without the damage."""
    return [step for step in steps if step != undamaged.get(step.name)]


def verdict(steps: list[Step], undamaged: dict[str, Step]) -> str:
    """equal, refused, reported (something else, without a word) or FAULT."""
    if any(step.came == "FAULT" for step in steps):
        return "FAULT"
    others = different(steps, undamaged)
    if any(step.came == "refused" and undamaged[step.name].came == "ok" for step in others):
        return "refused"
    return "reported" if others else "equal"
