"""What stands for the code of a network of one's own: the program, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import scaling_search
from scaling_search.baselines import OwnBaseline, load_baseline, scale_by
from scaling_search.errors import InvalidInput

CHECKOUT = Path(scaling_search.__file__).parents[1]
NETS = """
import torch
from torch import nn
from parts.blocks import block
import constants

class Held(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x)

    def extra_repr(self):
        return f"fn={self.fn}"

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    from lazily import head
    width = round(constants.WIDTH * width_mult)
    layers = [nn.Conv2d(in_channels, width, 3, padding=1), Held(lambda t: torch.relu(t))]
    layers += [block(width) for _ in range(round(2 * depth_mult))]
    return nn.Sequential(*layers, *head(width, num_classes))
"""
FILES = {
    "nets.py": NETS,
    "constants.py": "WIDTH = 8\n",
    "lazily.py": (
        "from torch import nn\n\ndef head(width, classes):\n"
        "    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)]\n"
    ),
    "parts/__init__.py": "",
    "parts/blocks.py": "from . import norms\n\ndef block(width):\n    return norms.norm(width)\n",
    "parts/norms.py": (
        "from torch import nn\n\ndef norm(width):\n    return nn.BatchNorm2d(width)\n"
    ),
    "unrelated.py": "SIZE = 1\n",
}
#: What a process of its own says of the network: its code, its name and its cost.
SAY = """
from scaling_search.baselines import load_baseline, scale_by
baseline = load_baseline("nets.net", 5, 1, resolution=10)
member = scale_by(baseline, depth_mult=1, width_mult=1, resolution=10)
print(baseline.code, member.id, member.cost.macs)
"""


def write(folder: Path, **changed: str) -> None:
    """The files of the network, some of them changed; `__` stands for a slash in their names."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(name.removesuffix(".py").replace("/", "__"), text))


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnBaseline:
    """The baseline of the files as they stand, imported anew."""
    return anew(tmp_path, monkeypatch)


def anew(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: str) -> OwnBaseline:
    write(folder, **changed)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in {path.split("/")[0].removesuffix(".py") for path in FILES}:
        for loaded in [m for m in sys.modules if m.split(".")[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
    baseline = load_baseline("nets.net", 5, 1, resolution=10)
    assert isinstance(baseline, OwnBaseline)
    return baseline


def named(baseline: OwnBaseline) -> str:
    return scale_by(baseline, depth_mult=1, width_mult=1, resolution=10).id


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("nets", "torch.relu(t)", "torch.relu(t) * 1e-3"),
        ("nets", "2 * depth_mult", "3 * depth_mult"),
        ("constants", "8", "9"),
        ("lazily", "AdaptiveAvgPool2d(1)", "AdaptiveMaxPool2d(1)"),
        ("parts__norms", "BatchNorm2d(width)", "BatchNorm2d(width, eps=1e-3)"),
        ("parts____init__", "", "import torch\ntorch.manual_seed(0)\n"),
    ],
)
def test_an_edit_is_another_network(
    told: OwnBaseline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    before: str,
    after: str,
) -> None:
    was = named(told)
    text = FILES[file.replace("__", "/", 1) + ".py"]
    edited = anew(tmp_path, monkeypatch, **{file: text.replace(before, after, 1)})
    assert edited.code != told.code
    assert named(edited) != was


def test_comments_layout_docstrings_and_other_files_are_no_edit(
    told: OwnBaseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    was = named(told)
    same = NETS.replace("import torch\n", "# of mine\nimport   torch\n\n\n", 1)
    same = same.replace("in_channels):\n    from", "in_channels\n):\n    'A network.'\n    from")
    assert "A network" in same
    edited = anew(tmp_path, monkeypatch, nets=same, unrelated="SIZE = 2\n")
    assert (edited.code, named(edited)) == (told.code, was)


@pytest.mark.long
def test_it_is_the_same_in_every_process_and_folder(told: OwnBaseline, tmp_path: Path) -> None:
    """An address in the text of a module, such as that of a lambda, differs in each."""
    member = scale_by(told, depth_mult=1, width_mult=1, resolution=10)
    (tmp_path / "moved").mkdir()
    write(tmp_path / "moved")
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": "", "PYTHONHASHSEED": "7"}
    said = subprocess.run(
        [sys.executable, "-c", SAY],
        cwd=tmp_path / "moved",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == [told.code, member.id, str(member.cost.macs)]


def test_modules_that_are_found_by_computed_names_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = "import importlib\nfor n in ['norms']:\n    importlib.import_module(f'parts.{n}')\n"
    blocks = "import parts\n\ndef block(width):\n    return parts.norms.norm(width)\n"
    norms = FILES["parts/norms.py"]
    codes = [
        anew(
            tmp_path,
            monkeypatch,
            parts____init__=computed,
            parts__blocks=blocks,
            parts__norms=norms.replace("(width)\n", width),
        ).code
        for width in ("(width)\n", "(width, eps=1e-3)\n")
    ]
    assert codes[0] != codes[1]


def test_what_is_built_counts_where_the_code_reads_it_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = NETS.replace("constants.WIDTH", "int(open('width.txt').read())")
    ids = []
    for width in ("8", "9"):
        (tmp_path / "width.txt").write_text(width)
        ids.append(named(anew(tmp_path, monkeypatch, nets=reads)))
    assert ids[0] != ids[1]


def test_a_process_with_other_code_builds_nothing(
    told: OwnBaseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = scale_by(told, depth_mult=1, width_mult=1, resolution=10)
    anew(tmp_path, monkeypatch, constants="WIDTH = 9\n")
    with pytest.raises(InvalidInput, match=r"the code of nets\.net is not that of the study"):
        member.build()
