"""Picture files that were made to take all memory or hours: each is refused in one sentence."""

import io
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageOps

from hardex.errors import DatasetError
from hardex.images import read_image

ORIENTATIONS = range(1, 9)


def refused(content):
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError) as caught:
            read_image(io.BytesIO(content))
        return str(caught.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def tags(entries, extra=b"", order="<"):
    """A TIFF header and one directory: (tag, kind, count, value) each; then anything."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8)
    rows = [struct.pack(f"{order}HHLL", *entry) for entry in sorted(entries)]
    return head + struct.pack(f"{order}H", len(rows)) + b"".join(rows) + bytes(4) + extra


def many_tags(count, size):
    """Tags that all have the same bytes as their value."""
    place = 8 + 2 + 12 * (count + 9) + 4
    picture = [(256, 4, 1, 2), (257, 4, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    picture += [(273, 4, 1, place), (277, 3, 1, 1), (278, 4, 1, 2), (279, 4, 1, 4)]
    return tags(picture + [(30_000 + i, 1, size, place) for i in range(count)], bytes(size))


def chunk(name, content):
    return (
        struct.pack(">L", len(content))
        + name
        + content
        + struct.pack(">L", zlib.crc32(name + content))
    )


def png(*chunks, width=1, height=1):
    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\7"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore:its tags refer:UserWarning")
def test_tags_that_share_their_bytes_do_not_fill_the_memory():
    content = many_tags(300, 1_000_000)  # 300 MB of tags in a file of 1 MB
    told, peak = refused(content)
    assert told.endswith(".") and peak < 60_000_000


def test_notes_of_a_camera_that_share_their_bytes_are_not_read():
    tracemalloc.start()
    image = read_image(io.BytesIO(png(chunk(b"eXIf", many_tags(300, 1_000_000)))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert image.tolist() == [[[7]]] and peak < 20_000_000


def test_a_comment_in_a_hundred_thousand_parts_is_refused():
    """Joined one by one, 25 MB of them take minutes."""
    gif = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    gif += b"!\xfe" + (b"\xff" + b"x" * 255) * 100_000 + b"\0"
    gif += b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"
    told, peak = refused(gif)
    assert "a comment of more than 1,048,576 bytes" in told and peak < 1_000_000


def test_a_picture_with_a_comment_is_read():
    file = io.BytesIO()
    Pillow.new("P", (2, 1)).save(file, "GIF", comment=b"x" * 1_000)
    assert read_image(file).shape == (1, 2, 3)


def passes(count):
    """A progressive JPEG whose last pass is repeated."""
    file = io.BytesIO()
    Pillow.new("L", (64, 64), 200).save(file, "JPEG", progressive=True)
    content = file.getvalue()
    last = content[content.rfind(b"\xff\xc4", 0, content.rfind(b"\xff\xda")) : -2]
    return content[:-2] + last * count + b"\xff\xd9"


def test_thousands_of_passes_over_a_picture_are_refused():
    assert read_image(io.BytesIO(passes(20))).shape == (64, 64, 1)
    told, _ = refused(passes(200))
    assert "it has more than 100 passes over its pixels" in told


def test_passes_are_counted_behind_marks_that_have_no_length():
    for mark in (b"\xff\x01", b"\xff\xd8", b"\xff\xd0"):
        content = passes(200)
        place = content.find(b"\xff\xda")
        told, _ = refused(content[:place] + mark + content[place:])
        assert "it has more than 100 passes over its pixels" in told


def test_what_follows_a_picture_is_not_taken_for_passes_over_it():
    content = passes(0) + b"\xff\xda" * 1_000  # as a short film does that a telephone adds
    assert read_image(io.BytesIO(content)).shape == (64, 64, 1)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 60_000, 2**31 - 1])
def test_many_pixels_in_a_short_file_are_refused(side):
    told, peak = refused(png(width=side, height=side))
    assert "pixels" in told and peak < 1_000_000


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_texts_that_unpack_to_far_more_fill_no_memory(kind):
    packed = zlib.compress(bytes(100_000_000), 9)
    middle = b"\1\0\0\0" if kind == b"iTXt" else b"\0"
    content = png(chunk(kind, b"Comment\0" + middle + packed))
    tracemalloc.start()
    try:
        read_image(io.BytesIO(content))
    except DatasetError as error:
        assert str(error).endswith(".")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_thousands_of_frames_cost_no_more_than_one():
    file = io.BytesIO()
    frames = [Pillow.new("L", (8, 8), i % 250) for i in range(500)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert read_image(file).shape == (8, 8, 3)


# ------------------------------------------------------------------ upright


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "XMP", "RAW", "BIG"])
def test_a_picture_is_turned_as_pillow_turns_it(kind, orientation):
    picture = Pillow.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40)
    file = io.BytesIO()
    note = Pillow.Exif()
    note[0x0112] = orientation
    if kind == "XMP":
        xmp = f'<rdf:RDF><x tiff:Orientation="{orientation}"/></rdf:RDF>'.encode()
        file.write(png_of(picture, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)))
    elif kind == "BIG":  # highest byte first
        file.write(png_of(picture, chunk(b"eXIf", tags([(274, 4, 1, orientation)], order=">"))))
    elif kind == "RAW":
        words = "\nexif\n      26\n" + tags([(274, 3, 1, orientation)]).hex()
        file.write(png_of(picture, chunk(b"tEXt", b"Raw profile type exif\0" + words.encode())))
    else:
        picture.save(file, kind, exif=note, **({"lossless": True} if kind == "WEBP" else {}))
    with Pillow.open(io.BytesIO(file.getvalue())) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("L"))
    np.testing.assert_array_equal(read_image(file)[:, :, 0], expected)


def png_of(picture, *chunks):
    file = io.BytesIO()
    picture.save(file, "PNG")
    content = file.getvalue()
    return content[:33] + b"".join(chunks) + content[33:]


@given(
    exif=st.binary(max_size=80), opening=st.sampled_from([b"", b"II*\0", b"MM\0*", b"Exif\0\0II"])
)
def test_any_note_of_a_camera_is_read_or_left_alone(exif, opening):
    picture = Pillow.new("L", (2, 3))
    image = read_image(io.BytesIO(png_of(picture, chunk(b"eXIf", opening + exif))))
    assert sorted(image.shape) == [1, 2, 3]


# ------------------------------------------------------------------ no pictures at all


@pytest.mark.parametrize("as_type", [str, lambda path: path], ids=["text", "path"])
def test_a_pipe_is_refused_without_waiting(tmp_path, as_type):
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(DatasetError, match="it is not a plain file"):
        read_image(as_type(tmp_path / "x.png"))


def test_devices_folders_and_loops_are_refused(tmp_path):
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("zero", "loop", "folder"):
        with pytest.raises(DatasetError, match=r"cannot read the image '.*': .*\."):
            read_image(tmp_path / f"{name}.png")


def test_a_file_that_is_larger_than_any_picture_is_refused(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(b"\xff\xd8\xff")
    os.truncate(path, 2**30 + 1)
    with pytest.raises(DatasetError, match="it has 1,073,741,825 bytes, and 1,073,741,824 is the"):
        read_image(path)
