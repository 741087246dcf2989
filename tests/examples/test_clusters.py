"""The files for clusters: what SLURM's nodes would call, and what KubeRay would read."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
KUBERAY_SCHEMA = Path(__file__).with_name("rayjob.schema.yaml")


def manifest() -> Any:
    return yaml.safe_load((EXAMPLES / "kuberay.yaml").read_text())


def misfits(document: Any) -> list[str]:
    """What of a RayJob is not of the form that KubeRay's types ask for."""
    schema = yaml.safe_load(KUBERAY_SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def test_the_manifest_is_what_kuberay_asks_for() -> None:
    found = manifest()
    assert misfits(found) == []
    cluster = found["spec"]["rayClusterSpec"]
    workers = cluster["workerGroupSpecs"][0]
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    head = cluster["headGroupSpec"]["template"]["spec"]
    mounted = {mount["name"]: mount["mountPath"] for mount in head["containers"][0]["volumeMounts"]}
    assert mounted.keys() == {volume["name"] for volume in head["volumes"]}
    assert f"experiments_dir={mounted['studies']}" in found["spec"]["entrypoint"]


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("spec.entryPoint", "python", "$.spec: Additional properties are not allowed"),
        ("spec.backoffLimit", "3", "$.spec.backoffLimit: '3' is not of type 'integer'"),
        ("spec.shutdownAfterJobFinishes", False, "$.spec.shutdownAfterJobFinishes: True was"),
        ("spec.rayClusterSpec.rayVersion", "2.51.0", "$.spec.rayClusterSpec.rayVersion: '2.51.0'"),
        ("spec.rayClusterSpec.authOptions.mode", "tokens", "'tokens' is not one of"),
        ("spec.rayClusterSpec.headGroupSpec.rayStartParams.num-cpus", 0, "0 is not of type"),
        (
            "spec.rayClusterSpec.headGroupSpec.template.spec.restartPolicy",
            "Always",
            "restartPolicy: 'Never' was expected",
        ),
        ("metadata.name", "Scaling_search", "$.metadata.name: 'Scaling_search' does not match"),
    ],
)
def test_what_kuberay_would_refuse_is_found(place: str, value: object, told: str) -> None:
    found = manifest()
    *folders, name = place.split(".")
    inner = found
    for folder in folders:
        inner = inner[folder]
    inner[name] = value
    (misfit,) = misfits(found)
    assert told in misfit


def pods(document: Any) -> list[Any]:
    cluster = document["spec"]["rayClusterSpec"]
    return [group["template"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_pods_and_volume_are_what_kubernetes_asks_for(version: str) -> None:
    """By Kubernetes' own schemas, which refuse fields that they do not know."""
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install -e '.[dev]'")

    def validate(document: Any) -> None:
        kubernetes.validate(document, desired_version=version, strict=True)

    kind = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "any"}}
    for template in pods(manifest()):
        validate({**kind, "template": template})
        template["spec"]["containers"][0]["resource"] = {}
        with pytest.raises(kubernetes.ValidationError, match="resource"):
            validate({**kind, "template": template})

    docs = (EXAMPLES.parent / "docs" / "clusters.md").read_text()
    claim = yaml.safe_load(docs.split("kubectl create -f - <<END\n")[1].split("END\n")[0])
    validate(claim)
    (head, _) = pods(manifest())
    (volume,) = head["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_the_entrypoint_is_a_command_that_plans(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from commands import type_words

    words = shlex.split(manifest()["spec"]["entrypoint"])
    assert words[:3] == ["python", "-m", "scaling_search"]
    given = [word for word in words[3:] if not word.startswith("experiments_dir=")]
    monkeypatch.chdir(tmp_path)
    ended = type_words(monkeypatch, capsys, *given, "dry_run=true")
    assert ended.code == 0, ended.err
    assert "with 8 workers" in ended.out


STAND_INS = {
    "scontrol": 'test "$*" = "show hostnames node[07-08]" && printf "node07\\nnode08\\n"',
    # One task on each of two nodes, as --ntasks-per-node=1 asks.
    "srun": 'for node in node07 node08; do NODE=$node "$@"; done',
    "ray": (
        'echo "${NODE:-batch}: ray $*"; '
        'echo "patience $RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT, auth $RAY_AUTH_MODE"'
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="a shell")
def test_the_batch_file_calls_ray_on_all_nodes(tmp_path: Path) -> None:
    for name, text in STAND_INS.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    slurm = {
        "SLURM_JOB_NODELIST": "node[07-08]",
        "SLURM_JOB_ID": "1234567",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_CPUS_PER_TASK": "16",
    }
    done = subprocess.run(
        ["bash", EXAMPLES / "slurm.sbatch", "+sweep=race", "name=with a space"],
        env={**os.environ, **slurm, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    call = (
        "ray symmetric-run --address node07:24567 --min-nodes 2 --num-cpus 16 -- "
        "python -m scaling_search +sweep=race name=with a space executor=ray "
        "executor.address=node07:24567"
    )
    assert done.stdout.splitlines() == [
        *(f"node07: {call}", "patience 300, auth token"),
        *(f"node08: {call}", "patience 300, auth token"),
    ]
    directives = [
        line for line in (EXAMPLES / "slurm.sbatch").read_text().splitlines() if "#SBATCH " in line
    ]
    assert "#SBATCH --ntasks-per-node=1" in directives
