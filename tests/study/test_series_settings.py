"""Settings of a study of series: what compound scaling is taken from, and what is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import SETTINGS, fake_study, inline

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.search import CostConstraint
from scaling_search.series import Observation1Settings, SingleVsCompoundSettings
from scaling_search.study import FamilySettings


def test_the_winner_of_another_study_as_compound(tmp_path: Path) -> None:
    searched = fake_study(tmp_path, name="searched")
    build_report(searched)
    winner = ss.read_study(searched).winner
    sweep = SingleVsCompoundSettings(seeds=[0, 1], costs=[2.0], winner_of=str(searched))
    folder = fake_study(
        tmp_path,
        replace(SETTINGS, sweep=sweep, family=FamilySettings()),
        inline(),
        name="compared",
    )
    shutil.rmtree(searched)
    definition = ss.read_study(folder).definition
    assert definition.settings.sweep.coefficients == [  # type: ignore[union-attr]
        winner[name] for name in ("alpha", "beta", "gamma")
    ]
    compound = next(p for p in definition.networks.points if p.series == "compound")
    assert compound.member.id == winner["trial"]


def test_settings_of_a_search_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match=r"family\.sizes is 2, but \+sweep=observation1 has no use for it"
    ):
        replace(SETTINGS, sweep=Observation1Settings(), family=FamilySettings(sizes=2))
    with pytest.raises(InvalidInput, match=r"constraint\.tolerance is 0\.1"):
        replace(
            SETTINGS,
            sweep=Observation1Settings(),
            family=FamilySettings(),
            constraint=CostConstraint(tolerance=0.1),
        )
    with pytest.raises(InvalidInput, match=r"constraint\.cost_ratio is 3"):
        replace(
            SETTINGS,
            sweep=SingleVsCompoundSettings(),
            family=FamilySettings(),
            constraint=CostConstraint(cost_ratio=3),
        )
