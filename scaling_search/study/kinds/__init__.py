"""The kinds of study: what each does beyond what all of them do."""

from scaling_search.study.definition import StudyDefinition
from scaling_search.study.kinds.baseline import BaselineSearch
from scaling_search.study.kinds.growth import GrowthStudy
from scaling_search.study.kinds.kind import Kind
from scaling_search.study.kinds.scaling import ScalingSearch
from scaling_search.study.kinds.series import Series
from scaling_search.study.kinds.transfer import Transfer
from scaling_search.study.settings import SWEEPS

__all__ = [
    "BaselineSearch",
    "GrowthStudy",
    "Kind",
    "ScalingSearch",
    "Series",
    "Transfer",
    "kind_of",
]


def kind_of(definition: StudyDefinition) -> Kind:
    """What a study of this kind does."""
    sweep = definition.settings.sweep
    return next(kind for kind in KINDS if isinstance(sweep, kind.SETTINGS))(definition)


KINDS: tuple[type[Kind], ...] = (ScalingSearch, Transfer, GrowthStudy, Series, BaselineSearch)
assert all(any(issubclass(s, k.SETTINGS) for k in KINDS) for s in SWEEPS.values())
