import time
from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from hardex.errors import DatasetError, HardexError
from hardex.images import LIMITS, ORDER, Transform, rotations, transform, transform_each

images = st.sampled_from([(9, 9, 1), (8, 11, 1), (7, 6, 3)]).flatmap(
    lambda shape: arrays(np.uint8, shape)
)
any_move = {
    "flip": st.booleans(),
    "scale": st.floats(0.5, 2),
    "shear": st.floats(-1, 1),
    "rotation": st.floats(-360, 360),
    "shift_x": st.floats(-4, 4),
    "shift_y": st.floats(-4, 4),
}
any_strokes = {"stroke": st.floats(-3, 3), "blur": st.floats(0, 3)}
any_levels = {
    "contrast": st.floats(0, 3),
    "brightness": st.floats(-1, 1),
    "saturation": st.floats(0, 3),
    "invert": st.booleans(),
    "noise": st.floats(0, 1),
    "crop": st.floats(0, 1),
    "occlusion": st.floats(0, 1),
    "occlusion_x": st.floats(-0.5, 0.5),
    "occlusion_y": st.floats(-0.5, 0.5),
    "jpeg": st.floats(1, 100),
}
calm = st.builds(Transform, **any_move, **any_strokes)  # what invents no brightness
any_transform = st.fixed_dictionaries({}, optional=any_move | any_strokes | any_levels).map(
    lambda amounts: Transform(**amounts)
)


def dot(row, column, size=5):
    image = np.zeros((size, size, 1), np.uint8)
    image[row, column] = 200
    return image


@pytest.mark.parametrize(
    ("moved", "row", "column"),
    [
        (Transform(rotation=90), 1, 2),  # right of the centre, counter-clockwise: up
        (Transform(rotation=-90), 3, 2),
        (Transform(rotation=180), 2, 1),
        (Transform(rotation=450), 1, 2),
        (Transform(shift_x=1), 2, 4),
        (Transform(shift_x=-2), 2, 1),
        (Transform(shift_y=1), 3, 3),  # + is down
        (Transform(shift_y=-1), 1, 3),
        (Transform(scale=2), 2, 4),  # twice as far from the centre
        (Transform(flip=True), 2, 1),
    ],
)
def test_a_dot_right_of_the_centre_goes_where_it_should(moved, row, column):
    result = transform(dot(2, 3), moved)
    assert np.unravel_index(result.argmax(), (5, 5)) == (row, column)
    assert result.max() == 200


def test_the_order_is_scale_then_rotation_then_shift():
    # (1, 0) from the centre: doubled (2, 0), turned up (0, -2), then moved right (3, -2).
    result = transform(dot(5, 6, size=11), Transform(scale=2, rotation=90, shift_x=3))
    assert np.unravel_index(result.argmax(), (11, 11)) == (3, 8)


def test_the_order_is_that_of_the_steps_one_by_one():
    blob = np.zeros((41, 41, 1), np.uint8)
    blob[15:22, 18:30] = 255
    smooth = ndimage.gaussian_filter(blob, (2, 2, 0))
    at_once = transform(smooth, Transform(scale=1.3, rotation=35, shift_x=4, shift_y=-3))
    steps = smooth
    for step in (Transform(scale=1.3), Transform(rotation=35), Transform(shift_x=4, shift_y=-3)):
        steps = transform(steps, step)
    np.testing.assert_allclose(at_once.astype(int), steps, atol=8)


def test_half_a_pixel_is_half_of_each_neighbour():
    result = transform(dot(2, 2), Transform(shift_x=0.5))
    np.testing.assert_array_equal(result[2, :, 0], [0, 0, 100, 100, 0])


def test_shrinking_to_a_half_averages_blocks_of_four():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4, 1) * 10
    inner = transform(image, Transform(scale=0.5))[1:3, 1:3, 0]
    np.testing.assert_array_equal(inner, [[25, 45], [105, 125]])


@given(images)
def test_nothing_to_do_gives_the_same_bits(image):
    np.testing.assert_array_equal(transform(image, Transform()), image)


