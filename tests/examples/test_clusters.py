"""The files for clusters: what SLURM's nodes would call, and what KubeRay would read."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: Of KubeRay's types (ray-operator/apis/ray/v1) the fields that a person gives: name -> type, or
#: the fields below; those with ! must be there. A pod's are Kubernetes' own.
POD: dict[str, Any] = {
    "metadata": dict,
    "spec!": {
        "containers!": [
            {
                "name!": str,
                "image!": str,
                "resources": {"requests": dict, "limits": dict},
                "volumeMounts": [{"name!": str, "mountPath!": str, "readOnly": bool}],
                "env": [{"name!": str, "value": str}],
            }
        ],
        "volumes": [{"name!": str, "persistentVolumeClaim": {"claimName!": str}}],
    },
}
RAY_JOB: dict[str, Any] = {
    "apiVersion!": "ray.io/v1",
    "kind!": "RayJob",
    "metadata!": {"name!": str, "namespace": str, "labels": dict},
    "spec!": {
        "entrypoint!": str,
        "runtimeEnvYAML": str,
        "backoffLimit": int,
        "activeDeadlineSeconds": int,
        "shutdownAfterJobFinishes": bool,
        "ttlSecondsAfterFinished": int,
        "rayClusterSpec!": {
            "rayVersion": str,
            "authOptions": {"mode": str},
            "enableInTreeAutoscaling": bool,
            "headGroupSpec!": {"rayStartParams!": dict, "template!": POD},
            "workerGroupSpecs": [
                {
                    "groupName!": str,
                    "replicas": int,
                    "minReplicas!": int,
                    "maxReplicas!": int,
                    "rayStartParams!": dict,
                    "template!": POD,
                }
            ],
        },
    },
}


def misfits(found: Any, wanted: Any, where: str = "") -> list[str]:
    """What of a document is not of the form wanted."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        forms = {name.rstrip("!"): form for name, form in wanted.items()}
        missing = {name[:-1] for name in wanted if name.endswith("!")} - set(found)
        wrong = [f"{where}.{name} is missing" for name in missing]
        wrong += [f"{where}.{name} is no field" for name in set(found) - set(forms)]
        return wrong + [
            misfit
            for name in set(found) & set(forms)
            for misfit in misfits(found[name], forms[name], f"{where}.{name}")
        ]
    if isinstance(wanted, list) and isinstance(found, list):
        return [m for one in found for m in misfits(one, wanted[0], f"{where}[]")]
    fits = type(found) is wanted if isinstance(wanted, type) else found == wanted
    return [] if fits else [f"{where} is {found!r}"]


def test_the_manifest_has_the_fields_of_a_ray_job() -> None:
    manifest = yaml.safe_load((EXAMPLES / "kuberay.yaml").read_text())
    assert misfits(manifest, RAY_JOB) == []
    cluster = manifest["spec"]["rayClusterSpec"]
    workers = cluster["workerGroupSpecs"][0]
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    for parameters in (cluster["headGroupSpec"], workers):
        # `ray start` gets them as words.
        assert all(isinstance(value, str) for value in parameters["rayStartParams"].values())
    head = cluster["headGroupSpec"]["template"]["spec"]
    mounted = {mount["name"]: mount["mountPath"] for mount in head["containers"][0]["volumeMounts"]}
    assert mounted.keys() == {volume["name"] for volume in head["volumes"]}
    assert f"experiments_dir={mounted['studies']}" in manifest["spec"]["entrypoint"]


def test_the_check_of_manifests_finds_what_is_wrong() -> None:
    manifest = yaml.safe_load((EXAMPLES / "kuberay.yaml").read_text())
    manifest["spec"]["entryPoint"] = manifest["spec"].pop("entrypoint")
    manifest["spec"]["backoffLimit"] = "3"
    assert sorted(misfits(manifest, RAY_JOB)) == [
        ".spec.backoffLimit is '3'",
        ".spec.entryPoint is no field",
        ".spec.entrypoint is missing",
    ]


def test_the_entrypoint_is_a_command_that_plans(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from commands import type_words

    manifest = yaml.safe_load((EXAMPLES / "kuberay.yaml").read_text())
    words = shlex.split(manifest["spec"]["entrypoint"])
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
