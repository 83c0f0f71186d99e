"""The hard examples of a run: their table and their pictures."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardex.arrays import Image
from hardex.bounded import read_bytes
from hardex.errors import DatasetError
from hardex.ranking.order import Ranking
from hardex.runs.folder import HARD, safe_name
from hardex.runs.tables import Predicted

if TYPE_CHECKING:
    import pandas as pd

LISTS = ("unsure", "wrong")
_TABLE_MOST = 2**28  # bytes; half a million hard examples


@dataclass(frozen=True)
class HardExample:
    """One row of hard/metadata.csv: an example in one list.

    Attributes:
        file_name: its picture, relative to `hard/`; "" when there is none that can be read.
        id: its stable name.
        list: `unsure` or `wrong`.
        rank: from 1 within the list.
        score: difficulty under the list's score.
        reason: why it is here, as a sentence.
    """

    file_name: str
    id: str
    list: str
    rank: int
    given_label: str
    predicted_label: str
    confidence: float
    score: float
    reason: str


def _hard_examples(
    name: str,
    ranking: Ranking,
    examples: Mapping[int, Predicted],
    class_names: tuple[str, ...],
    *,
    shown: Callable[[int], bool],
) -> list[HardExample]:
    """The rows of one list in the ranking's order.

    `shown` says whether there will be a picture of the example at a position.
    """
    rows = [examples[position] for position in ranking.positions.tolist()]
    return [
        HardExample(
            file_name=f"{name}/{_picture_name(rank, row)}" if shown(row.position) else "",
            id=row.id,
            list=name,
            rank=rank,
            given_label=row.given_label,
            predicted_label=row.predicted_label,
            confidence=row.confidence,
            score=float(score),
            reason=_reason(name, row, class_names),
        )
        for rank, (row, score) in enumerate(zip(rows, ranking.scores, strict=True), start=1)
    ]


def _reason(name: str, row: Predicted, class_names: tuple[str, ...]) -> str:
    """Why an example is in a list, as a sentence."""
    probabilities = row.probabilities
    best, second = probabilities.argsort(kind="stable")[::-1][:2]
    if name == "wrong":
        given = probabilities[row.given_index]
        return (
            f"labelled {row.given_label}, but the model says {row.predicted_label} with "
            f"{_percent(row.confidence)} and gives the label {_percent(given)}"
        )
    return (
        f"torn between {class_names[best]} ({_percent(probabilities[best])}) and "
        f"{class_names[second]} ({_percent(probabilities[second])})"
    )


def _percent(p: float) -> str:
    """One decimal; 99.996 % is shown as > 99.9 %, never as 100 %, and 0.01 % as < 0.1 %."""
    text = f"{100 * p:.1f}"
    if text == "100.0" and p < 1:
        text = "> 99.9"
    if text == "0.0" and p > 0:
        text = "< 0.1"
    return f"{text} %"


def _picture_name(rank: int, row: Predicted) -> str:
    return safe_name(
        f"{rank:04d}",
        f"given-{row.given_label}"[:30],
        f"pred-{row.predicted_label}"[:30],
        f"conf-{row.confidence:.2f}",
        row.id,
        suffix=".png",
    )


def write_lists(
    rankings: Mapping[str, Ranking],
    examples: Mapping[int, Predicted],
    results: Path,
    class_names: tuple[str, ...],
    *,
    image: Callable[[int], Image] | None,
    shown: Callable[[int], bool] = lambda position: True,
) -> None:
    """Write hard/metadata.csv and a lossless picture in native size of all that can be shown.

    Args:
        rankings: the chosen examples of each list.
        examples: what the table says of them, by position.
        results: the folder in which `hard/` is made.
        class_names: k names.
        image: gives the picture at a position; None where there are no pictures.
        shown: whether there is one at a position.
    """
    folder = results / HARD
    for name in LISTS:
        (folder / name).mkdir(parents=True)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(HardExample))
        for name, chosen in rankings.items():
            with_picture = shown if image is not None else lambda position: False
            rows = _hard_examples(name, chosen, examples, class_names, shown=with_picture)
            if image is not None:
                rows = _with_pictures(rows, chosen, folder, image)
            writer.writerows(map(astuple, rows))


def _with_pictures(
    examples: list[HardExample], chosen: Ranking, folder: Path, image: Callable[[int], Image]
) -> list[HardExample]:
    """Write the pictures; an example whose picture cannot be read loses its file name."""
    return [
        example
        if not example.file_name or _is_written(image, position, folder / example.file_name)
        else replace(example, file_name="")
        for example, position in zip(examples, chosen.positions.tolist(), strict=True)
    ]


def _is_written(image: Callable[[int], Image], position: int, path: Path) -> bool:
    """Write one picture; False if it cannot be read."""
    from hardex.images import write_png  # Pillow is loaded only where there are pictures

    try:
        pixels = image(position)
    except DatasetError:
        return False
    write_png(pixels, path)
    return True


def read_hard(folder: Path) -> "pd.DataFrame":
    """hard/metadata.csv as a data frame; names stay text (a class may be called `7`).

    Raises:
        KeyError: a column is missing.
        OSError: there is no such table.
        ValueError: it is too large, or a rank or a score is not a number.
    """
    import pandas as pd

    text = ("file_name", "id", "list", "given_label", "predicted_label", "reason")
    kinds: dict[str, type] = {**dict.fromkeys(text, str), "rank": int}
    kinds |= {"confidence": float, "score": float}
    content = io.BytesIO(read_bytes(folder / "metadata.csv", _TABLE_MOST))
    table = pd.read_csv(content, dtype=kinds, keep_default_na=False)
    missing = {field.name for field in fields(HardExample)} - set(table.columns)
    if missing:
        raise KeyError(f"metadata.csv has no {sorted(missing)[0]}")
    return table