@given(images)
def test_a_full_turn_changes_nothing_by_more_than_a_level(image):
    turned = transform(image, Transform(rotation=360)).astype(int)
    np.testing.assert_allclose(turned, image, atol=1)


@given(arrays(np.uint8, (7, 7, 3)), st.integers(0, 3))
def test_quarter_turns_of_a_square_are_exact(image, turns):
    result = transform(image, Transform(rotation=90 * turns))
    np.testing.assert_array_equal(result, np.rot90(image, turns))


@given(st.integers(0, 255), calm)
def test_an_even_surface_stays_even(level, moved):
    image = np.full((6, 9, 3), level, np.uint8)
    np.testing.assert_array_equal(transform(image, moved), image)


def test_what_comes_in_is_the_median_of_the_border_in_each_channel():
    paper = np.full((8, 8, 3), (250, 240, 20), np.uint8)
    paper[2:6, 2:6] = 0
    paper[0, :3] = 99  # a corner of something else
    shifted = transform(paper, Transform(shift_x=7))
    np.testing.assert_array_equal(shifted[:, :7], np.full((8, 7, 3), (250, 240, 20)))


@given(images, calm)
def test_no_move_stroke_or_blur_invents_brightness(image, moved):
    result = transform(image, moved)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert result.min() >= image.min()
    assert result.max() <= image.max()


@given(images, st.floats(-360, 360))
def test_rotation_agrees_with_scipy(image, degrees):
    result = transform(image, Transform(rotation=degrees))
    for channel in range(image.shape[2]):
        plane = image[:, :, channel]
        border = np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
        expected = ndimage.rotate(
            plane.astype(float),
            degrees,
            reshape=False,
            order=1,
            mode="grid-constant",
            cval=float(np.sort(border)[(len(border) - 1) // 2]),
        )
        np.testing.assert_allclose(result[:, :, channel], expected, atol=0.51)


@given(images, st.lists(any_transform, max_size=4))
def test_many_at_once_are_the_same_bits_as_one_by_one(image, transforms):
    together = transform_each(image, transforms)
    assert together.shape == (len(transforms), *image.shape)
    for result, one in zip(together, transforms, strict=True):
        np.testing.assert_array_equal(result, transform(image, one))


@given(images, st.lists(st.floats(-180, 180), min_size=1, max_size=4))
def test_rotations_are_the_same_bits_as_transform(image, degrees):
    for result, angle in zip(rotations(image, np.array(degrees)), degrees, strict=True):
        np.testing.assert_array_equal(result, transform(image, Transform(rotation=angle)))


def test_a_response_curve_of_73_angles_costs_milliseconds():
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        rotations(image, np.linspace(-180, 180, 73))
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.02  # 3 ms on an idle laptop core


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"scale": 0.0}, "the scale of a transform must be finite and above 0; received 0.0; "),
        ({"scale": -1.0}, "above 0; received -1.0; leave it out for 1.0"),
        ({"rotation": float("nan")}, "the rotation of a transform must be finite; received nan"),
        ({"shift_x": float("inf")}, "the shift_x of a transform must be finite; received inf"),
        ({"flip": 1}, "the flip of a transform must be True or False; received 1; leave it out"),
        ({"invert": "yes"}, "the invert of a transform must be True or False; received yes"),
        ({"blur": -0.1}, "the blur of a transform must be from 0 to 1000; received -0.1; leave"),
        ({"contrast": -1.0}, "the contrast of a transform must be from 0 to 1000; received -1.0"),
        ({"noise": 1.01}, "the noise of a transform must be from 0 to 1; received 1.01; leave it"),
        ({"stroke": 65.0}, "the stroke of a transform must be from -64 to 64; received 65.0"),
        ({"shear": -101.0}, "the shear of a transform must be from -100 to 100; received -101.0"),
        ({"noise": float("nan")}, "the noise of a transform must be from 0 to 1; received nan"),
    ],
)
def test_impossible_numbers_are_refused(numbers, message):
    with pytest.raises(HardexError, match=message):
        Transform(**numbers)


