"""A command that trains: what it is told, what it gives, and all its bad ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from own_runs import job_of, spec_of, trainer_of

from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunStatus
from scaling_search.trainers import TrainingFailed
from scaling_search.trainers.run_log import KEPT, RunLog

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups")
#: Runs what the script says, in the run's folder, with the rest of the words.
CALL = "sh script.sh {folder} {resolution} {depth_mult} {width_mult} {seed} {epochs}"
MAP = {"result": "metrics.json:mAP"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(script: str, command: str = CALL, **settings: Any) -> Any:
    """What comes of a run whose script this is."""
    Path("script.sh").write_text(f'cd "$1"; {script}\n')
    trainer = trainer_of(kind="command", command=command, **settings)
    return job_of(trainer, Path("experiments")).carry_out().result


def log() -> str:
    (path,) = Path("experiments/runs").glob("*.log")
    return path.read_text(errors="replace")


def test_it_is_told_which_network_and_gives_an_error() -> None:
    result = run(
        'echo "$@" > told; echo \'{"mAP": 0.75, "recall": 0.5}\' > metrics.json; echo hello',
        also=["recall"],
        **MAP,
    )
    assert (result.status, result.val_error, result.test_error) == (RunStatus.FINISHED, 0.25, 0.25)
    assert result.also == {"recall": 0.5}
    (told,) = Path("experiments/runs").glob("*/told")
    assert told.read_text().split() == [str(told.parent.resolve()), "20", "1.5", "1.25", "0", "10"]
    assert "hello" in log()
    assert f"sh script.sh {told.parent.resolve()} 20" in log()


def test_arguments_are_no_shell() -> None:
    command = "sh script.sh {folder} '; touch cut' \"$HOME\" '{resolution} px' {{x}} {seed:03d}"
    run('echo 0.5; printf "%s\\n" "$@" > told', command=command)
    (told,) = Path("experiments/runs").glob("*/told")
    assert told.read_text().split("\n")[1:-1] == ["; touch cut", "$HOME", "20 px", "{x}", "000"]
    assert not Path("cut").exists()


def test_environment_and_working_directory(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "go.sh").write_text('pwd > "$1/where"; echo $SHARE\n')
    trainer = trainer_of(
        kind="command",
        command="sh go.sh {folder} {width_mult} {seed}",
        folder="elsewhere",
        environment={"SHARE": "0.125"},
    )
    assert set(trainer.code) == {"go.sh"}
    assert job_of(trainer, Path("experiments")).carry_out().result.val_error == 0.875
    (where,) = Path("experiments/runs").glob("*/where")
    assert where.read_text().strip() == str((tmp_path / "elsewhere").resolve())


@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ("echo oh >&2; exit 3", MAP, "exit code 3; the last line was 'oh'"),
        ("exit 1", MAP, "exit code 1; it printed nothing"),
        ("kill -SEGV $$", MAP, "signal 11 (SIGSEGV)"),
        ("kill -9 $$", MAP, "signal 9 (SIGKILL), as when memory runs out"),
        ("sh -c 'kill -9 $$'; exit $?", MAP, "exit code 137, as after signal 9"),
        ("true", MAP, "it wrote no metrics.json"),
        (
            "true",
            {},
            "no line that is a number or a JSON object; it printed nothing; print the value",
        ),
        ("echo done", {}, "the last line was 'done'"),
        ("echo '{\"map\": 1}' > metrics.json", MAP, "metrics.json has no 'mAP', but map"),
        ("echo '{\"mAP\": ' > metrics.json", MAP, "metrics.json cannot be read"),
        ('echo \'{"mAP": "good"}\' > metrics.json', MAP, "mAP is 'good', but must be a number"),
        ("echo '{\"mAP\": null}' > metrics.json", MAP, "mAP is None, but must be a number"),
        ("echo 42", {}, "mAP is 42.0, but must be within 0 and 1: give trainer.scale=percent"),
        ("echo -0.5", {}, "mAP is -0.5, but must be within 0 and 1"),
        ("echo '{\"mAP\": 0.5}'", {"test": "held"}, "the result has no held"),
        ("mkdir metrics.json", MAP, "metrics.json cannot be read"),
        ("mkfifo $1/metrics.json", MAP, "metrics.json cannot be read: it is no file"),
        ("echo 0.5", {"result": "output:(?:acc (.+))?"}, "it printed nothing that fits the patt"),
        ("echo acc 1", {"result": "output:top1 ([0-9.]+)"}, "fits the pattern"),
    ],
)
def test_a_bad_end_is_a_message(script: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(TrainingFailed) as failed:
        run(script, **settings)
    assert said in str(failed.value)
    assert "\n" not in str(failed.value)
    assert f"--- failed: {failed.value}" in log()
    assert failed.value.of_machine == ("signal 9" in said)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "NaN"])
def test_a_result_that_is_not_finite_has_diverged(value: str) -> None:
    result = run(f"echo {value}")
    assert (result.status, result.val_error, result.test_error) == (RunStatus.DIVERGED, None, None)


def test_the_result_of_an_earlier_run_is_not_taken() -> None:
    script = "test -e ../../../again || echo '{\"mAP\": 0.5}' > metrics.json"
    assert run(script, **MAP).val_error == 0.5
    Path("again").touch()
    with pytest.raises(TrainingFailed, match="earlier run"):
        run(script, **MAP)


def test_a_checkpoint_stays_from_attempt_to_attempt() -> None:
    script = "test -e checkpoint && echo 0.5 || { touch checkpoint; exit 1; }"
    with pytest.raises(TrainingFailed):
        run(script)
    assert run(script).val_error == 0.5


def test_output_without_end_fills_neither_memory_nor_disk() -> None:
    script = f"head -c {6 * KEPT} /dev/zero; yes word | head -c {6 * KEPT}; echo; echo 0.25"
    assert run(script).val_error == 0.75
    (path,) = Path("experiments/runs").glob("*.log")
    assert 2 * KEPT < path.stat().st_size < 4 * KEPT
    assert "bytes are left out here" in log()
    assert log().endswith("0.25\n")


def is_alive(pid: int) -> bool:
    """Whether it runs; one that nobody has waited for runs no more."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def child() -> int:
    found = list(Path("experiments/runs").glob("*/pid"))
    text = found[0].read_text().strip() if found else ""
    return int(text) if text else 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_does_not_outlive_the_command() -> None:
    started = time.monotonic()
    assert run("sleep 100 & echo $! > pid; echo 0.5").val_error == 0.5
    assert time.monotonic() - started < 50
    wait_for(lambda: not is_alive(child()))


