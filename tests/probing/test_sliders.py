import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.images import ORDER, Transform
from hardex.probing.sliders import CURVE, FINER, place_in_words, sliders, sliders_of

shapes = st.tuples(st.integers(1, 1200), st.integers(1, 1200), st.sampled_from([1, 3]))
DIGIT = {slider["name"]: slider for slider in sliders((28, 28, 1))}


def test_the_sliders_stand_in_the_order_in_which_they_act():
    assert tuple(DIGIT) == tuple(name for name in ORDER if name != "saturation")  # no colours
    assert tuple(slider["name"] for slider in sliders((28, 28, 3))) == ORDER


def test_the_ranges_for_a_digit():
    ranges = {name: (one["least"], one["most"]) for name, one in DIGIT.items()}
    assert ranges == {
        "flip": (0, 1),
        "scale": (0.4, 2),
        "shear": (-1, 1),
        "rotation": (-180, 180),
        "shift_x": (-14, 14),
        "shift_y": (-14, 14),
        "stroke": (-3, 3),
        "blur": (0, 4),
        "contrast": (0, 2.5),
        "brightness": (-1, 1),
        "invert": (0, 1),
        "noise": (0, 0.6),
        "crop": (0, 0.9),
        "occlusion": (0, 0.9),
        "occlusion_x": (-0.5, 0.5),
        "occlusion_y": (-0.5, 0.5),
        "jpeg": (1, 100),
    }
    assert DIGIT["rotation"]["step"] == 1
    assert [name for name, one in DIGIT.items() if one["switch"]] == ["flip", "invert"]


def test_strokes_and_blur_grow_with_the_picture():
    photo = {slider["name"]: slider for slider in sliders((224, 224, 3))}
    assert (photo["stroke"]["most"], photo["blur"]["most"]) == (24, 32)
    assert (photo["shift_x"]["most"], photo["shift_x"]["step"]) == (112, 1)
    wide = {slider["name"]: slider["most"] for slider in sliders((20, 40, 1))}
    assert (wide["shift_x"], wide["shift_y"]) == (20, 10)


@given(shapes)
def test_a_slider_starts_where_nothing_is_done(shape):
    nothing = Transform()
    for slider in sliders(shape):
        assert slider["start"] == getattr(nothing, slider["name"])
    assert json.loads(json.dumps(sliders(shape), allow_nan=False)) == sliders(shape)


@given(shapes)
def test_all_that_a_slider_offers_is_a_transform(shape):
    for slider in sliders_of(shape):
        for place in (slider.first, slider.last):
            amount = slider.amount(place)
            Transform(**{slider.name: bool(amount) if slider.switch else amount})


@given(shapes)
def test_a_curve_has_73_places_with_the_start_and_few_steps_in_between(shape):
    for slider in sliders_of(shape):
        places = slider.curve()
        gaps = [right - left for left, right in itertools.pairwise(places)]
        assert (places[0], places[-1]) == (slider.first, slider.last)
        assert slider.start in places
        assert min(gaps) >= 1 and max(gaps) <= FINER + 1
        assert len(places) == (2 if slider.switch else CURVE)


@given(shapes)
def test_outward_are_the_places_of_the_curve_from_the_start_on(shape):
    for slider in sliders_of(shape):
        places = slider.outward()
        assert sorted([*places, slider.start]) == slider.curve()
        distances = [abs(place - slider.start) for place in places]
        assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("name", "amount", "words"),
    [
        ("rotation", -30.0, "−30°"),
        ("rotation", 12.0, "+12°"),
        ("scale", 0.85, "×0.85"),
        ("shear", 0.2, "+0.2"),
        ("shift_x", -3.0, "3 px to the left"),
        ("shift_x", 0.5, "0.5 px to the right"),
        ("shift_y", -3.0, "3 px up"),
        ("shift_y", 2.0, "2 px down"),
        ("stroke", -0.5, "−0.5 px"),
        ("blur", 1.25, "1.25 px"),
        ("contrast", 0.4, "×0.4"),
        ("noise", 0.105, "0.105"),
        ("flip", 1.0, "mirrored"),
        ("invert", 1.0, "inverted"),
        ("invert", 0.0, "as it is"),
    ],
)
def test_amounts_in_words(name, amount, words):
    slider = next(slider for slider in sliders_of((28, 28, 1)) if slider.name == name)
    assert place_in_words(slider, amount) == words
