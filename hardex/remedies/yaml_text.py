"""YAML -> plain values, and back. The only file that knows PyYAML.

A recipe may come from somebody else. Only plain values are read: no tags, which can make any object
of Python, and no aliases, by which a short text can stand for a huge one.
"""

from typing import Any

import yaml

from hardex.bounded import Unreadable

_DEPTH_MOST = 16


def values_of(text: str) -> Any:
    """The value of a YAML text.

    Raises:
        Unreadable: it is no YAML, or more than plain values that are named once.

    Example:
        >>> values_of("augment: {rotation: [-30, 30]}")
        {'augment': {'rotation': [-30, 30]}}
    """
    try:
        _check_plain(text)
        return yaml.load(text, Loader=_Plain)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(_reason(error)) from error


def text_of(values: Any) -> str:
    """Plain values as YAML.

    Example:
        >>> text_of({"augment": {"rotation": [-30, 30]}})
        'augment:\\n  rotation: [-30, 30]\\n'
    """
    return str(yaml.dump(values, Dumper=_Short, sort_keys=False, allow_unicode=True, width=100))


class _Plain(yaml.SafeLoader):  # type: ignore[misc]
    """Reads plain values only, and refuses a repeated name."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """The mapping of a node."""
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise Unreadable(f"it names {str(twice[0])[:40]!r} twice")
        return super().construct_mapping(node, deep=True)


class _Short(yaml.SafeDumper):  # type: ignore[misc]
    """Lists of numbers on one line."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: Any = None) -> Any:
        """The node of a list."""
        return super().represent_sequence(tag, sequence, flow_style=True)

    def ignore_aliases(self, data: Any) -> bool:
        """Write what comes twice twice."""
        return True


def _check_plain(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("it has an alias (*name), and each value must be written where it is")
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if depth > _DEPTH_MOST:
            raise Unreadable(f"it is nested more than {_DEPTH_MOST} deep")


def _reason(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or type(error).__name__).splitlines()[0]
    return problem if mark is None else f"{problem}, line {mark.line + 1}"