def test_only_images_are_transformed():
    with pytest.raises(DatasetError, match="add the channel axis"):
        transform(np.zeros((4, 4), np.uint8), Transform())


# ------------------------------------------------------------------ shear and order


def test_a_positive_shear_leans_the_top_to_the_right():
    upright = np.zeros((7, 7, 1), np.uint8)
    upright[:, 3] = 200
    leaning = transform(upright, Transform(shear=1.0))
    np.testing.assert_array_equal(leaning[:, :, 0], np.fliplr(np.eye(7, dtype=np.uint8)) * 200)


def test_brightness_adds_to_each_level_and_saturation_leaves_its_luma():
    image = np.array([[[200, 100, 50], [0, 255, 10]]], np.uint8)
    brighter = transform(image, Transform(brightness=0.2))  # 51 levels
    np.testing.assert_array_equal(brighter[0], [[251, 151, 101], [51, 255, 61]])
    grey = transform(image, Transform(saturation=0))
    luma = np.rint(image @ [0.299, 0.587, 0.114])
    np.testing.assert_array_equal(grey, np.repeat(luma[:, :, None], 3, axis=2))
    half = transform(image, Transform(saturation=0.5))
    np.testing.assert_allclose(half, (image + grey.astype(float)) / 2, atol=1)
    alone = image[:, :, :1]
    np.testing.assert_array_equal(transform(alone, Transform(saturation=0)), alone)


def test_a_crop_hides_the_edges_and_an_occlusion_a_square():
    image = np.arange(100, dtype=np.uint8).reshape(10, 10, 1)
    cropped = transform(image, Transform(crop=0.4))[:, :, 0]
    np.testing.assert_array_equal(cropped[2:8, 2:8], image[2:8, 2:8, 0])
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    hidden = cropped.copy()
    hidden[2:8, 2:8] = np.sort(border.ravel())[17]
    assert set(hidden.ravel().tolist()) == {int(np.sort(border.ravel())[17])}
    place = Transform(occlusion=0.4, occlusion_x=0.2, occlusion_y=-0.3)
    occluded = transform(image, place)[:, :, 0]
    changed = np.argwhere(occluded != image[:, :, 0])
    assert (changed.min(axis=0).tolist(), changed.max(axis=0).tolist()) == ([0, 5], [3, 8])
    assert set(occluded[0:4, 5:9].ravel().tolist()) == {50}  # the mean, 49.5
    np.testing.assert_array_equal(
        transform(image, Transform(occlusion_x=0.4, occlusion_y=0.1)), image
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_what_pillow_reads_of_what_it_wrote(channels):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (24, 17, channels), dtype=np.uint8)
    found = transform(image, Transform(jpeg=30))
    expected = np.empty_like(image)
    for part in [slice(None)] if channels == 3 else [slice(i, i + 1) for i in range(channels)]:
        file = BytesIO()
        levels = image[:, :, part] if channels == 3 else image[:, :, part][:, :, 0]
        PIL.Image.fromarray(levels).save(file, "JPEG", quality=30)
        read = np.asarray(PIL.Image.open(file))
        expected[:, :, part] = read if read.ndim == 3 else read[:, :, None]
    np.testing.assert_array_equal(found, expected)
    worse = transform(image, Transform(jpeg=5)).astype(float) - image
    assert np.abs(worse).mean() > np.abs(found.astype(float) - image).mean()


def test_the_order_is_that_of_the_attributes():
    assert ORDER == tuple(Transform.__dataclass_fields__)
    assert set(LIMITS) < set(ORDER)


