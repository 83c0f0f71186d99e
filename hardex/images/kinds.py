"""The first bytes of a file -> which picture it is, whatever it is called."""

# The formats that may be opened. Some others in Pillow start programs (EPS) or read files that
# the image names; an untrusted data set must do neither.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP", "TIFF")

HEAD = 32  # bytes that are enough to know it

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    **{b"P%d%c" % (kind, space): "PPM" for kind in range(1, 7) for space in b" \t\r\n#"},
}
# Pictures that are common and not opened: in boxes that say what they are, and by their beginning.
_BRANDS = {
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"
    ),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    b"crx ": "a raw picture of a camera",
}
_OTHERS = {
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"8BPS": "a Photoshop file",
    b"%PDF": "a PDF",
    b"\0\0\1\0": "an icon (ICO)",
}


def kind_of(head: bytes) -> str | None:
    """Which of `FORMATS` a file begins like, or None.

    Example:
        >>> kind_of(b"\\xff\\xd8\\xff\\xe0"), kind_of(b"label,pixel0")
        ('JPEG', None)
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), None)


def why_unknown(head: bytes) -> str:
    """Why a file that begins like this cannot be opened, in a few words.

    Example:
        >>> why_unknown(b""), why_unknown(b"\\0\\0\\0\\x18ftypheic")
        ('it is empty', 'it is HEIC, which hardex does not read; save it as PNG or JPEG')
    """
    if not head:
        return "it is empty"
    other = next((kind for start, kind in _OTHERS.items() if head.startswith(start)), None)
    if head[4:8] == b"ftyp":
        other = _BRANDS.get(head[8:12], "a film")
    if other is not None:
        return f"it is {other}, which hardex does not read; save it as PNG or JPEG"
    return f"it is none of {', '.join(FORMATS)}, or its first bytes are damaged"
