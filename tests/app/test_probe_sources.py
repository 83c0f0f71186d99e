import base64
import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

import hardex
from hardex import HardexError
from hardex.classifiers.classifier import FunctionClassifier
from hardex.images import as_png, render_colors, render_strokes, resize, sketch_to_image, write_png
from hardex_app.pixels import FILE_MOST
from hardex_app.probing import given_label, source_image, taken

from .fake_runs import HOSTILE, parts_of, sentence, small_run

STROKES = [[[40, 40], [200, 60]], [[100, 200]]]
PATHS = [np.array(stroke, float) for stroke in STROKES]


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    """Digits of 28 x 28."""
    return small_run(tmp_path_factory.mktemp("run"), shape=(28, 28, 1), input_shape=(28, 28, 1))


@pytest.fixture(scope="module")
def colored(tmp_path_factory):
    """Colour pictures of 16 x 24."""
    return small_run(tmp_path_factory.mktemp("run"), shape=(16, 24, 3), input_shape=(16, 24, 3))


def sketch(strokes=STROKES, **source):
    return {"kind": "sketch", "strokes": strokes, **source}


def image(pixels, **source):
    as_text = base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()
    return {"kind": "image", "pixels": as_text, "shape": list(pixels.shape), **source}


def file(raw):
    return {"file": base64.b64encode(raw).decode()}


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


# ------------------------------------------------------------------ drawings


def test_paper_may_be_white(grey):
    for normalize in (True, False):
        black = source_image(sketch(normalize=normalize), *grey)
        white = source_image(sketch(normalize=normalize, paper="#FFFFFF"), *grey)
        ink = render_strokes(PATHS)
        expected = sketch_to_image(ink, shape=(28, 28, 1), normalize=normalize)
        np.testing.assert_array_equal(black, expected)
        np.testing.assert_array_equal(white, 255 - black)


def test_a_canvas_of_any_proportions_and_a_brush_for_each_stroke(grey):
    asked = sketch(canvas=[300, 200], widths=[12, 30], normalize=False)
    ink = render_strokes(PATHS, canvas_size=(300, 200), brush_width=[12.0, 30.0])
    expected = sketch_to_image(ink, shape=(28, 28, 1), normalize=False)
    np.testing.assert_array_equal(source_image(asked, *grey), expected)


@pytest.mark.parametrize(("brush", "drawn"), [(0, 2), (-5, 2), (1000, 60), (20.5, 20.5)])
def test_a_brush_is_neither_too_thin_nor_too_thick(grey, brush, drawn):
    ink = render_strokes(PATHS, brush_width=float(drawn))
    expected = sketch_to_image(ink, shape=(28, 28, 1))
    for asked in (sketch(brush=brush), sketch(widths=[brush, brush])):
        np.testing.assert_array_equal(source_image(asked, *grey), expected)


def test_coloured_strokes_on_coloured_paper(colored):
    asked = sketch(colors=["#ff0000", "#00FF00"], paper="#102030", brush=30, canvas=[280, 187])
    painted = render_colors(
        PATHS, [(255, 0, 0), (0, 255, 0)], paper=(16, 32, 48), canvas_size=(280, 187),
        brush_width=30,
    )  # fmt: skip
    np.testing.assert_array_equal(source_image(asked, *colored), resize(painted, (16, 24, 3)))


def test_colours_are_made_grey_for_a_grey_model(grey):
    asked = sketch(colors=["#ff0000", "#0000ff"], paper="#ffffff")
    painted = render_colors(PATHS, [(255, 0, 0), (0, 0, 255)], paper=(255, 255, 255))
    np.testing.assert_array_equal(source_image(asked, *grey), resize(painted, (28, 28, 1)))


@pytest.mark.parametrize(("paper", "ink"), [("#ffff00", 0), ("#000080", 255)])
def test_uncoloured_ink_stands_out_on_coloured_paper(colored, paper, ink):
    asked = sketch(paper=paper)
    spelt = sketch(paper=paper, colors=[f"#{ink:02x}{ink:02x}{ink:02x}"] * 2)
    np.testing.assert_array_equal(source_image(asked, *colored), source_image(spelt, *colored))


def test_an_empty_pad_is_paper(colored):
    for nothing in ([], [[]]):
        asked = sketch(nothing, paper="#0a141e")
        assert (source_image(asked, *colored) == (10, 20, 30)).all()
        assert not source_image(sketch(nothing), *colored).any()
        assert (source_image(sketch(nothing, paper="#ffffff"), *colored) == 255).all()


# ------------------------------------------------------------------ images from outside


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]))
def test_a_taken_file_is_a_source_that_is_used_as_it_is(grey, height, width, channels):
    pixels = noise(height, width, channels)
    answer = taken(file(as_png(pixels)), *grey)
    assert answer["was"] == [height, width, channels]
    assert answer["shape"] == [28, 28, 1]
    source = {"kind": "image", "pixels": answer["pixels"], "shape": answer["shape"]}
    np.testing.assert_array_equal(source_image(source, *grey), resize(pixels, (28, 28, 1)))


