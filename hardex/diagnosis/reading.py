"""A run -> its diagnosis, its self-test, and the findings about some of its examples."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from hardex.arrays import Image
from hardex.bounded import Unreadable, read_json, why
from hardex.diagnosis.causes import TRANSFORMS
from hardex.diagnosis.overall import DIAGNOSIS, Diagnosis
from hardex.diagnosis.overall import of_json as diagnosis_of_json
from hardex.diagnosis.selftest import SELFTEST, SelfTest
from hardex.diagnosis.selftest import of_json as selftest_of_json
from hardex.diagnosis.undone import undone
from hardex.errors import HardexError, RunError
from hardex.images import Transform
from hardex.runs.findings import FINDINGS, Finding, find_findings, first_of_each
from hardex.runs.folder import RESULTS
from hardex.runs.run import Run

CARD = ("second_cause",)  # what a list shows of a finding, besides its cause and confidence

T = TypeVar("T")


def diagnosis_of(run: Run) -> Diagnosis | None:
    """What the findings of a run say together; None if it has not been diagnosed.

    Raises:
        RunError: diagnosis.json cannot be read.
    """
    return _of_json(run, DIAGNOSIS, diagnosis_of_json)


def selftest_of(run: Run) -> SelfTest | None:
    """How far the diagnosis of a run can be trusted; None if that was not tested.

    Raises:
        RunError: selftest.json cannot be read.
    """
    return _of_json(run, SELFTEST, selftest_of_json)


def finding_of(run: Run, id: str) -> Finding | None:
    """Why one example is hard; None if it was not diagnosed.

    Raises:
        RunError: findings.parquet cannot be read.
    """
    return findings_of(run, [id]).get(id)


def findings_of(
    run: Run, ids: Collection[str], names: Sequence[str] | None = None
) -> dict[str, Finding]:
    """The findings about some examples, by id; those that were not diagnosed are left out.

    Args:
        run: whose examples.
        ids: of the examples.
        names: which attributes are needed besides id, cause and confidence; by default all.

    Raises:
        RunError: findings.parquet cannot be read.
    """
    path = _path(run, FINDINGS)
    if not ids or not path.is_file():
        return {}
    with _readable(run, FINDINGS):
        return find_findings(path, ids, names)


def first_findings(run: Run, causes: Sequence[str], count: int) -> dict[str, list[Finding]]:
    """The findings of some causes about the hardest examples, at most `count` of each.

    Raises:
        RunError: findings.parquet cannot be read.
    """
    path = _path(run, FINDINGS)
    if not path.is_file():
        return {cause: [] for cause in causes}
    with _readable(run, FINDINGS):
        return first_of_each(path, causes, count)


def seen_picture(run: Run, id: str) -> Image:
    """What the model sees of an example, in the shape of the run's forward passes, (h, w, c).

    Raises:
        RunError: no such example, or its image is no longer there.
    """
    shape = run.manifest.image_shape
    return run.image(id) if shape is None else run.input_image(id, shape)


def undone_picture(run: Run, id: str) -> Image:
    """The same with the transform undone that the diagnosis found, (h, w, c).

    Raises:
        RunError: no such example, its image is no longer there, or no transform was found.
    """
    found = finding_of(run, id)
    if found is None or found.cause not in TRANSFORMS:
        raise RunError(
            f"the cause of an example must be a transform to be undone; that of {id[:60]!r} is "
            f"{'not known' if found is None else found.cause}; choose another example."
        )
    image = seen_picture(run, id)
    try:
        if found.cause == "blur" and found.amount is not None:
            Transform(blur=found.amount)  # a damaged table may name any amount
        return undone(image, found.cause, found.amount, found.amount_y)
    except (HardexError, ArithmeticError) as error:
        raise RunError(
            f"the amount of a {found.cause} must be one that can be undone; that of {id[:60]!r} is "
            f"{found.amount}; diagnose again with hardex diagnose {run.folder} --train DATA."
        ) from error


def _path(run: Run, name: str) -> Path:
    return run.folder / RESULTS / name


def _of_json(run: Run, name: str, make: Callable[[dict[str, Any]], T]) -> T | None:
    path = _path(run, name)
    if not path.is_file():
        return None
    with _readable(run, name):
        value = make(read_json(path))
        _check(value, type(value), "it")
        return value


@contextmanager
def _readable(run: Run, name: str) -> Iterator[None]:
    """Turn an error while reading a file of the diagnosis into a `RunError`."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{RESULTS}/{name} of a run must be as hardex wrote it; the one in {run.folder} cannot "
            f"be read ({why(error)}); diagnose again with hardex diagnose {run.folder} --train "
            "DATA."
        ) from error


def _check(value: Any, kind: Any, name: str) -> None:
    """Raise `Unreadable` unless a value of a file has the type that its dataclass says."""
    if get_origin(kind) is UnionType:
        kinds = [one for one in get_args(kind) if one is not NoneType]
        if value is not None or NoneType not in get_args(kind):
            _check(value, kinds[0], name)
        return
    if get_origin(kind) is tuple:
        if not isinstance(value, tuple):
            raise Unreadable(f"{name} is no list")
        for one in value:
            _check(one, get_args(kind)[0], name)
    elif is_dataclass(kind):
        described: Any = kind  # a type, which `is_dataclass` does not say
        for field, expected in _types_of(described).items():
            _check(getattr(value, field), expected, field)
    elif not _is(value, kind):
        raise Unreadable(f"{name} is no {_KINDS[kind]}")


@cache
def _types_of(kind: Any) -> dict[str, Any]:
    """The type of each attribute of a dataclass."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


_KINDS = {str: "text", int: "whole number", float: "number", bool: "yes or no"}


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, int | float if kind is float else kind)
