"""The hard examples of a run -> what a grid or a strip of pictures draws."""

from base64 import b64encode
from typing import Any

from hardex.arrays import Image
from hardex.errors import HardexError
from hardex.images import as_png, resize
from hardex.runs.run import Run

ALL = ""  # the filter that keeps everything
PAGE_SIZE = 60
_THUMBNAIL_PIXELS = 96


def hard_cards(
    run: Run, list_name: str = ALL, given: str = ALL, predicted: str = ALL, page: int = 1
) -> dict[str, Any]:
    """One page of the hard examples that pass the filters, as the grid draws them.

    Args:
        run: the run.
        list_name, given, predicted: what to keep; `ALL` keeps everything.
        page: from 1; a number past the end gives the last page.
    """
    table = run.hard
    for column, wanted in (
        ("list", list_name),
        ("given_label", given),
        ("predicted_label", predicted),
    ):
        if wanted != ALL:
            table = table[table[column] == wanted]
    pages = max(1, -(-len(table) // PAGE_SIZE))
    page = min(max(1, page), pages)
    shown = table.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return {
        "cards": [_card(run, row) for row in shown.itertuples()],
        "total": len(table),
        "page": page,
        "pages": pages,
        "empty": _why_empty(run, list_name, given, predicted),
    }


def _card(run: Run, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "list": row.list,
        "rank": int(row.rank),
        "given": row.given_label,
        "predicted": row.predicted_label,
        "confidence": float(row.confidence),
        "image": picture_url(run, row.id, _THUMBNAIL_PIXELS),
    }


def _why_empty(run: Run, list_name: str, given: str, predicted: str) -> str:
    if run.hard.empty:
        return "This run has no hard examples."
    kept = " and ".join(
        f"{name} {value}"
        for name, value in (("list", list_name), ("given", given), ("predicted", predicted))
        if value != ALL
    )
    return f"No hard example has {kept}. Set a filter back to “all”."


def picture_url(run: Run, id: str, most_pixels: int | None = None) -> str:
    """An example's image as a PNG data URL, shrunk if it is larger than asked; "" without one."""
    try:
        image = run.image(id)
    except HardexError:
        return ""
    if most_pixels is not None:
        image = _shrunk(image, most_pixels)
    return "data:image/png;base64," + b64encode(as_png(image)).decode()


def _shrunk(image: Image, most: int) -> Image:
    height, width, channels = image.shape
    factor = most / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return resize(image, (*size, channels))
