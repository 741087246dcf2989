"""A study: its definition, the database, the loop propose -> run -> record, its folder."""

from scaling_search.study.conduct import (
    claimed,
    define,
    open_database,
    study_folder,
)
from scaling_search.study.definition import PlannedRun, StudyDefinition, read_definition
from scaling_search.study.plan import make_plan, print_plan
from scaling_search.study.settings import (
    Conduct,
    FamilySettings,
    FidelitySettings,
    StudySettings,
)
from scaling_search.study.training import run_study

__all__ = [
    "Conduct",
    "FamilySettings",
    "FidelitySettings",
    "PlannedRun",
    "StudyDefinition",
    "StudySettings",
    "claimed",
    "define",
    "make_plan",
    "open_database",
    "print_plan",
    "read_definition",
    "run_study",
    "study_folder",
]
