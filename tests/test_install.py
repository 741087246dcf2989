"""The torch that install.py has pip install: the small one without a GPU, CUDA's with one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
GPU = "echo 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)'"
NO_DRIVER = "echo 'NVIDIA-SMI has failed because it could not communicate with the driver.'; exit 9"
NO_DEVICE = "echo 'No devices were found'; exit 6"


class Machine:
    """A Linux machine with a command nvidia-smi, or none, and with a pip that only listens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        spec = importlib.util.spec_from_file_location("install", CHECKOUT / "install.py")
        assert spec is not None
        assert spec.loader is not None
        self.script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.script)
        self.folder = folder
        #: What was asked of pip, and the words with which it fails.
        self.calls: list[str] = []
        self.refused: set[str] = set()
        monkeypatch.setattr(self.script, "install", self._pip)
        monkeypatch.setattr(self.script.sys, "platform", "linux")
        monkeypatch.setenv("PATH", str(folder))

    def _pip(self, *words: str, quiet: bool = False) -> bool:
        self.calls.append(" ".join(words))
        return not self.refused & set(words)

    def nvidia_smi(self, code: str) -> None:
        shown = self.folder / "nvidia-smi"
        shown.write_text(f"#!/bin/sh\n{code}\n")
        shown.chmod(0o755)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


@pytest.mark.parametrize("code", [None, NO_DRIVER, NO_DEVICE])
def test_without_a_gpu_the_cpu_build_is_there_before_pypi_is_asked(
    machine: Machine, code: str | None
) -> None:
    if code is not None:
        machine.nvidia_smi(code)
    machine.refused = {"--no-index"}
    machine.script.main()
    at_hand, fetched, rest = machine.calls
    assert "--no-index" in at_hand
    assert "--index-url https://download.pytorch.org/whl/cpu" in fetched
    for call in (at_hand, fetched):
        # Nothing but torch, in the version that all else is tested with.
        assert "--no-deps" in call
        assert call.endswith(" torch==2.13.0+cpu")
    assert rest == f"-c {CHECKOUT / 'constraints.txt'} -e {CHECKOUT}"


def test_a_cpu_build_at_hand_is_not_fetched(machine: Machine) -> None:
    machine.script.main()
    assert len(machine.calls) == 2
    assert not any("--index-url" in call for call in machine.calls)


def test_with_a_gpu_torch_comes_from_pypi(machine: Machine) -> None:
    machine.nvidia_smi(GPU)
    machine.script.main()
    assert len(machine.calls) == 1
    assert "cpu" not in machine.calls[0]


def test_elsewhere_the_torch_of_pypi_is_small(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.script.sys, "platform", "darwin")
    machine.script.main()
    assert len(machine.calls) == 1


def test_where_no_cpu_build_can_be_had_it_says_what_comes_instead(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.refused = {"--no-index", "--index-url"}
    machine.script.main()
    assert len(machine.calls) == 3
    assert "It cannot be had: PyPI's needs no GPU either" in capsys.readouterr().out


def test_what_pip_cannot_install_is_a_failure(machine: Machine) -> None:
    machine.refused = {"-e"}
    with pytest.raises(SystemExit) as end:
        machine.script.main()
    assert end.value.code == 1
