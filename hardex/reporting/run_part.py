"""A run -> what a report says about it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hardex.annotate.agreement import Agreement, agreement
from hardex.diagnosis.reading import diagnosis_of, findings_of, selftest_of
from hardex.errors import RunError
from hardex.overview.figures import overview
from hardex.people.sqlite import FILE as ANNOTATIONS
from hardex.predict.metrics import share
from hardex.proof.history import history
from hardex.reporting.causes import causes_part
from hardex.reporting.contents import Card, ClassFigures, HardList, Matrix, RunPart, Told
from hardex.reporting.judged import judged_part
from hardex.reporting.pictures import Room, picture_of
from hardex.reporting.proofs import proofs_part
from hardex.reporting.wording import shortened, summary_of_run
from hardex.runs.findings import Finding
from hardex.runs.hard_examples import LISTS
from hardex.runs.manifest import Manifest
from hardex.runs.run import Run

CLASSES_MOST = 50  # rows of the table of classes: the weakest
PAIRS_MOST = 10
_EVIDENCE = ("why", "amount", "amount_y", "given_label", "predicted_label")


def run_part(name: str, run: Run, shown: Mapping[str, int], room: Room) -> RunPart:
    """What a report says about one run.

    Args:
        name: of the run.
        run: the run.
        shown: how many examples of each list get a card.
        room: how much the pictures may take.

    Raises:
        RunError: a table of the run cannot be read, or the pictures take too much.
    """
    figures = overview(run)
    diagnosis, judged, note = diagnosis_of(run), None, ""
    try:
        judged = _judged(run)
    except RunError as error:  # a database of somebody else must not keep back the rest
        note = f"The annotations are left out: {error}"
    proofs, problem = _proofs(run)
    classes = class_figures(figures["class_names"], figures["classes"])
    pairs = _pairs(figures["class_names"], figures["pairs"])
    manifest = run.manifest
    findings = _findings(run, shown)
    lists = tuple(_list(run, one, shown.get(one, 0), findings, room) for one in LISTS)
    return RunPart(
        name=name,
        summary=summary_of_run(
            name,
            model=manifest.model.name if manifest.model else "",
            data=manifest.data.name if manifest.data else "",
            examples=figures["examples"],
            wrong=figures["wrong"],
            accuracy=figures["accuracy"],
            pairs=pairs,
            classes=classes,
            calibration=figures["calibration"]["says"],
            diagnosis=diagnosis,
            judged=judged,
        ),
        notes=_notes(figures, note, problem),
        examples=figures["examples"],
        wrong=figures["wrong"],
        accuracy=figures["accuracy"],
        calibration_error=figures["calibration"]["error"],
        matrix=_matrix(figures),
        pairs=tuple(pairs[:PAIRS_MOST]),
        classes=tuple(classes[:CLASSES_MOST]),
        class_count=len(classes),
        lists=lists,
        causes=None
        if diagnosis is None
        else causes_part(run, diagnosis, selftest_of(run), findings.values(), lists, room),
        judged=None if judged is None else judged_part(judged),
        proofs=proofs,
        origin=tuple(_origin(manifest)),
    )


def class_figures(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[ClassFigures]:
    """The figures of each class, the lowest recall first; classes without examples last.

    Args:
        names: of k classes.
        rows: of `hardex.overview.figures.class_row`.

    Example:
        >>> rows = [[4, 2, 0.5, 0.15, 0.85, ""], [4, 6, 0.25, 0.05, 0.7, ""]]
        >>> [(one.name, one.precision["value"]) for one in class_figures(["a", "b"], rows)]
        [('b', 0.16666666666666666), ('a', 1.0)]
    """
    found = []
    for name, (examples, predicted, value, low, high, flag) in zip(names, rows, strict=True):
        right = round((value or 0.0) * examples)
        recall = {"value": value, "low": low, "high": high}
        precision = share(min(right, predicted), predicted)
        found.append(ClassFigures(name, examples, predicted, recall, precision, flag))
    return sorted(found, key=lambda one: (one.examples == 0, one.recall["value"] or 0.0))


def _pairs(names: Sequence[str], rows: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    return [(names[given], names[predicted], count) for given, predicted, count in rows]


def _matrix(figures: Mapping[str, Any]) -> Matrix | None:
    found = figures["confusion"]
    if found is None:
        return None
    names = figures["class_names"]
    classes = tuple(names[one] for one in found["classes"])
    return Matrix(classes, tuple(map(tuple, found["counts"])), len(names))


def _notes(figures: Mapping[str, Any], *more: str) -> tuple[str, ...]:
    doctor = [
        _sentence(one.get("evidence", ""), one.get("advice", "")) for one in figures["doctor"]
    ]
    sealed = figures["sealed"]
    seal = f"{sealed:,} more examples are sealed for a later proof." if sealed else ""
    return tuple(filter(None, (*doctor, *figures["notes"], figures["problem"], seal, *more)))


def _sentence(*clauses: str) -> str:
    """Clauses as one sentence.

    Example:
        >>> _sentence("accuracy is 4 %", "check the labels")
        'Accuracy is 4 %; check the labels.'
    """
    text = "; ".join(filter(None, clauses))
    return f"{text[:1].upper()}{text[1:]}." if text else ""


# ------------------------------------------------------------------ hard examples


def _findings(run: Run, shown: Mapping[str, int]) -> dict[str, Finding]:
    """The findings about the examples that may be shown, by id."""
    if not any(shown.values()):
        return {}
    return findings_of(run, list(dict.fromkeys(run.hard["id"])), _EVIDENCE)


def _list(run: Run, name: str, count: int, findings: Mapping[str, Finding], room: Room) -> HardList:
    rows = run.hard[run.hard["list"] == name]
    score = str(run.manifest.rule.get(name) or "")
    formula = run.manifest.formulas.get(score, "")
    cards = tuple(
        _card(run, row, findings.get(row["id"]), room)
        for row in rows.head(count).to_dict(orient="records")
    )
    return HardList(name, f"{score} = {formula}" if formula else score, len(rows), cards)


def _card(run: Run, row: Mapping[Any, Any], finding: Finding | None, room: Room) -> Card:
    room.cards += 1
    return Card(
        id=row["id"],
        given=shortened(row["given_label"]),
        predicted=shortened(row["predicted_label"]),
        confidence=float(row["confidence"]),
        rank=int(row["rank"]),
        reason=shortened(row["reason"], 200),
        cause="" if finding is None else finding.cause,
        cause_confidence=None if finding is None else finding.confidence,
        why="" if finding is None else shortened(finding.why, 300),
        picture=picture_of(run, row["id"], room),
    )


# ------------------------------------------------------------------ people, and origin


def _judged(run: Run) -> Agreement | None:
    """What people said; None if there are no annotations."""
    if not run.annotations_url and not (run.folder / "people" / ANNOTATIONS).is_file():
        return None
    found = agreement(run)
    return found if found.votes else None


def _proofs(run: Run) -> tuple[Told | None, str]:
    """What was proved, and a note if that cannot be read."""
    try:
        return proofs_part(history(run)), ""
    except RunError as error:
        return None, f"The proofs are left out: {error}"


def _origin(manifest: Manifest) -> Collection[tuple[str, str]]:
    """What the run was made of, so that it can be made again.

    Names are as typed: absolute paths would tell a reader about the sender's disk.
    """
    told = [("Command", manifest.command), ("Made", manifest.created)]
    for name, source in (("Model", manifest.model), ("Data", manifest.data)):
        if source is not None:
            told += [(name, source.name), (f"{name} hash", source.hash)]
    if manifest.run is not None:
        told.append(("Ranked again from", manifest.run.name))
    reading = manifest.reading
    told += [
        ("Preprocessing", manifest.preprocess or ""),
        ("Input", "" if not manifest.image_shape else " x ".join(map(str, manifest.image_shape))),
        ("Reading of pictures", reading.pixels if manifest.data else ""),
        ("Batch size", "" if manifest.batch_size is None else str(manifest.batch_size)),
        ("Seed", str(manifest.seed)),
        ("Rule", _values(manifest.rule)),
        ("Counts", _values(manifest.counts)),
        ("Versions", _values(manifest.versions)),
        ("Numerics", _values(manifest.numerics)),
    ]
    return [(name, value) for name, value in told if value]


def _values(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items() if value not in (None, ""))
