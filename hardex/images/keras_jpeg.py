"""A JPEG file -> its pixels by TensorFlow, whose quick decoder differs by up to 5 levels."""

from typing import BinaryIO

from hardex.arrays import Image


def decode_jpeg(file: BinaryIO, channels: int) -> Image | None:
    """The pixels as Keras' loader gets them; None where TensorFlow cannot decode the file.

    Args:
        file: that Pillow has opened, so that its size is known.
        channels: 1 or 3.
    """
    import tensorflow as tf

    file.seek(0)
    try:
        with tf.device("CPU"):
            image: Image = tf.io.decode_jpeg(file.read(), channels=channels).numpy()
    except tf.errors.OpError:  # damaged, or grey wanted of the four inks
        return None
    finally:
        file.seek(0)
    return image
