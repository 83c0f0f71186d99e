"""Picture files that were made to take hours or all memory, recognised before they are unpacked.

Pillow limits the pixels and the texts of a PNG. It does not limit what is looked for here: the same
bytes read for thousands of tags (TIFF), a comment in thousands of parts (GIF), and thousands of
passes over one picture (JPEG).
"""

import re
import struct
from typing import Any, BinaryIO

from PIL import Image as Pillow

from hardex.bounded import Unreadable

FILE_MOST = 2**30  # bytes; 89 million pixels of 16 bits in three channels have half of that
_SCANS_MOST = 100  # passes over a JPEG; progressive ones have about 10
_COMMENT_MOST = 2**20  # bytes before the first frame of a GIF
_READ_TIMES = 4  # how often each byte of a file may be read: the tags of a TIFF are read again
_READ_ANYWAY = 2**24  # bytes that may be read of any file
_JPEG, _GIF = b"\xff\xd8\xff", b"GIF8"
_MARKER = re.compile(rb"\xff+([^\x00\x01\xff\xd0-\xd8])", re.DOTALL)  # with a length
_END, _SCAN = 0xD9, 0xDA
_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')
_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


class Metered:
    """A file for Pillow of which no more is read than a picture needs.

    Args:
        file: opened for reading bytes, at its beginning.

    Raises:
        Unreadable: it has more than a GiB, or more passes or comments than any picture.
    """

    def __init__(self, file: BinaryIO) -> None:
        size = file.seek(0, 2)
        if size > FILE_MOST:
            raise Unreadable(f"it has {size:,} bytes, and {FILE_MOST:,} is the most")
        self._file = file
        self._left = _READ_TIMES * size + _READ_ANYWAY
        file.seek(0)
        kind = file.read(4)
        if kind.startswith(_JPEG):
            file.seek(0)
            _check_scans(file.read())
        elif kind == _GIF:
            _check_comments(file)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """Some bytes.

        Raises:
            OSError: the file was read several times over already.
        """
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise OSError("its tags refer to the same bytes again and again")
        return content

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def upright(picture: Pillow.Image) -> Pillow.Image:
    """The picture as the camera's note says (EXIF, else XMP); of a TIFF, Pillow has done it.

    Only this one note is read: Pillow reads all of them, each as long as it claims to be.
    """
    picture.load()  # the note may come after the pixels
    if picture.format == "TIFF":
        return picture
    turn = _UPRIGHT.get(_orientation(picture.info))
    return picture if turn is None else picture.transpose(turn)


def _orientation(info: dict[Any, Any]) -> int:
    """1 to 8; 1 is upright, and 0 unknown."""
    found = _orientation_in_exif(_exif_of(info))
    if not found:
        xmp = info.get("XML:com.adobe.xmp") or info.get("xmp") or b""
        match = _XMP.search(xmp.encode(errors="replace") if isinstance(xmp, str) else bytes(xmp))
        found = int(match[1]) if match else 0
    return found


def _exif_of(info: dict[Any, Any]) -> bytes:
    exif = info.get("exif")
    if exif is None and isinstance(profile := info.get("Raw profile type exif"), str):
        try:
            exif = bytes.fromhex("".join(profile.split("\n")[3:]))
        except ValueError:
            exif = None
    exif = exif if isinstance(exif, bytes) else b""
    while exif.startswith(b"Exif\0\0"):
        exif = exif[6:]
    return exif


def _orientation_in_exif(exif: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return 0
    (start,) = struct.unpack_from(f"{order}L", exif, 4)
    if start + 2 > len(exif):
        return 0
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    entries = exif[start + 2 : start + 2 + 12 * count]
    whole = entries[: len(entries) // 12 * 12]
    for tag, kind, _, value in struct.iter_unpack(f"{order}HHL4s", whole):
        if tag == _ORIENTATION and kind in (_SHORT, _LONG):
            form = f"{order}H2x" if kind == _SHORT else f"{order}L"
            return int(struct.unpack(form, value)[0])
    return 0


def _check_scans(content: bytes) -> None:
    """Each pass over a JPEG takes time by its pixels, and can be written in a few bytes."""
    if content.count(bytes([0xFF, _SCAN])) <= _SCANS_MOST:  # quick, and enough for nearly all
        return
    scans, place = 0, 2
    while (found := _MARKER.search(content, place)) is not None:
        marker = found[1][0]
        if marker == _END:
            return
        scans += marker == _SCAN
        if scans > _SCANS_MOST:
            raise Unreadable(f"it has more than {_SCANS_MOST} passes over its pixels")
        # After its header come the pixels, in which no marker occurs that ends them.
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")


def _check_comments(file: BinaryIO) -> None:
    """Pillow joins the parts of a comment one by one, which takes time by the square of them."""
    file.seek(10)
    flags, _, _ = file.read(3).ljust(3, b"\0")
    if flags & 0x80:
        file.seek(3 * 2 ** (flags % 8 + 1), 1)
    seen = 0
    while file.read(1) == b"!":
        kind = file.read(1)
        while (size := file.read(1)) not in (b"", b"\0"):
            seen += size[0] if kind == b"\xfe" else 0
            file.seek(size[0], 1)
            if seen > _COMMENT_MOST:
                raise Unreadable(f"it has a comment of more than {_COMMENT_MOST:,} bytes")
