from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest

from hardex.images import as_shown, data_url, png_url, read_image, small_png, type_of

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_shrunk_to_the_longer_side(channels):
    image = RNG.integers(0, 256, (300, 400, channels), dtype=np.uint8)
    assert read_image(BytesIO(as_shown(image, 128))).shape == (96, 128, channels)
    assert read_image(BytesIO(small_png(image, 40))).shape == (30, 40, channels)
    np.testing.assert_array_equal(read_image(BytesIO(small_png(image))), image)


def test_a_data_url_names_the_type_of_the_file():
    smooth = np.repeat(np.arange(200, dtype=np.uint8)[:, None, None], 200, axis=1)
    grainy = (smooth + RNG.integers(0, 20, smooth.shape)).astype(np.uint8)
    for file, kind in ((small_png(grainy), "image/png"), (as_shown(grainy, 200), "image/jpeg")):
        head, _, text = data_url(file).partition(",")
        assert (type_of(file), head) == (kind, f"data:{kind};base64")
        assert b64decode(text) == file
    assert png_url(grainy) == data_url(small_png(grainy))
