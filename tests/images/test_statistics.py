import numpy as np
import pytest

from hardex.images import resize
from hardex.images.statistics import statistics


def picture(side=28):
    """A bright bar on black, right of the middle."""
    image = np.zeros((side, side, 1), np.uint8)
    image[side // 4 : 3 * side // 4, 5 * side // 8 : 6 * side // 8] = 200
    return image


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 3), (2, 2, 1), (28, 28, 1), (700, 300, 3)])
@pytest.mark.parametrize("value", [0, 255, "noise"])
def test_twenty_finite_numbers_whatever_the_picture(shape, value):
    if value == "noise":
        image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    else:
        image = np.full(shape, value, np.uint8)
    found = statistics(image)
    assert found.shape == (20,) and np.isfinite(found).all()


def test_they_see_where_the_ink_is_and_how_wide_and_high():
    _, middle_x, middle_y, wide, high, slant = statistics(picture())[7:13]
    assert middle_x == pytest.approx(0.16, abs=0.03) and middle_y == pytest.approx(0, abs=0.01)
    assert wide < high and slant == pytest.approx(0, abs=1e-9)


def test_they_hardly_change_with_the_size_of_a_picture():
    small, large = statistics(picture(32)), statistics(resize(picture(32), (64, 64, 1)))
    alike = [0, 1, 5, 6, *range(7, 13)]  # the brightest pixels are another matter
    np.testing.assert_allclose(small[alike], large[alike], atol=0.05)


def test_noise_is_grain_and_a_tint_is_a_colour():
    grain, tint = 14, 16
    noise = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
    assert statistics(noise)[grain] > 3 * statistics(picture())[grain]
    red = np.zeros((8, 8, 3), np.uint8)
    red[:, :, 0] = 90
    assert statistics(red)[tint] > 0.2 > statistics(red)[tint + 1]
