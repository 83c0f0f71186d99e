"""How often is a drawn digit read right, with and without the sketch normalisation?

    python benchmarks/sketch.py --strokes pendigits-train.gz [--model PATH] [--format text|json]

The strokes are "Pen-Based Recognition of Handwritten Digits" (Alpaydin and Alimoglu, UCI, CC BY
4.0): digits that 30 people drew on a tablet, as UNIPEN text. Each is drawn on the app's canvas
with the app's brush, turned into a model input by `sketch_to_image`, and read by a model trained
on MNIST; no model ever trained on a drawing. The constants of `hardex/images/sketch.py` were
chosen on the writers with odd numbers; every figure here is from the even ones, unless it says
otherwise. Intervals resample whole writers, since digits of one hand resemble each other.
"""

import argparse
import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Images, Labels
from hardex.errors import DatasetError
from hardex.images import BRUSH_WIDTH, CANVAS_SIZE, render_strokes, sketch_to_image

SCHEMA = "hardex.sketch_benchmark/1"
MODEL = Path(__file__).parents[1] / "models" / "mnist_cnn.keras"
TABLET_SIZE = 500  # units of the strokes' box, y upwards
BRUSH_WIDTHS = (2, 8, 12, 18, 24, 30, 36)

Strokes = tuple[NDArray[np.float64], ...]  # each (m, 2): x, y
Classify = Callable[[Images], Labels]


