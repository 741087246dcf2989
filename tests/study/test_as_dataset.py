"""Study.to_dataset: every run of every kind of study is a row."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scaling_search import InvalidInput, read_study
from scaling_search.study.as_dataset import as_dataset

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-step-0", "scenes-detector"])
def test_every_run_is_a_row(name: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    study = read_study(EXPERIMENTS / name)
    found = study.to_dataset()
    assert found["run"][:] == list(study.runs["run"])
    assert set(found.column_names) == {*study.runs, *study.timings, "study", "curve"}
    assert set(found["study"]) == {name}
    assert found["macs"][:] == list(study.runs["macs"])
    seconds = study.timings.set_index("run")["seconds"]
    curves = study.curves.groupby("run")
    for row in found:
        assert row["seconds"] == seconds[row["run"]]
        known = curves.get_group(row["run"]) if row["run"] in curves.groups else []
        assert [p["epoch"] for p in row["curve"]] == (list(known["epoch"]) if len(known) else [])
        if len(known):
            assert row["curve"][-1]["val_error"] == known["val_error"].iloc[-1]
    found.to_parquet(tmp_path / "runs.parquet")
    again = datasets.Dataset.from_parquet(str(tmp_path / "runs.parquet"), cache_dir=str(tmp_path))
    assert again[0] == found[0]


def test_what_is_missing_is_none() -> None:
    pytest.importorskip("datasets")
    study = read_study(EXPERIMENTS / "glyphs-quick")
    runs = study.runs.copy()
    runs.loc[0, ["val_error", "test_error"]] = None
    found = as_dataset(runs, study.curves.iloc[:0], study.timings, "x")
    assert (found[0]["val_error"], found[0]["test_error"], found[0]["curve"]) == (None, None, [])


def test_without_datasets_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InvalidInput, match=r"pip install 'scaling-search\[data\]'"):
        read_study(EXPERIMENTS / "glyphs-quick").to_dataset()
