"""YAML that comes from outside: plain data only, of a size and depth that a person would write."""

from __future__ import annotations

from typing import Any

import yaml

#: Bytes of a file, and levels of nesting, far beyond those of any study.
LARGEST = 2**20
_DEEPEST = 20
#: What `plain_yaml` raises for a text that is none.
YAML_ERRORS = (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain data only; a name that stands twice in a section is a mistake."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [str(key.value) for key, _ in node.value]
        twins = [name for name in names if names.count(name) > 1]
        if twins:
            raise yaml.YAMLError(f"it has {twins[0]!r} twice")
        content: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return content


def plain_yaml(text: str) -> Any:
    """What the text holds. Raises one of YAML_ERRORS."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("it holds an alias or an anchor")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
    return yaml.load(text, Loader=_Loader)


def yaml_text(content: Any) -> str:
    """The text of a YAML file, in the order of the content."""
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