@given(images, st.builds(Transform, **any_move))
def test_a_move_is_the_product_of_its_steps_in_scipy_too(image, moved):
    height, width, channels = image.shape
    turn = np.radians(moved.rotation)
    flip = np.diag([-1.0 if moved.flip else 1.0, 1.0])
    shear = np.array([[1, -moved.shear], [0, 1]])  # of x, y with y down
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    back = np.linalg.inv(rotation @ shear @ (moved.scale * flip))
    centre = np.array([width - 1, height - 1]) / 2
    offset = centre - back @ (centre + np.array([moved.shift_x, moved.shift_y]))
    result = transform(image, moved)
    for channel in range(channels):
        plane = image[:, :, channel]
        border = np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
        expected = ndimage.affine_transform(
            plane.astype(float),
            back[::-1, ::-1],  # of y, x
            offset[::-1],
            order=1,
            mode="grid-constant",
            cval=float(np.sort(border)[(len(border) - 1) // 2]),
        )
        np.testing.assert_allclose(result[:, :, channel], expected, atol=0.52)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"scale": 0.5}, {"stroke": 3.0}),
        ({"rotation": 45.0}, {"noise": 0.2}),
        ({"stroke": 2.0}, {"blur": 2.0}),
        ({"blur": 3.0}, {"contrast": 6.0}),
        ({"contrast": 3.0}, {"noise": 0.2}),
        ({"invert": True}, {"noise": 0.2}),
    ],
)
def test_two_steps_at_once_are_one_after_the_other_in_this_order(first, second):
    image = np.zeros((31, 31, 1), np.uint8)
    image[9:22, 14:17], image[9:12, 8:23] = 160, 120
    at_once = transform(image, Transform(**first, **second)).astype(int)
    in_order, reversed_ = (
        transform(transform(image, Transform(**one)), Transform(**other))
        for one, other in ((first, second), (second, first))
    )
    np.testing.assert_allclose(at_once, in_order, atol=6)
    assert np.abs(at_once - reversed_).max() > 20


# ------------------------------------------------------------------ strokes


