import numpy as np
import pytest

from hardex.classifiers.onnx_metadata import named_by
from hardex.classifiers.preprocess import preprocess

RANGE, FORMAT = "Image.NominalPixelRange", "Image.BitmapPixelFormat"


@pytest.mark.parametrize(
    ("entries", "channels", "name"),
    [
        ({"mean": "[0.485, 0.456, 0.406]", "std": "[0.229, 0.224, 0.225]"}, 3, "imagenet"),
        ({"image_mean": "0.485 0.456 0.406", "image_std": "0.229 0.224 0.225"}, 3, "imagenet"),
        ({"mean": "123.675,116.28,103.53", "std": "58.395,57.12,57.375"}, 3, "imagenet"),
        ({"mean_vec": "(103.939, 116.779, 123.68)", FORMAT: "Bgr8"}, 3, "caffe"),
        ({"mean": "0.1307", "std": "0.3081"}, 1, "mnist"),
        ({"Mean": "[0.5]", "STD": "[0.5]"}, 1, "-1..1"),
        ({"mean": "0.5", "std": "0.25"}, 3, "mean=0.5,std=0.25"),
        ({"mean": "[0.5, 0.5, 0.5]", "std": "[0.5, 0.5, 0.5]"}, 3, "-1..1"),
        ({"mean": "0.4:0.5", "std": "0.25"}, 3, ""),
        ({"mean": "127.5", "std": "127.5"}, 1, "-1..1"),
        ({"mean": "0", "std": "255"}, 1, "unit"),
        ({"mean": "[0.4, 0.5, 0.6]", "std": "0.25"}, 3, "mean=0.4:0.5:0.6,std=0.25:0.25:0.25"),
        ({RANGE: "Normalized_0_1"}, 3, "unit"),
        ({RANGE: "NOMINALRANGE_0_255"}, 3, "raw"),
        ({RANGE: "Normalized_1_1", FORMAT: "Bgr8"}, 3, "-1..1,bgr"),
        ({RANGE: "NominalRange_16_235"}, 3, ""),
        ({FORMAT: "Bgr8"}, 3, "unit,bgr"),
        ({FORMAT: "Gray8"}, 1, ""),
        ({"mean": "abc", "std": "0.5"}, 3, ""),
        ({"mean": "nan", "std": "0.5"}, 3, ""),
        ({"mean": "0.5", "std": "0"}, 3, ""),
        ({"mean": "", "std": "0.5"}, 3, ""),
        ({"mean": "1e999", "std": "0.5"}, 3, ""),
        ({"mean": "[0.5, 0.5]", "std": "[0.5, 0.5]"}, 3, ""),
        ({"mean": "[0.4, 0.5, 0.6]", "std": "[0.2, 0.2, 0.2]"}, 1, ""),
        ({"normalize_mean": "0.1307", "normalize_std": "0.3081"}, 1, "mnist"),
        ({"inputMean": "0.1307", "inputStd": "0.3081"}, 1, "mnist"),
        ({"input.mean_values": "127.5", "input.std_values": "127.5"}, 1, "-1..1"),
        ({"preprocessing": '{"mean": [0.1307], "std": [0.3081]}'}, 1, "mnist"),
        (
            {"config": '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": 3}'},
            3,
            "-1..1",
        ),
        ({"config": '{"mean": [0.5', "std": "0.5"}, 1, "mean=0,std=0.5"),
        ({"mean": "33.3", "scale": "0.01"}, 1, ""),
        ({"mean": "0.5", "image_mean": "0.4", "std": "0.5"}, 1, ""),
        ({"mean": "0.5", "image_mean": "0.5", "std": "0.5"}, 1, "-1..1"),
        ({"mean_accuracy": "0.9", "std_accuracy": "0.01"}, 1, ""),
        ({"author": "somebody", "description": "mean 0.5"}, 3, ""),
        ({}, 1, ""),
    ],
)
def test_the_preprocessing_that_metadata_name(entries, channels, name):
    found = named_by(entries, channels=channels)
    assert found.preprocess == name


def test_numbers_for_pixels_up_to_255_mean_the_same_as_on_the_unit_scale():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 3), dtype=np.uint8)
    name = named_by({"mean": "120 110 100", "std": "60 50 40"}, channels=3).preprocess
    expected = (images - np.array([120, 110, 100])) / np.array([60, 50, 40])
    np.testing.assert_allclose(preprocess(images, name), expected, atol=1e-4)


def test_the_mean_of_caffe_is_taken_off_blue_first():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 3), dtype=np.uint8)
    entries = {"mean": "103.939,116.779,123.68", "std": "1,1,1", FORMAT: "Bgr8"}
    name = named_by(entries, channels=3).preprocess
    np.testing.assert_allclose(preprocess(images, name), preprocess(images, "caffe"), atol=1e-3)


def test_what_was_seen_is_short_and_printable():
    found = named_by({"mean": "\x1b[31m" + "9" * 5000}, channels=1)
    assert found.preprocess == "" and len(found.seen) < 150 and found.seen.isprintable()
