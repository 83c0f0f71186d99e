"""Figures as PNG and SVG; warnings are errors, so a sign without a glyph would fail here."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import hardex as library
from hardex.error_analysis import figure_files
from hardex.error_analysis.decomposition import SETS, decomposition
from hardex.error_analysis.figure_files import (
    Lettering,
    write_matrix,
    write_top_errors,
    write_waterfall,
)
from hardex.error_analysis.top import TopError
from hardex.error_analysis.waterfall import bars, waterfall_svg
from hardex.errors import DatasetError, RunError
from hardex.predict.metrics import share

from .made_sets import read_off, run_of

NAMES = (
    "plain", "costs $5_{x}$ or $\\frac{1}{", "a" * 90, "雪", "ناقة", "हिन्दी", "\x1b[31mred\n", "",
    "🦉", "\ue000 private",
)  # fmt: skip


def errors_of(count):
    return [
        TopError(str(row), row, NAMES[row % 10], NAMES[(row + 1) % 10], 0.9, 0.1)
        for row in range(count)
    ]


def picture(one):
    shape = ((28, 28, 1), (5, 40, 3), (90, 30, 3))[one.position % 3]
    return np.full(shape, 40 + one.position, np.uint8)


@pytest.mark.parametrize("count", [1, 23])
def test_names_in_any_script_are_drawn_without_a_warning(tmp_path, count):
    path = tmp_path / "top.png"
    write_top_errors(errors_of(count), picture, NAMES, path)
    with Image.open(path) as drawn:
        drawn.load()
        width, height = drawn.size
        assert 1.2 < width / height < 2.4 or count == 1
        seen = set(np.asarray(drawn.convert("L"))[20:-60:3, 20:-20:3].ravel().tolist())
    assert {40 + row for row in range(count)} <= seen  # every picture is there
    assert [file.name for file in tmp_path.iterdir()] == ["top.png"]


def test_a_dollar_sign_is_a_dollar_sign(tmp_path):
    _, axes = figure_files._canvas(1, 1)
    figure_files._text(axes, 0, 0, "costs $5_{x}$", 9, Lettering.of([]))
    (text,) = axes.texts
    assert not text.get_parse_math() and not text.get_usetex()


def test_signs_without_a_font_are_boxes_with_the_number_of_the_class():
    found = Lettering(("DejaVu Sans",), frozenset("雪"))
    assert found.shown("雪 snow", 3, 22) == "□ snow (#3)"
    assert found.shown("plain", 0, 22) == "plain"
    assert found.note().startswith("No font here has 1 of the signs in class names")
    assert Lettering.of(["plain"]).note() == ""
    assert Lettering.of(["\u2f81a"]).families[0] == "DejaVu Sans"


@settings(max_examples=40)
@given(st.text(max_size=40), st.integers(0, 999), st.sampled_from([16, 22]))
def test_a_name_fits(name, number, most):
    shown = Lettering(("DejaVu Sans",), frozenset()).shown(name, number, most)
    assert len(shown) <= most


def test_photographs_are_kept_small():
    photograph = np.zeros((900, 1800, 3), np.uint8)
    assert figure_files._picture_of(errors_of(1)[0], lambda one: photograph).shape == (160, 320, 3)
    line = np.zeros((1, 5000, 1), np.uint8)
    assert figure_files._picture_of(errors_of(1)[0], lambda one: line).shape == (1, 320, 1)


def test_what_cannot_be_read_is_left_empty_and_said(tmp_path):
    def some(one):
        if one.position:
            raise DatasetError("gone")
        return picture(one)

    (note,) = write_top_errors(errors_of(3)[:2], some, NAMES[:3], tmp_path / "top.png")
    assert note == "1 picture could not be read and is left empty."
    with pytest.raises(RunError, match="none of them can be read"):
        write_top_errors(errors_of(3)[1:2], some, NAMES, tmp_path / "no.png")
    with pytest.raises(RunError, match="needs one; there is none"):
        write_top_errors([], some, NAMES, tmp_path / "no.png")
    assert not (tmp_path / "no.png").exists()


@pytest.mark.parametrize("k", [2, 10, 120])
def test_a_matrix_of_many_classes_is_cut_with_a_sentence(tmp_path, k):
    counts = np.random.default_rng(0).poisson(0.3, (k, k)) + 20_000 * np.eye(k, dtype=np.int64)
    notes = write_matrix(
        counts, [NAMES[row % 3] + str(row) for row in range(k)], tmp_path / "m.png"
    )
    with Image.open(tmp_path / "m.png") as drawn:
        assert min(drawn.size) > 200 and max(drawn.size) < 4_000
    said = "The matrix shows the 30 of 120 classes with the most errors"
    assert [note.startswith(said) for note in notes] == ([True] if k == 120 else [])


counts = st.tuples(st.integers(0, 40), st.just(40)).map(lambda one: share(*one))


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(SETS[:-1]), counts), counts)
def test_bars_stand_on_each_other_and_the_drawing_holds_them(errors, test):
    found = decomposition({**errors, "test": test})
    *parts, total = bars(found)
    for one, other in pairwise(parts):
        assert other.start == one.end
    assert parts[0].start == 0 and parts[-1].end == pytest.approx(total.end)
    drawn = ElementTree.fromstring(waterfall_svg(found))
    width, height = map(float, drawn.get("viewBox").split()[2:])
    boxes = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == len(parts) + 1
    for box in boxes:
        x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x and x + wide <= width and 0 <= y and y + high <= height


def test_the_waterfall_can_be_a_png(tmp_path):
    write_waterfall(
        decomposition({"train": share(9, 10), "test": share(1, 10)}), tmp_path / "w.png"
    )
    with Image.open(tmp_path / "w.png") as drawn:
        assert drawn.size[0] > 1_000


def test_the_command_writes_all_three(hardex, tmp_path):
    run_of(tmp_path, 20, 100, np.random.default_rng(5))
    line = "errors run --figure top.png --count 3 --matrix matrix.png --waterfall parts.svg"
    told = hardex(line)
    assert told.code == 0, told.err
    assert "Written: top.png, matrix.png, parts.svg." in told.out
    assert re.match(
        r"<svg .*<title>The error in its parts", (tmp_path / "parts.svg").read_text(), re.S
    )
    again = hardex(line)
    assert again.code == 1 and "a figure of top errors must go to a new file" in again.err
    assert hardex(f"{line} --force").code == 0
    other = hardex("errors run --figure top.jpg")
    assert other.code == 1 and "--figure must be a .png file; received 'top.jpg'" in other.err


def test_the_pictures_of_another_test_set_are_its_own(tmp_path):
    rng = np.random.default_rng(5)
    run = run_of(tmp_path, 20, 100, rng)
    light = np.full((4, 8, 8, 1), 200, np.uint8)
    light[:, 0, 0] = 100
    other = (light[:, :4, :4], np.array(["cat"] * 4))
    library.analyze_errors(run, test=other, model=read_off, figure=tmp_path / "top.png")
    with Image.open(tmp_path / "top.png") as drawn:
        assert (np.asarray(drawn.convert("L")) == 200).mean() > 0.3
