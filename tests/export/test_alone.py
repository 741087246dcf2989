"""With torch alone, where neither this package nor numpy is, the same logits come out."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import pytest
import torch
from export_studies import SMALL, noise, sizes, typed
from fakes import fake_study
from torch import Tensor

from scaling_search.baselines import FamilyMember
from scaling_search.export.member import choose
from scaling_search.proxy.weights_file import write_weights
from scaling_search.study.files.weights import weights_path

BASELINES = ("efficientnet_micro", "mobilenet_v2_micro", "resnet50_micro")
#: Loads each exported network and writes its logits as hexadecimal bytes.
SCRIPT = """
import sys
packages, *folders = sys.argv[1:]
sys.path.append(packages)
import importlib, pathlib, warnings
for absent in ("numpy", "scaling_search", "timm", "safetensors", "pytest"):
    try:
        importlib.import_module(absent)
    except ImportError:
        continue
    sys.exit(f"{absent} is there")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch misses numpy
    import torch
for folder in map(pathlib.Path, folders):
    sys.path.insert(0, str(folder))
    import model
    images = torch.frombuffer(bytearray((folder / "images").read_bytes()), dtype=torch.uint8)
    shape = [int(size) for size in (folder / "shape").read_text().split()]
    with torch.no_grad():
        logits = model.load()(model.normalise(images.reshape(shape)))
    print(bytes(logits.contiguous().view(torch.uint8).flatten().tolist()).hex())
    sys.path.remove(str(folder))
    del sys.modules["model"]
"""


def torch_alone(folder: Path) -> Path:
    """A folder of packages with torch and what it requires, linked from where they are."""
    folder.mkdir()
    wanted, known = ["torch"], set[str]()
    while wanted:
        name = wanted.pop()
        known.add(name)
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__", "bin"}:
            place = Path(str(found.locate_file(top)))
            if place.exists() and not (folder / top).exists():
                (folder / top).symlink_to(place)
        needs = [line for line in found.requires or () if ";" not in line]
        names = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needs}
        wanted += sorted(names - known)
    return folder


def exported(
    baseline: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> list[tuple[FamilyMember, dict[str, Tensor], Path]]:
    """Two members of a study, their weights, and the folders that were written."""
    settings = replace(SMALL, baseline=replace(SMALL.baseline, name=baseline))
    study = fake_study(root / "experiments", settings, name=baseline)
    found = []
    for member in sizes(study)[:2]:
        chosen = choose(study, member.phi)
        one = chosen.runs[0]
        generator = torch.Generator().manual_seed(one.run.spec.seed)
        tensors = {
            name: torch.rand(value.shape, generator=generator) + 0.5
            if value.is_floating_point()
            else value
            for name, value in member.build().state_dict().items()
        }
        path = weights_path(study, member.id, one.run.spec.seed)
        write_weights(path, tensors, {"run": one.row.run})
        to = root / f"{baseline}-{member.id}"
        ended = typed(capsys, study, "--phi", repr(member.phi), "--to", to)
        assert ended.code == 0, ended.err
        assert "kept by the study" in ended.out
        found.append((member, tensors, to))
    return found


@pytest.mark.long
def test_five_members_of_three_baselines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = torch_alone(tmp_path / "packages")
    members = [pair for name in BASELINES for pair in exported(name, tmp_path, capsys)]
    wanted = []
    for member, tensors, folder in members:
        images = noise(member)
        (folder / "images").write_bytes(images.numpy().tobytes())
        (folder / "shape").write_text(" ".join(map(str, images.shape)))
        ours = member.build()
        ours.load_state_dict(tensors)
        with torch.no_grad():
            logits = ours.eval()((images.float() - 127.5) / 64)
        assert logits.std() > 0
        wanted.append(logits.numpy().tobytes().hex())
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT, packages, *(to for *_, to in members)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert len(members) >= 5
    assert done.stdout.split() == wanted
