"""The metadata of an `.onnx` file -> the preprocessing that it names, if it names one."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from hardex.bounded import json_of
from hardex.classifiers.preprocess import BGR, PREPROCESS, check_preprocess, pixel_tables
from hardex.errors import ClassifierError

_MEAN, _STD, _SCALE = {"mean", "means"}, {"std", "stds", "stddev", "stdev", "deviation"}, {"scale"}
# Words that may stand beside these in a key, such as `image_mean` or `normalizeStd`.
_BESIDE = frozenset(
    {
        *("image", "images", "input", "pixel", "pixels", "channel", "channels", "rgb", "data"),
        *("norm", "normalize", "normalise", "normalization", "normalisation", "normalized"),
        *("preprocess", "preprocessing", "preprocessor", "transform", "model", "standard"),
        *("value", "values", "vec"),
    }
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Source: MetadataProps.md of ONNX; keys and values are case-insensitive.
_RANGE_KEY, _FORMAT_KEY = "image.nominalpixelrange", "image.bitmappixelformat"
_RANGES = {"nominalrange_0_255": "raw", "normalized_0_1": "unit", "normalized_1_1": "-1..1"}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_UNIT_MOST = 2.0  # larger means and deviations are those of pixels 0..255
_LENGTH_MOST = 1000  # characters of a value


@dataclass(frozen=True)
class Named:
    """What metadata say about the preprocessing.

    Attributes:
        preprocess: its name, or "" if they say nothing, or nothing that is understood.
        seen: the entries that say so, as text.
    """

    preprocess: str = ""
    seen: str = ""


NOTHING = Named()


def named_by(metadata: Mapping[str, str], *, channels: int) -> Named:
    """The preprocessing that metadata name.

    Args:
        metadata: all entries of the file.
        channels: of the input; numbers for another count are not understood.

    Example:
        >>> named_by({"mean": "[0.485, 0.456, 0.406]", "std": "[0.229,0.224,0.225]"}, channels=3)
        Named(preprocess='imagenet', seen="mean = '[0.485, 0.456, 0.406]', \
std = '[0.229,0.224,0.225]'")
        >>> named_by({"Image.NominalPixelRange": "Normalized_1_1"}, channels=1).preprocess
        '-1..1'
    """
    pairs = list(_flat(metadata))
    entries = {key.lower(): (key, value) for key, value in pairs}
    means, stds, scales = (_under(words, pairs) for words in (_MEAN, _STD, _SCALE))
    mean, std = (found[0] if found else None for found in (means, stds))
    range_, format_ = entries.get(_RANGE_KEY), entries.get(_FORMAT_KEY)
    used = [*means, *stds, *(scales if means or stds else ())]
    used += [it for it in (range_, format_) if it is not None]
    seen = ", ".join(f"{ascii(key)[1:-1][:40]} = {ascii(value)[:80]}" for key, value in used)
    is_bgr = format_ is not None and format_[1].lower().startswith("bgr") and channels == 3
    if (scales and used) or len(means) > 1 or len(stds) > 1:  # in what order they apply is open
        return Named("", seen)
    if mean is not None or std is not None:
        return Named(_standard(mean, std, is_bgr=is_bgr, channels=channels), seen)
    if range_ is not None:
        scale = _RANGES.get(range_[1].lower(), "")
        return Named(f"{scale},{BGR}" if scale and is_bgr else scale, seen)
    return Named(f"unit,{BGR}" if is_bgr else "", seen if is_bgr else "")


def _flat(metadata: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """All entries; those of a JSON object in a value count as entries of the file."""
    for key, value in metadata.items():
        yield key, value
        if value.lstrip().startswith("{"):
            try:
                inner = json_of(value)
            except ValueError:
                continue
            yield from ((str(name), str(one)) for name, one in inner.items())


def _under(words: Set[str], pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The entries whose keys have one of these words, and beside it only neutral ones; each once.

    Example:
        >>> _under({"mean"}, [("normalizeMean", "0"), ("mean_accuracy", "1"), ("image_mean", "0")])
        [('normalizeMean', '0')]
    """
    found: dict[str, tuple[str, str]] = {}
    for key, value in pairs:
        parts = {part.lower() for part in _WORD.findall(key)}
        if parts & words and parts <= words | _BESIDE:
            found.setdefault(value, (key, value))
    return list(found.values())


def _standard(
    mean: tuple[str, str] | None, std: tuple[str, str] | None, *, is_bgr: bool, channels: int
) -> str:
    means = (0.0,) if mean is None else _numbers(mean[1])
    stds = (1.0,) if std is None else _numbers(std[1])
    count = max(len(means), len(stds))
    if not means or not stds or count not in (1, channels) or {len(means), len(stds)} - {1, count}:
        return ""
    if len(set(means)) == len(set(stds)) == 1:  # the same for all channels
        means, stds, count = means[:1], stds[:1], 1
    scale = 255 if max(map(abs, (*means, *stds))) > _UNIT_MOST else 1
    row = [
        ":".join(f"{value / scale:.6g}" for value in np.broadcast_to(values, count).tolist())
        for values in (means, stds)
    ]
    name = f"mean={row[0]},std={row[1]}"
    try:
        check_preprocess(name, channels=channels)
    except ClassifierError:
        return ""
    return _known(name, is_bgr=is_bgr)


def _known(name: str, *, is_bgr: bool) -> str:
    """The same by its usual name, if it has one; the means of caffe alone tell that it is BGR."""
    table = pixel_tables(name)
    for known, usual in PREPROCESS.items():
        if table is not None and usual.shape == table.shape and np.allclose(usual, table, 1e-3):
            return f"{known},{BGR}" if is_bgr and known != "caffe" else known
    return f"{name},{BGR}" if is_bgr else name


def _numbers(text: str) -> tuple[float, ...]:
    """The numbers of `[0.5, 0.5]`, `0.5 0.5` or `(0.5,0.5)`; () if anything else is in it."""
    parts = re.split(r"[\s,;]+", text.strip()[:_LENGTH_MOST].strip("[](){} "))
    if not all(_NUMBER.fullmatch(part) for part in parts):
        return ()
    return tuple(map(float, parts))
