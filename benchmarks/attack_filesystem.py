"""Damage to a study folder that no byte of a file shows: links, folders, pipes, permissions."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

from attack_site import DERIVED, NOBODY, Site, kind

PAGES = ("report.html", "report.md", "forecast.json", "latency.json")


def _moved_away(rng: Random, site: Site) -> Path:
    """The place of a record, or more rarely of what a report makes, where nothing lies any more."""
    path = site.pick(rng, derived=0.3)
    path.unlink()
    return path


@kind("files: missing")
def missing(rng: Random, site: Site) -> str:
    return f"{_moved_away(rng, site).name} is missing"


@kind("files: folder in its place")
def folder_in_place(rng: Random, site: Site) -> str:
    path = _moved_away(rng, site)
    path.mkdir()
    if rng.random() < 0.5:
        (path / "a file").write_text("1")
    return f"{path.name} is a folder"


@kind("files: link to nothing")
def link_to_nothing(rng: Random, site: Site) -> str:
    path = _moved_away(rng, site)
    path.symlink_to(
        rng.choice([site.outside / "absent", Path("absent"), path, Path("/dev/null/a")])
    )
    return f"{path.name} is a link to {os.readlink(path)}"


@kind("files: link to its content elsewhere")
def link_to_content(rng: Random, site: Site) -> str:
    path = site.pick(rng, derived=0.3)
    path.rename(site.outside / path.name)
    path.symlink_to(site.outside / path.name)
    return f"{path.name} is a link to a file outside with its content"


@kind("files: pipe or device")
def pipe_or_device(rng: Random, site: Site) -> str:
    path = _moved_away(rng, site)
    if rng.random() < 0.5:
        os.mkfifo(path)
        return f"{path.name} is a pipe"
    device = rng.choice(["/dev/zero", "/dev/null", "/dev/full"])
    path.symlink_to(device)
    return f"{path.name} is a link to {device}"


@kind("files: unreadable")
def unreadable(rng: Random, site: Site) -> str:
    _hand_over(site)
    path = site.pick(rng, derived=0.3)
    path.chmod(0)
    return f"{path.name} cannot be read"


@kind("files: unreadable folder")
def unreadable_folder(rng: Random, site: Site) -> str:
    _hand_over(site)
    mode = rng.choice([0o000, 0o400, 0o100, 0o500])
    path = rng.choice([site.study, site.study, site.study / "figures"])
    path.chmod(mode)
    return f"{path.relative_to(site.box)} has the mode {mode:o}"


def _hand_over(site: Site) -> None:
    """Give the study to another user, as whom it is then read: root may read everything."""
    if os.geteuid() == 0:
        for path in (site.box, *site.box.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        site.as_nobody = True


@kind("files: figures lead outside")
def figures_outside(rng: Random, site: Site) -> str:
    figures = site.study / "figures"
    elsewhere = site.outside / "figures"
    if rng.random() < 0.5:
        figures.rename(elsewhere)
    else:
        shutil.rmtree(figures)
        elsewhere.mkdir()
    figures.symlink_to(rng.choice([elsewhere, Path("../../outside/figures")]))
    return f"figures is a link to {os.readlink(figures)}"


@kind("files: figures are no folder")
def figures_no_folder(rng: Random, site: Site) -> str:
    figures = site.study / "figures"
    shutil.rmtree(figures)
    ways = {
        "a file": lambda: figures.write_text("1"),
        "a link to nothing": lambda: figures.symlink_to(site.outside / "absent"),
        "a link to itself": lambda: figures.symlink_to(figures),
        "a pipe": lambda: os.mkfifo(figures),
        "missing": lambda: None,
    }
    name = rng.choice(list(ways))
    ways[name]()
    return f"figures is {name}"


@kind("files: place of an output taken")
def output_taken(rng: Random, site: Site) -> str:
    names = [*PAGES, *DERIVED, *(f"figures/{p.name}" for p in (site.study / "figures").glob("*"))]
    paths = [site.study / name for name in names]
    path = rng.choice([path for path in paths if path.is_file()])
    path.unlink()
    kept = site.outside / "kept.txt"
    ways = {
        "a folder": path.mkdir,
        "a link to a file outside": lambda: path.symlink_to(kept),
        "a hard link to a file outside": lambda: path.hardlink_to(kept),
        "a link to an absent file outside": lambda: path.symlink_to(site.outside / "absent"),
        "a link to a folder outside": lambda: path.symlink_to(site.outside),
        "a pipe": lambda: os.mkfifo(path),
    }
    way = rng.choice(list(ways))
    ways[way]()
    return f"{path.relative_to(site.study)} is {way}"


@kind("files: the folder itself")
def folder_itself(rng: Random, site: Site) -> str:
    study = site.study
    way = rng.choice(["a link to it", "a file", "empty", "missing", "a link to nothing"])
    elsewhere = study.parent / "elsewhere" / study.name
    elsewhere.parent.mkdir()
    study.rename(elsewhere)
    if way == "a link to it":
        study.symlink_to(Path("elsewhere", study.name))
    elif way == "a file":
        study.write_text("1")
    elif way == "empty":
        study.mkdir()
    elif way == "a link to nothing":
        study.symlink_to("absent")
    return f"the study folder is {way}"
