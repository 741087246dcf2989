"""A function that trains: what its job tells, what it gives, and its bad ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from own_runs import job_of, spec_of, trainer_of

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunStatus
from scaling_search.trainers import TrainingFailed
from scaling_search.trainers.run_log import KEPT

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Train by a function with this body; gives the result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def train(body: str, spec: dict[str, Any] | None = None, **settings: Any) -> Any:
        write(monkeypatch, body)
        trainer = trainer_of(kind="function", _target_="my_training.train", **settings)
        return job_of(trainer, Path("experiments"), **(spec or {})).carry_out().result

    return train


def write(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    Path("my_training.py").write_text(f"def train(job):\n{lines}")
    monkeypatch.delitem(sys.modules, "my_training", raising=False)


def log() -> str:
    (path,) = Path("experiments/runs").glob("*.log")
    return path.read_text()


def test_a_job_says_which_network_how_long_and_where(run: Run) -> None:
    told = "print(job.depth_mult, job.width_mult, job.resolution, job.phi, job.seed, job.device)"
    body = f"{told}\nprint(job.epochs, job.whole_epochs, job.folder.is_dir())\nreturn 0.75"
    result = run(body, {"seed": 3, "epochs": 9, "rung": 4})
    assert (result.status, result.val_error, result.test_error) == (RunStatus.FINISHED, 0.25, None)
    assert log().splitlines()[1:] == ["1.5 1.25 20 1.0 3 cpu", "4 9 True"]


def test_a_mapping_and_a_curve(run: Run) -> None:
    body = "for epoch in (1, 2):\n    job.report(epoch, 0.25 * epoch, loss=1 / epoch)\n"
    body += "job.report(2, 0.625)\njob.report(3, float('nan'))\n"
    body += "return {'mAP': 0.75, 'held': 0.5, 'recall': 0.125}"
    result = run(body, test="held", also=["recall"])
    assert (result.val_error, result.test_error, result.also) == (0.25, 0.5, {"recall": 0.125})
    assert [(e.epoch, e.train_loss, e.val_error) for e in result.curve] == [
        (1, 1.0, 0.75),
        (2, None, 0.375),
    ]


@pytest.mark.parametrize("made", ["import torch; return torch.tensor(0.75)",
                                  "import numpy; return numpy.float32(0.75)"])  # fmt: skip
def test_numbers_of_other_kinds(run: Run, made: str) -> None:
    assert run(made).val_error == 0.25


def test_the_network_is_the_scaled_baseline(run: Run) -> None:
    spec = spec_of_member()
    body = f"params = sum(p.numel() for p in job.model().parameters())\nreturn params / {2 * spec}"
    assert run(body).val_error == 0.5


def spec_of_member() -> int:
    from own_runs import BASELINE

    from scaling_search.baselines import scale_by

    return scale_by(BASELINE, depth_mult=1.5, width_mult=1.25, resolution=20).cost.params


def test_the_generators_are_seeded(run: Run) -> None:
    body = "import random, numpy, torch\n"
    body += "return (torch.rand(()).item() + random.random() + numpy.random.rand()) / 3"
    first, again, other = (run(body, {"seed": s}).val_error for s in (1, 1, 2))
    assert first == again != other


ODD = "class Odd:\n    "


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('no such thing')", "KeyError: 'no such thing' (my_training.py line 2)"),
        ("import sys\nsys.exit(3)", "it ended the program (SystemExit: 3"),
        ("raise MemoryError", "memory ran out (MemoryError"),
        ("raise RuntimeError('CUDA out of memory. Tried')", "memory ran out (RuntimeError: CUDA"),
        ("raise FileNotFoundError(2, 'gone', 'data.zip')", "FileNotFoundError: [Errno 2] gone"),
        ("pass", "my_training.train returned nothing"),
        ("return {'map': 1}", "the result has no mAP, but map"),
        ("return 'good'", "mAP is 'good', but must be a number"),
        ("return [0.5]", "mAP is [0.5], but must be a number"),
        ("return True", "mAP is True, but must be a number"),
        ("return 75", "give trainer.scale=percent"),
        ("job.report(1, None)", "job.report got None"),
        ("job.report(0, 0.5)", "job.report got epoch 0, but needs a whole number from 1 to 10,000"),
        ("job.report(1.5, 0.5)", "job.report got epoch 1.5, but needs a whole number"),
        ("job.report('last', 0.5)", "job.report got epoch 'last', but needs a whole number"),
        ("job.report(1, 75)", "give trainer.scale=percent"),
        (f"{ODD}def item(self): raise KeyError\nreturn Odd()", "but must be a number"),
        (f"{ODD}def __repr__(self): raise KeyError\nreturn Odd()", "mAP is a Odd, but must be"),
        (f"{ODD}def __repr__(self): return 'a\\n' * 99\nreturn Odd()", "mAP is a a a a a"),
    ],
)
def test_a_bad_end_is_a_message(run: Run, body: str, said: str) -> None:
    with pytest.raises(TrainingFailed) as failed:
        run(body)
    assert said in str(failed.value)
    assert "\n" not in str(failed.value)
    assert failed.value.of_machine == ("memory" in said)
    assert said in log()


def test_nan_has_diverged(run: Run) -> None:
    assert run("return float('nan')").status is RunStatus.DIVERGED


def test_output_without_end_is_cut(run: Run) -> None:
    assert run(f"for _ in range(40):\n    print('x' * {KEPT // 4})\nreturn 0.5").val_error == 0.5
    (path,) = Path("experiments/runs").glob("*.log")
    assert path.stat().st_size < 4 * KEPT


def test_what_programs_print_goes_to_the_log_too(
    run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    run("import os\nos.system('echo from a program')\nprint('from Python')\nreturn 0.5")
    assert "from a program" in log()
    assert "from Python" in log()
    assert capfd.readouterr().out == ""


def test_output_of_programs_without_end_is_cut(run: Run) -> None:
    print_much = f"import os\nos.system('head -c {5 * KEPT} /dev/zero | tr \"\\\\0\" x')"
    assert run(f"{print_much}\nprint('the end')\nreturn 0.5").val_error == 0.5
    (path,) = Path("experiments/runs").glob("*.log")
    assert path.stat().st_size < 3 * KEPT
    assert path.read_text().endswith("the end\n")


def test_bytes_are_printed_too(run: Run) -> None:
    run("import sys\nsys.stdout.buffer.write(b'caf\\xc3\\xa9')\nreturn 0.5")
    assert "café" in log()


def test_a_working_directory_that_is_removed_is_left(run: Run, tmp_path: Path) -> None:
    body = "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')\nreturn 0.5"
    assert run(body).val_error == 0.5
    assert Path.cwd() == tmp_path


@pytest.mark.parametrize("end", ["return 0.25", "sys.exit(0)", "raise ValueError"])
def test_a_process_that_it_forks_ends_where_it_leaves_the_training(run: Run, end: str) -> None:
    body = "import os, sys\nchild = os.fork()\nif not child:\n    " + end
    body += "\nprint('ended with', os.waitpid(child, 0)[1] >> 8)\nreturn 0.75"
    assert run(body).val_error == 0.25
    assert f"ended with {int('raise' in end)}" in log()


def test_a_folder_stays_from_attempt_to_attempt(run: Run) -> None:
    body = "kept = job.folder / 'checkpoint'\nif kept.exists():\n    return 0.5\n"
    body += "kept.touch()\nraise ValueError"
    with pytest.raises(TrainingFailed):
        run(body)
    assert run(body).val_error == 0.5


def test_code_that_is_edited_is_not_trained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("return 0.5")
    trainer = trainer_of(kind="function", _target_="my_training.train")
    job = job_of(trainer, Path("experiments"))
    write(monkeypatch, "return 0.75")
    assert spec_of(trainer_of(kind="function", _target_="my_training.train")).key != job.spec.key
    with pytest.raises(InvalidInput, match=r"the code of my_training\.train is not that of the"):
        job.carry_out()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\nos._no", "importing my_training failed in my_training.py line 2"),
        ("raise SystemExit", "my_training ends the program while it is imported"),
        ("trains = 1", "no such function can be imported"),
        ("train = 1", "that is not a function"),
        ("def train(): ...", "cannot be called with a job alone (too many positional arguments)"),
        ("def train(job, data): ...", "alone (missing a required argument: 'data')"),
        ("async def train(job): ...", "is async"),
        ("def train(job): yield 0.5", "yields"),
        ("class train: ...", "is a class"),
    ],
)
def test_a_function_that_cannot_be_imported_is_refused(
    run: Run, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("my_training.py").write_text(text)
    monkeypatch.delitem(sys.modules, "my_training", raising=False)
    with pytest.raises(InvalidInput) as refused:
        trainer_of(kind="function", _target_="my_training.train")
    assert said in str(refused.value)
    assert "trainer._target_ is 'my_training.train'" in str(refused.value)
    assert os.getcwd() in sys.path