def test_a_dot_grows_into_discs_and_a_bar_shrinks():
    plus = [[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]
    thicker = transform(dot(2, 2), Transform(stroke=1.0))
    np.testing.assert_array_equal(thicker[:, :, 0], np.array(plus) * 200)
    half = transform(dot(2, 2), Transform(stroke=0.5))[:, :, 0]
    np.testing.assert_array_equal(half, np.array(plus) * 100 + dot(2, 2)[:, :, 0] // 2)
    bar = np.zeros((9, 9, 1), np.uint8)
    bar[3:6, 1:8] = 80
    thinner = transform(bar, Transform(stroke=-1.0))[:, :, 0]
    np.testing.assert_array_equal(np.argwhere(thinner), [[4, x] for x in range(2, 7)])


def naive_stroke(image, radius):
    """Pixel by pixel: the strongest difference from the background in a disc, or the weakest."""
    result = np.empty_like(image)
    height, width, channels = image.shape
    for channel in range(channels):
        plane = image[:, :, channel].astype(int)
        border = np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
        background = np.sort(border)[(len(border) - 1) // 2]
        for y in range(height):
            for x in range(width):
                near = [
                    plane[j, i] - background
                    for j in range(height)
                    for i in range(width)
                    if (j - y) ** 2 + (i - x) ** 2 <= radius**2
                ]
                light, dark = np.maximum(near, 0), np.maximum(np.negative(near), 0)
                light, dark = (light.max(), dark.max()) if radius > 0 else (light.min(), dark.min())
                result[y, x, channel] = background + (light if light >= dark else -dark)
    return result


@settings(max_examples=25, deadline=None)
@given(images, st.integers(-4, 4))
def test_strokes_of_whole_radii_agree_with_looking_at_each_pixel(image, radius):
    np.testing.assert_array_equal(
        transform(image, Transform(stroke=float(radius))), naive_stroke(image, radius)
    )


@given(images, st.floats(-3, 3))
def test_in_between_is_the_mixture_of_the_radii_below_and_above(image, stroke):
    low, high = (
        transform(image, Transform(stroke=float(np.copysign(radius, stroke)))).astype(float)
        for radius in (np.floor(abs(stroke)), np.ceil(abs(stroke)))
    )
    expected = low + (abs(stroke) % 1) * (high - low)
    result = transform(image, Transform(stroke=stroke))
    np.testing.assert_allclose(result, expected, atol=0.51)


@given(images, st.floats(-3, 3))
def test_dark_ink_on_light_paper_is_thickened_as_light_ink_on_dark(image, stroke):
    image[0], image[-1], image[:, 0], image[:, -1] = 0, 0, 0, 0  # one background: no ties
    one = transform(image, Transform(stroke=stroke, invert=True))
    other = transform(255 - image, Transform(stroke=stroke))
    np.testing.assert_allclose(one.astype(int), other, atol=1)


def test_light_and_dark_ink_side_by_side_keep_their_levels():
    image = np.full((7, 9, 1), 100, np.uint8)
    image[3, 3], image[3, 5] = 180, 10  # the dark one is stronger
    thicker = transform(image, Transform(stroke=1.0))
    np.testing.assert_array_equal(thicker[3, :, 0], [100, 100, 180, 180, 10, 10, 10, 100, 100])


def test_a_huge_stroke_on_a_small_picture_covers_it():
    assert (transform(dot(2, 2), Transform(stroke=64.0)) == 200).all()
    assert not transform(dot(2, 2), Transform(stroke=-64.0)).any()


# ------------------------------------------------------------------ levels


@given(images, st.floats(0.1, 5))
def test_blur_agrees_with_scipy(image, sigma):
    expected = ndimage.gaussian_filter(image.astype(float), (sigma, sigma, 0))
    result = transform(image, Transform(blur=sigma))
    np.testing.assert_allclose(result, expected, atol=0.51)


def test_contrast_is_about_the_mean_of_the_picture():
    image = np.array([[0, 100], [100, 200]], np.uint8)[:, :, None]
    half, double, none = (
        transform(image, Transform(contrast=factor))[:, :, 0].tolist() for factor in (0.5, 2, 0)
    )
    assert half == [[50, 100], [100, 150]]
    assert double == [[0, 100], [100, 255]]
    assert none == [[100, 100], [100, 100]]


def test_contrast_of_colours_goes_by_one_mean_for_all_channels():
    image = np.full((2, 2, 3), (0, 90, 180), np.uint8)
    faded = transform(image, Transform(contrast=0.5))
    np.testing.assert_array_equal(faded, np.full((2, 2, 3), (45, 90, 135)))


@given(images)
def test_inverting_is_the_complement(image):
    np.testing.assert_array_equal(transform(image, Transform(invert=True)), 255 - image)


def test_noise_has_the_deviation_asked_for_and_grows_without_changing():
    grey = np.full((80, 80, 3), 128, np.uint8)
    little, much = (
        transform(grey, Transform(noise=sigma)).astype(int) - 128 for sigma in (0.05, 0.1)
    )
    assert little.std() == pytest.approx(0.05 * 255, rel=0.03)
    assert abs(little.mean()) < 0.3
    np.testing.assert_allclose(much, 2 * little, atol=2)
    assert np.corrcoef(little[:, :, 0].ravel(), little[:, :, 1].ravel())[0, 1] < 0.1


def test_noise_comes_from_the_generator_and_without_one_is_always_the_same():
    grey, noise = np.full((6, 6, 1), 128, np.uint8), Transform(noise=0.2)
    same, again = transform(grey, noise), transform(grey, noise)
    np.testing.assert_array_equal(same, again)
    seven, again, eight = (
        transform(grey, noise, rng=np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(seven, again)
    assert (seven != eight).any() and (seven != same).any()
    together = transform_each(grey, [noise, Transform()], rng=np.random.default_rng(7))
    np.testing.assert_array_equal(together, [seven, grey])


@pytest.mark.parametrize(
    ("name", "amounts"),
    [
        ("stroke", np.linspace(-3, 3, 73)),
        ("blur", np.linspace(0, 4, 73)),
        ("contrast", np.linspace(0, 2.5, 73)),
        ("noise", np.linspace(0, 0.6, 73)),
        ("shear", np.linspace(-1, 1, 73)),
    ],
)
def test_a_curve_along_any_amount_costs_milliseconds(name, amounts):
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
    steps = [Transform(**{name: float(amount)}) for amount in amounts]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        transform_each(image, steps)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.03  # 1 to 4 ms on an idle laptop core