def test_a_classifier_that_takes_any_size_gets_the_file_as_it_is_unless_it_is_huge(tmp_path):
    run, _ = small_run(tmp_path, shape=(6, 6, 1))
    classifier = FunctionClassifier(parts_of(3), None, 3)
    assert taken(file(as_png(noise(9, 9, 3))), run, classifier)["shape"] == [6, 6, 1]
    anything = type(run)(run.folder, _without_shape(run.manifest))
    assert taken(file(as_png(noise(9, 7, 3))), anything, classifier)["shape"] == [9, 7, 3]
    huge = taken(file(as_png(np.zeros((3000, 1500, 1), np.uint8))), anything, classifier)
    assert (huge["shape"], huge["was"]) == ([1024, 512, 1], [3000, 1500, 1])
    assert source_image({"kind": "image", **huge}, anything, classifier).shape == (1024, 512, 1)


def test_an_example_is_seen_as_the_run_saw_it_whatever_its_own_size(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(12):
        path = tmp_path / "data" / "abc"[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(rng.integers(0, 256, (*rng.integers(9, 30, 2), 3), dtype=np.uint8), path)
    classifier = FunctionClassifier(parts_of(3), None, 3)
    run = hardex.rank(classifier, tmp_path / "data", out=tmp_path / "run")
    assert len({run.image(id).shape for id in run.predictions["id"]}) > 3
    for row in run.predictions.itertuples():
        seen = source_image({"kind": "example", "id": row.id}, run, classifier)
        (says,) = classifier.probabilities(seen[None])
        assert run.manifest.class_names[says.argmax()] == row.predicted_label
        assert says.max() == pytest.approx(row.confidence, abs=1e-6)


def test_where_no_shape_is_known_an_example_is_not_larger_than_an_upload(tmp_path):
    images = np.zeros((3, 1100, 550, 1), np.uint8)
    run = hardex.rank(parts_of(3), (images, [0, 1, 2]), out=tmp_path / "run")
    run = replace(run, manifest=_without_shape(run.manifest))
    classifier = FunctionClassifier(parts_of(3), None, 3)
    seen = source_image({"kind": "example", "id": run.hard["id"][0]}, run, classifier)
    assert seen.shape == (1024, 512, 1)


def _without_shape(manifest):
    return replace(manifest, image_shape=None)


def test_a_smaller_picture_is_fitted_too(grey):
    small = noise(14, 20, 3)
    found = source_image(image(small), *grey)
    np.testing.assert_array_equal(found, resize(small, (28, 28, 1)))


def bomb():
    """A PNG that says it has 60,000 x 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(60_000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def saved(format):
    opened = io.BytesIO()
    Pillow.fromarray(noise(40, 40, 3)).save(opened, format=format)
    return opened.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NO_IMAGES = {
    "nothing": b"",
    "text": b"two\nlines",
    "svg": SVG,
    "html": b"<!doctype html><img src=x onerror=alert(1)>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "pdf": b"%PDF-1.4\n",
    "zeros": bytes(5000),
    "bomb": bomb(),
    "half a png": saved("PNG")[:900],
    "half a jpeg": saved("JPEG")[:300],
    "half a gif": saved("GIF")[:200],
    "half a webp": saved("WEBP")[:200],
    "half a tiff": saved("TIFF")[:200],
    "ico": saved("ICO"),
}


@pytest.mark.parametrize("what", NO_IMAGES)
def test_a_file_that_is_no_image_gets_one_sentence(grey, what):
    with pytest.raises(HardexError) as caught:
        taken(file(NO_IMAGES[what]), *grey)
    assert len(sentence(caught.value)) < 300


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]), st.data())
def test_a_damaged_file_gets_an_answer_or_a_sentence(grey, format, data):
    raw = bytearray(saved(format))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, min(len(raw) - 1, 400)))] = data.draw(st.integers(0, 255))
    try:
        assert taken(file(bytes(raw)), *grey)["shape"] == [28, 28, 1]
    except HardexError as error:
        sentence(error)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "received no file"),
        ([], "received no file"),
        ({"file": 3}, "received no file"),
        ({"file": ["x"]}, "received no file"),
        ({"file": "not base64!"}, "the file must be bytes in base64"),
        ({"file": "é" * 8}, "the file must be bytes in base64"),
        ({"file": "A" * (FILE_MOST // 3 * 4 + 8)}, "may have 1 to 15,000,000 bytes; received abo"),
    ],
)
def test_what_is_no_file_is_refused(grey, request_, words):
    with pytest.raises(HardexError) as caught:
        taken(request_, *grey)
    assert words in sentence(caught.value)


GOOD = image(noise(28, 28, 1))
BAD_IMAGES = {
    "no shape": ({"kind": "image", "pixels": "AAAA"}, "shape of an image must be [height"),
    "shape is text": (GOOD | {"shape": "28x28"}, "shape of an image must be [height"),
    "two sides": (GOOD | {"shape": [28, 28]}, "shape of an image must be [height"),
    "fractions": (GOOD | {"shape": [28.0, 28, 1]}, "shape of an image must be [height"),
    "true": (GOOD | {"shape": [784, 1, True]}, "shape of an image must be [height"),
    "negative": (GOOD | {"shape": [-28, -28, 1]}, "shape of an image must be [height"),
    "four channels": (GOOD | {"shape": [14, 14, 4]}, "with 1 or 3 channels; received [14, 14, 4]"),
    "too high": (GOOD | {"shape": [784, 1, 1]}, "at most 28 x 28 pixels; received 784 x 1"),
    "huge": (GOOD | {"shape": [10**50, 10**50, 3]}, "at most 28 x 28 pixels"),
    "other size": (GOOD | {"shape": [28, 27, 1]}, "must be 756 bytes in base64"),
    "a byte more": (GOOD | {"pixels": base64.b64encode(bytes(785)).decode()}, "must be 784 bytes"),
    "no pixels": ({"kind": "image", "shape": [28, 28, 1]}, "must be 784 bytes"),
    "numbers": (GOOD | {"pixels": [0] * 784}, "must be 784 bytes"),
    "not base64": (GOOD | {"pixels": "!" * 1048}, "pixels must be bytes in base64"),
}
BAD_SKETCHES = {
    "paper is a name": ({"paper": "white"}, "the paper of a sketch must be written #rrggbb"),
    "paper is short": ({"paper": "#fff"}, "received '#fff'"),
    "paper has lines": ({"paper": "#ffffff\n"}, "must be written #rrggbb"),
    "paper is nothing": ({"paper": None}, "received None"),
    "paper is long": ({"paper": "#" * 5000}, "must be written #rrggbb"),
    "one colour": ({"colors": ["#ff0000"]}, "one for each of the 2 strokes; received 1;"),
    "colours are text": ({"colors": "#ff0000"}, "one for each of the 2 strokes; received '#ff"),
    "a bad colour": ({"colors": ["#ff0000", "url(x)"]}, "the colour of a sketch must be written"),
    "one width": ({"widths": [3]}, "the widths of a sketch must be a list with one for each"),
    "width is text": ({"widths": [3, "4"]}, "the brush must be a finite number; received '4'"),
    "width is NaN": ({"widths": [3, float("nan")]}, "the brush must be a finite number"),
    "canvas is a number": ({"canvas": 280}, "must be [width, height] of 1 to 560 pixels; rec"),
    "canvas is huge": ({"canvas": [561, 280]}, "received [561, 280]; leave it out for 280"),
    "canvas is flat": ({"canvas": [280, 0]}, "of 1 to 560 pixels"),
    "canvas is a fraction": ({"canvas": [280.5, 280]}, "of 1 to 560 pixels"),
    "canvas is true": ({"canvas": [True, 280]}, "of 1 to 560 pixels"),
    "normalize is text": ({"normalize": "no"}, "normalize must be true or false; received 'no'"),
    "a brush that is not used": (
        {"widths": [3, 4], "brush": {"x": 1}},
        "the brush must be a finite",
    ),
    "a switch that is not used": (
        {"colors": ["#ff0000", "#00ff00"], "normalize": {"y": 1}},
        "normalize must be true or false",
    ),
    "true for a point": ({"strokes": [[[True, False]]]}, "list of strokes"),
    "text for numbers": ({"strokes": [[["1", "2"]]]}, "list of strokes"),
    "four in a row": ({"strokes": [[1, 2, 3, 4]]}, "list of strokes"),
    "points in points": ({"strokes": [[[[1, 2]]]]}, "list of strokes"),
}
BAD = BAD_IMAGES | {what: (sketch(**more), words) for what, (more, words) in BAD_SKETCHES.items()}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_source_gets_one_sentence(grey, what):
    source, words = BAD[what]
    with pytest.raises(HardexError) as caught:
        source_image(source, *grey)
    assert words in sentence(caught.value)
    assert len(str(caught.value)) < 300


# ------------------------------------------------------------------ labels


def test_the_expected_label_is_one_of_the_run(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE)
    for name in HOSTILE:
        for source in (sketch(expected=name), image(noise(6, 6, 1), expected=name)):
            assert given_label(source, run) == name
    assert given_label({"kind": "example", "id": "1", "expected": HOSTILE[5]}, run) == HOSTILE[1]
    for wrong in ("nobody", 3, ["x"], {"a": 1}, "y" * 500):
        with pytest.raises(HardexError, match="expected label must be a class of the run"):
            given_label(sketch(expected=wrong), run)
