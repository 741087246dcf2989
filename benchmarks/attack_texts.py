"""Damage to study.yaml, the JSON files and the spec of a run; code that would like to be run."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import yaml
from attack_site import Rows, Site, kind
from attack_trees import JSON_TEXT, PLACEHOLDER, TREES, YAML_TEXT, with_placeholder


def _tree_damage(name: str) -> None:
    change = TREES[name]

    @kind(f"yaml: {name}")
    def of_yaml(rng: Random, site: Site) -> str:
        path = site.study / "study.yaml"
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        said = change(rng, tree)
        path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), "utf-8")
        return f"study.yaml: {said}"

    @kind(f"json: {name}")
    def of_json(rng: Random, site: Site) -> str:
        path = site.pick(rng, ".json", derived=0.25)
        tree = json.loads(path.read_text(encoding="utf-8"))
        said = change(rng, tree)
        path.write_text(json.dumps(tree, indent=2), "utf-8")
        return f"{path.name}: {said}"


for _name in TREES:
    _tree_damage(_name)


@kind("yaml: odd text")
def yaml_text(rng: Random, site: Site) -> str:
    path = site.study / "study.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    where, name = with_placeholder(rng, tree), rng.choice(list(YAML_TEXT))
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    path.write_text(text.replace(PLACEHOLDER, YAML_TEXT[name]), "utf-8")
    return f"study.yaml: {where} = {name}"


@kind("yaml: another root")
def yaml_root(rng: Random, site: Site) -> str:
    path = site.study / "study.yaml"
    text = path.read_text(encoding="utf-8")
    twice = f"{text}---\n{text}"
    roots = [("two documents", twice), ("a list", "- 1\n"), ("a text", "text"), ("a number", "5")]
    name, root = rng.choice([*YAML_TEXT.items(), *roots])
    path.write_text(root, "utf-8")
    return f"study.yaml is {name}"


@kind("json: odd text")
def json_text(rng: Random, site: Site) -> str:
    path = site.pick(rng, ".json", derived=0.25)
    tree = json.loads(path.read_text(encoding="utf-8"))
    where, name = with_placeholder(rng, tree), rng.choice(list(JSON_TEXT))
    text = json.dumps(tree, indent=2)
    path.write_text(text.replace(json.dumps(PLACEHOLDER), JSON_TEXT[name]), "utf-8")
    return f"{path.name}: {where} = {name}"


@kind("json: another root")
def json_root(rng: Random, site: Site) -> str:
    path = site.pick(rng, ".json", derived=0.25)
    name, root = rng.choice([*JSON_TEXT.items(), ("a list", "[]"), ("an empty object", "{}"),
                             ("null", "null"), ("a text", '"text"')])  # fmt: skip
    path.write_text(root, "utf-8")
    return f"{path.name} is {name}"


@kind("spec: an entry")
def spec_entry(rng: Random, site: Site) -> str:
    return _spec(rng, site, TREES[rng.choice(list(TREES))])


@kind("spec: odd text")
def spec_text(rng: Random, site: Site) -> str:
    return _spec(rng, site, None)


def _spec(rng: Random, site: Site, change: Callable[[Random, Any], str] | None) -> str:
    rows = Rows(site.study / "runs.csv")
    at, column = rows.row(rng), rows.column("spec")
    if change is None:
        said, text = rng.choice([*JSON_TEXT.items(), ("a list", "[]"), ("null", "null")])
    else:
        tree = json.loads(rows.body[at][column])
        said = change(rng, tree)
        text = json.dumps(tree)
    rows.body[at][column] = text
    rows.write()
    return f"runs.csv, spec of row {at}: {said}"


# Code that a stranger would like to be run.


def _point_at_code(site: Site, change: Callable[[Any], None]) -> None:
    path = site.study / "study.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(tree)
    path.write_text(yaml.safe_dump(tree, sort_keys=False), "utf-8")


#: Modules that the site holds and that note when they are imported (attack_trial.py).
PLANTED = ("planted.make", "experiments.stranger.planted.make")


@kind("code: baseline")
def code_as_baseline(rng: Random, site: Site) -> str:
    target = rng.choice(PLANTED)
    name = rng.choice(["", "efficientnet_micro"])
    baseline = {"name": name, "_target_": target, "resolution": 16}
    _point_at_code(site, lambda tree: tree["baseline"].update(baseline))
    return f"baseline = {baseline}"


@kind("code: name of a baseline")
def code_as_name(rng: Random, site: Site) -> str:
    target = rng.choice(PLANTED)
    _point_at_code(site, lambda tree: tree["baseline"].update(name=target, resolution=16))
    return f"baseline.name = {target}"


@kind("code: sampler")
def code_as_sampler(rng: Random, site: Site) -> str:
    sampler = {"_target_": rng.choice(PLANTED)}

    def change(tree: Any) -> None:
        if tree["sweep"].get("kind") != "optuna":
            tree["sweep"] = {"kind": "optuna"}
        tree["sweep"]["sampler"] = sampler

    _point_at_code(site, change)
    return f"sweep.sampler = {sampler}"


@kind("code: compared baselines")
def code_as_compared(rng: Random, site: Site) -> str:
    target = rng.choice(PLANTED)

    def change(tree: Any) -> None:
        if tree["sweep"].get("kind") != "single_vs_compound":
            tree["sweep"] = {"kind": "single_vs_compound"}
        tree["sweep"]["baselines"] = [target]
        tree["baseline"].update(name="", resolution=16)

    _point_at_code(site, change)
    return f"sweep.baselines = [{target}]"
