"""What a forecast reads of a family: errors whose log there is, and noise that was counted."""

from __future__ import annotations

import pytest
from committed import EXPERIMENTS

from scaling_search.metric import ERROR, Metric
from scaling_search.study import StudyDefinition
from scaling_search.study.family_runs import judged_error, known_family_runs
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.read import read_study

STUDY = read_study(EXPERIMENTS / "glyphs-quick")
WINNER = STUDY.winning_coefficients
KEYS = [run.spec.key for run in STUDY.definition.family_runs(WINNER)]
MAP = Metric("mAP", "maximize")
LOSS = Metric("loss", "minimize", "unbounded")


def study_of(monkeypatch: pytest.MonkeyPatch, metric: Metric, has_test: bool = True) -> None:
    monkeypatch.setattr(StudyDefinition, "metric", property(lambda _: metric))
    monkeypatch.setattr(StudyDefinition, "has_test", property(lambda _: has_test))


def test_mistakes_are_counted_on_the_test_images() -> None:
    images = STUDY.definition.facts.test_images
    errors = dict(zip(KEYS, [0.0, 1.0, 0.25]))
    found = known_family_runs(STUDY.definition, WINNER, errors)
    assert found.test_images == images
    assert found.error == pytest.approx((0.5 / images, 1 - 0.5 / images, 0.25))
    assert found.metric is ERROR


def test_of_other_metrics_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    study_of(monkeypatch, MAP)
    found = known_family_runs(STUDY.definition, WINNER, dict(zip(KEYS, [0.0, 1.0, 0.25, 0.2])))
    assert found.test_images is None
    assert found.error[2:] == (0.25, 0.2)
    assert found.error[0] == pytest.approx(0.1)
    assert 0.999 < found.error[1] < 1
    assert found.law().observations.metric == MAP


def test_losses_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    study_of(monkeypatch, LOSS)
    losses = [3.0, 3.1, 2.5, 2.4, 2.2, 0.0]
    found = known_family_runs(STUDY.definition, WINNER, dict(zip(KEYS, losses)))
    assert found.error == (3.0, 3.1, 2.5, 2.4, 2.2, 1.1)
    assert found.test_images is None
    assert known_family_runs(STUDY.definition, WINNER, {}).error == ()


def test_val_images_are_not_the_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    study_of(monkeypatch, ERROR, has_test=False)
    assert known_family_runs(STUDY.definition, WINNER, {}).test_images is None


@pytest.mark.parametrize("has_test", [True, False])
def test_families_are_judged_on_test_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, has_test: bool
) -> None:
    study_of(monkeypatch, MAP, has_test)
    row = next(row for row in read_runs(STUDY.folder) if row.test_error is not None)
    assert judged_error(STUDY.definition, row) == (row.test_error if has_test else row.val_error)
