"""What is read of a model file before or without Keras: a check of the archive, the version."""

import re
import stat
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from hardex.bounded import json_of
from hardex.errors import ClassifierError

# Keras stores without compression, and weights hardly compress: a higher ratio is no model.
_RATIO_MOST = 100
_BOMB_BYTES = 50_000_000
_METADATA_MOST = 100_000  # bytes
_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9A-Za-z-]{1,12}){1,4}")


def check_archive(path: Path) -> None:
    """Refuse an archive that would write outside its folder, or fill memory or disk.

    Keras itself only skips such members. A file that is not an archive is left to Keras, which
    refuses it.

    Args:
        path: a `.keras` file.

    Raises:
        ClassifierError: a member has a path that leads out, or is a link, or unpacks to more than
            a hundred times the file.
    """
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return
    strange = [member.filename for member in members if _leads_out(member)]
    if strange:
        raise ClassifierError(
            f"the parts of a .keras file must lie within it; {path} has {len(strange)} that would "
            f"be written elsewhere, the first is {ascii(strange[0])[:80]}; the file is malicious, "
            "do not use it."
        )
    unpacked, packed = sum(member.file_size for member in members), path.stat().st_size
    if unpacked > max(_BOMB_BYTES, _RATIO_MOST * packed):
        raise ClassifierError(
            f"a .keras file must unpack to at most {_RATIO_MOST} times its size; {path} of "
            f"{packed:,} bytes unpacks to {unpacked:,}; save the model again with "
            "model.save('NAME.keras')."
        )


def keras_version(path: Path) -> str:
    """The version of Keras that saved a `.keras` or `.h5` file; "" if it does not say.

    Only attributes and metadata are read; nothing of the model is built or run.

    Example:
        >>> from hardex.classifiers.shipped import shipped_model
        >>> keras_version(shipped_model("mnist_small"))[:2]
        '3.'
    """
    try:
        if path.suffix == ".keras":
            with ZipFile(path) as archive:
                if archive.getinfo("metadata.json").file_size > _METADATA_MOST:
                    return ""
                found = json_of(archive.read("metadata.json").decode())["keras_version"]
        elif path.is_file():
            import h5py

            with h5py.File(path) as file:
                found = file.attrs["keras_version"]
        else:
            return ""
    except (BadZipFile, OSError, KeyError, TypeError, ValueError, NotImplementedError):
        return ""
    text = found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
    return text if _VERSION.fullmatch(text) else ""


def _leads_out(member: ZipInfo) -> bool:
    """Whether unpacking it could write outside its folder, here or on another system."""
    name = PurePosixPath(member.filename)
    return (
        name.is_absolute()
        or ".." in name.parts
        or any(sign in member.filename for sign in "\\:\0")
        or stat.S_ISLNK(member.external_attr >> 16)
    )