@dataclass(frozen=True, eq=False)
class Drawing:
    """One digit as it was drawn; strokes in the tablet's box, y down."""

    digit: int
    writer: int
    strokes: Strokes


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How drawings are put on the canvas.

    Attributes:
        size: longer side of the pen's path, as a part of the canvas; None: as on the tablet, whose
            box becomes the canvas.
        place: where the path's centre goes, as far as the ink stays on the canvas; (0, 0) is the
            left top corner, (1, 1) the right bottom one.
        brush_width: canvas pixels.
    """

    size: float | None = 0.7
    place: tuple[float, float] = (0.5, 0.5)
    brush_width: float = BRUSH_WIDTH


DEFAULT = Setting()
SIZES_AND_PLACES = {
    "as on the tablet (median 34 % of the canvas)": Setting(size=None),
    "90 %, centre": Setting(size=0.9),
    "70 %, centre": DEFAULT,
    "50 %, centre": Setting(size=0.5),
    "30 %, centre": Setting(size=0.3),
    "30 %, left top corner": Setting(size=0.3, place=(0, 0)),
    "30 %, right bottom corner": Setting(size=0.3, place=(1, 1)),
    "30 %, corner, thin brush (8)": Setting(size=0.3, place=(0, 0), brush_width=8),
    "30 %, corner, thick brush (36)": Setting(size=0.3, place=(0, 0), brush_width=36),
}


def read_unipen(path: Path) -> list[Drawing]:
    """The digits of a (gzipped) UNIPEN text file; a writer that is not marked is number 0."""
    drawings: list[Drawing] = []
    strokes: list[list[tuple[float, float]]] = []
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="latin-1") as lines:
        for words in map(str.split, lines):
            if words[:2] == [".SEGMENT", "DIGIT"]:
                strokes = []
                drawings.append(Drawing(int(words[-1].strip('"')), 0, ()))
            elif words[:1] == [".COMMENT"] and len(words) == 4:
                drawings[-1] = replace(drawings[-1], writer=int(words[2]))
            elif words[:1] == [".PEN_DOWN"]:
                strokes.append([])
            elif words[:1] == [".PEN_UP"]:
                drawn = tuple(np.array(stroke) for stroke in strokes if stroke)
                drawings[-1] = replace(drawings[-1], strokes=drawn)
            elif strokes and words and not words[0].startswith("."):
                strokes[-1].append((float(words[0]), TABLET_SIZE - float(words[1])))
    drawings = [drawing for drawing in drawings if drawing.strokes]
    if all(drawing.writer % 2 for drawing in drawings):
        raise DatasetError(
            f"{path} must be UNIPEN text of digits, some by writers with even numbers; received "
            f"{len(drawings)} digits by odd ones; pass pendigits-train."
        )
    return drawings


def on_canvas(strokes: Strokes, setting: Setting) -> Strokes:
    """The strokes in canvas pixels, sized and placed as the setting says."""
    if setting.size is None:
        return tuple(stroke * (CANVAS_SIZE / TABLET_SIZE) for stroke in strokes)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    factor = setting.size * CANVAS_SIZE / max(float((high - low).max()), 1.0)
    half_extent = (high - low) * factor / 2 + setting.brush_width / 2
    room = np.maximum(CANVAS_SIZE - half_extent, CANVAS_SIZE / 2)
    centre = np.clip(np.array(setting.place) * CANVAS_SIZE, CANVAS_SIZE - room, room)
    return tuple((stroke - (low + high) / 2) * factor + centre for stroke in strokes)


def as_inputs(
    drawings: Iterable[Drawing], setting: Setting, *, shape: tuple[int, int, int]
) -> tuple[Images, Images]:
    """What the model is given, (n, h, w, c) each: normalized, and only shrunk."""
    pairs = list(_input_pairs(drawings, setting, shape))
    return np.stack([on for on, _ in pairs]), np.stack([off for _, off in pairs])


def _input_pairs(
    drawings: Iterable[Drawing], setting: Setting, shape: tuple[int, int, int]
) -> Iterator[tuple[Image, Image]]:
    for drawing in drawings:
        strokes = on_canvas(drawing.strokes, setting)
        ink = render_strokes(strokes, brush_width=setting.brush_width)
        yield (
            sketch_to_image(ink, shape=shape),
            sketch_to_image(ink, shape=shape, normalize=False),
        )


def interval(right: NDArray[np.bool_], writers: Labels) -> list[float]:
    """95 % interval of the accuracy by a bootstrap over writers."""
    rng = np.random.default_rng(0)
    groups = [right[writers == writer] for writer in np.unique(writers)]
    hits, counts = np.array([[group.sum(), len(group)] for group in groups]).T
    drawn = rng.integers(0, len(groups), (10_000, len(groups)))
    accuracies = hits[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return [round(float(edge), 4) for edge in np.percentile(accuracies, [2.5, 97.5])]


@dataclass(frozen=True, eq=False)
class Reading:
    """Which drawings were read right, with normalisation and without; (n,) each."""

    on: NDArray[np.bool_]
    off: NDArray[np.bool_]

    def accuracy(self, chosen: NDArray[np.bool_] | slice = slice(None)) -> dict[str, float]:
        """The accuracy of both on the chosen drawings; nothing if there are none."""
        if not self.on[chosen].size:
            return {}
        on, off = self.on[chosen].mean(), self.off[chosen].mean()
        return {"on": round(float(on), 4), "off": round(float(off), 4)}


def read_drawings(
    classify: Classify, drawings: Sequence[Drawing], setting: Setting, shape: tuple[int, int, int]
) -> Reading:
    """Draw, convert and classify every drawing."""
    digits = np.array([drawing.digit for drawing in drawings])
    on, off = as_inputs(drawings, setting, shape=shape)
    return Reading(classify(on) == digits, classify(off) == digits)


def measure(
    classify: Classify, drawings: Sequence[Drawing], shape: tuple[int, int, int]
) -> dict[str, Any]:
    """All tables, as the JSON that is printed."""
    writers = np.array([drawing.writer for drawing in drawings])
    digits = np.array([drawing.digit for drawing in drawings])
    headline = writers % 2 == 0
    kept = [drawing for drawing in drawings if drawing.writer % 2 == 0]
    everyone = read_drawings(classify, drawings, DEFAULT, shape)

    def row(setting: Setting) -> dict[str, float]:
        if setting == DEFAULT:
            return everyone.accuracy(headline)
        return read_drawings(classify, kept, setting, shape).accuracy()

    return {
        "schema": SCHEMA,
        "canvas_size": CANVAS_SIZE,
        "brush_width": BRUSH_WIDTH,
        "writers": {
            "headline": np.unique(writers[headline]).tolist(),
            "tuning": np.unique(writers[~headline]).tolist(),
        },
        "examples": int(headline.sum()),
        "accuracy": everyone.accuracy(headline),
        "interval_95": {
            "on": interval(everyone.on[headline], writers[headline]),
            "off": interval(everyone.off[headline], writers[headline]),
        },
        "tuning_accuracy": everyone.accuracy(~headline),
        "by_brush_width": [
            {"brush_width": width, **row(Setting(brush_width=width))} for width in BRUSH_WIDTHS
        ],
        "by_size_and_place": [
            {"setting": name, **row(setting)} for name, setting in SIZES_AND_PLACES.items()
        ],
        "by_digit": [
            {"digit": digit, **everyone.accuracy(headline & (digits == digit))}
            for digit in np.unique(digits).tolist()
        ],
        "by_writer": [
            {
                "writer": writer,
                "half": "tuning" if writer % 2 else "headline",
                **everyone.accuracy(writers == writer),
            }
            for writer in np.unique(writers).tolist()
        ],
    }


def as_text(figures: dict[str, Any]) -> str:
    """The tables for a reader."""
    accuracy, edges, writers = figures["accuracy"], figures["interval_95"], figures["writers"]
    lines = [
        f"{figures['examples']} digits by writers {_listed(writers['headline'])}; constants were",
        f"chosen on writers {_listed(writers['tuning'])}, and no model trained on drawings.",
        "",
        f"brush {figures['brush_width']:g} on a canvas of {figures['canvas_size']}, digits drawn "
        f"over {DEFAULT.size:.0%} of it:",
        *(
            f"  normalize {way:<4} {accuracy[way]:.4f}  95 % {low:.4f}..{high:.4f}"
            for way, (low, high) in edges.items()
        ),
    ]
    for table in ("by_brush_width", "by_size_and_place", "by_digit", "by_writer"):
        lines += ["", f"{table.replace('_', ' ') + ':':<50}on      off"]
        lines += [_row(entry) for entry in figures[table]]
    return "\n".join(lines)


def _row(entry: dict[str, Any]) -> str:
    name = "  ".join(str(value) for key, value in entry.items() if key not in ("on", "off"))
    return f"  {name:<46}  {entry['on']:.4f}  {entry['off']:.4f}"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def open_classifier(path: Path) -> tuple[Classify, tuple[int, int, int]]:
    """A Keras model that takes 0..1, as images -> predicted digits; and its (h, w, c)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    model = keras.models.load_model(path)

    def classify(images: Images) -> Labels:
        unit = images / np.float32(255)
        predicted: Labels = model.predict(unit, batch_size=512, verbose=0).argmax(axis=1)
        return predicted

    height, width, channels = model.input_shape[1:]
    return classify, (height, width, channels)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--strokes", type=Path, required=True, help="UNIPEN text, gzipped or not")
    parser.add_argument("--model", type=Path, default=MODEL, help="a .keras file that takes 0..1")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    classify, shape = open_classifier(options.model)
    figures = measure(classify, read_unipen(options.strokes), shape)
    figures["model"] = options.model.stem
    print(json.dumps(figures, indent=2) if options.format == "json" else as_text(figures))


if __name__ == "__main__":
    main()