WORKER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1].split(":")
from own_runs import job_of, trainer_of
from test_command import CALL
job_of(trainer_of(kind="command", command=CALL), Path("experiments")).carry_out()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_outlives_a_worker_that_is_killed() -> None:
    Path("script.sh").write_text('cd "$1"; sleep 100 & echo $! > pid; sleep 100\n')
    places = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen([sys.executable, "-c", WORKER, places]) as worker:
        wait_for(child)
        assert is_alive(child())
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    wait_for(lambda: not is_alive(child()))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh train.sh {widht_mult}", "there is no {widht_mult}: take of {depth_mult}"),
        ("sh train.sh {seed}", "it has none of {depth_mult}, {width_mult}, {resolution}"),
        ("sh train.sh {width_mult}", "it has no {seed}"),
        ("sh train.sh '{width_mult} {seed}", "its quotes do not close"),
        ("sh train.sh {width_mult {seed}", "braces"),
        ("sh train.sh {width_mult:d} {seed}", "cannot be filled"),
        ("sh train.sh {width_mult.real} {seed}", "there is no {width_mult.real}"),
        ("no-such-program {width_mult} {seed}", "there is no such program"),
        (" ", "trainer.command is empty"),
        ("sh train.sh {width_mult} {seed} | tee log", "no shell runs, to which '|' would mean"),
        ("sh train.sh {width_mult} {seed} > log", "no shell runs, to which '>' would mean"),
        ("sh train.sh {width_mult} {seed}\0", "cannot hold a zero byte"),
        ("sh gone.sh {width_mult} {seed}", "calls sh with 'gone.sh', but there is no such file"),
    ],
)
def test_a_command_that_cannot_work_is_refused_at_the_door(command: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        trainer_of(kind="command", command=command)
    assert said in str(refused.value)


@pytest.mark.parametrize("environment", [{"A": 1}, {"A=B": "1"}, {"": "1"}, {"A": "1\0"}])
def test_an_environment_that_cannot_be_given_is_refused(environment: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"trainer\.environment has "):
        trainer_of(kind="command", command="sh {width_mult} {seed}", environment=environment)


def test_the_key_takes_in_the_script_and_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Elsewhere the same relative folder is another one.
    Path("train.py").write_text("import helper\n")
    trainer_of(kind="command", command="python3 train.py {width_mult} {seed}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    def key(**settings: Any) -> str:
        call = {"kind": "command", "command": "python3 train.py {width_mult} {seed}"}
        return spec_of(trainer_of(**{**call, **settings})).key

    Path("helper.py").write_text("RATE = 1\n")
    Path("train.py").write_text("import helper\n")
    before = key()
    assert key() == before
    Path("train.py").write_text("# a comment\nimport helper\n")
    assert key() == before
    Path("helper.py").write_text("RATE = 2\n")
    assert key() != before
    changed = [key(), key(result="output:(.*)"), key(environment={"A": "1"}), key(scale="percent")]
    assert len(set(changed)) == 4
    Path("rates.yaml").write_text("1")
    named = key(files=["rates.yaml"])
    Path("helper.py").write_text("RATE = 3\n")
    assert key(files=["rates.yaml"]) == named
    Path("rates.yaml").write_text("2")
    assert key(files=["rates.yaml"]) != named


def test_code_that_is_edited_while_a_study_runs_is_not_trained() -> None:
    Path("script.sh").write_text("echo 0.5\n")
    job = job_of(trainer_of(kind="command", command=CALL), Path("experiments"))
    Path("script.sh").write_text("echo 0.75\n")
    with pytest.raises(InvalidInput, match=r"the code of script\.sh is not that of the study"):
        job.carry_out()


def test_rungs_of_a_run_share_a_folder_and_no_key() -> None:
    Path("script.sh").write_text("echo 0.5\n")
    trainer = trainer_of(kind="command", command=CALL)
    rung, whole = (job_of(trainer, Path("e"), rung=r) for r in (2, None))
    assert rung.folder == whole.folder
    assert rung.spec.key != whole.spec.key
    assert (rung.spec.epochs, rung.carry_out().result.test_error) == (2, None)
    assert json.loads(rung.spec.content)["rung"] == 2


def test_what_is_no_program_is_said() -> None:
    Path("script.sh").write_bytes(b"\x7fELF")
    Path("script.sh").chmod(0o755)
    trainer = trainer_of(kind="command", command="./script.sh {width_mult} {seed}")
    with pytest.raises(TrainingFailed, match=r"it cannot be started: .*Exec format error"):
        job_of(trainer, Path("experiments")).carry_out()


def test_a_disk_that_is_full_ends_the_command_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_log: RunLog, content: bytes) -> None:
        if not content.startswith(b"---"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunLog, "write", write)
    started = time.monotonic()
    with pytest.raises(OSError, match="No space left"):
        run("echo word; sleep 100; echo 0.5")
    assert time.monotonic() - started < 50
