"""A study: its definition, the database, the loop propose -> run -> record, its folder."""

from scaling_search.study.conduct import (
    define,
    edits,
    held,
    open_database,
    require_places,
    study_folder,
)
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.family_settings import FamilySettings
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.plan import make_plan, print_plan
from scaling_search.study.rehearsal import rehearsed
from scaling_search.study.running import run_study
from scaling_search.study.settings import (
    Conduct,
    FidelitySettings,
    StudySettings,
)

__all__ = [
    "Conduct",
    "FamilySettings",
    "FidelitySettings",
    "PlannedRun",
    "StudyDefinition",
    "StudySettings",
    "define",
    "edits",
    "held",
    "make_plan",
    "open_database",
    "print_plan",
    "read_definition",
    "rehearsed",
    "require_places",
    "run_study",
    "study_folder",
]
