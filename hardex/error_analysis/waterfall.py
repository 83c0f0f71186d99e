"""A decomposition -> its bars, and a drawing of them as SVG."""

from dataclasses import dataclass

from hardex.error_analysis.decomposition import Decomposition
from hardex.error_analysis.wording import title

_ROW, _TOP, _LABEL, _PLOT, _VALUE = 34, 12, 310, 360, 190  # pixels
COLOURS = {"part": "#2f6db3", "below": "#c26a00", "total": "#555555"}  # 4.5:1 on white or more


@dataclass(frozen=True)
class Bar:
    """One bar of the waterfall.

    Attributes:
        label: what it stands for.
        kind: `part`, `below` for a part below 0, or `total`.
        start, end: where it begins and ends, as errors, 0..1; parts begin where the last one ended.
        low, high: the 95 % interval of its end.
        value: its length with a sign.
    """

    label: str
    kind: str
    start: float
    end: float
    low: float
    high: float
    value: float

    @property
    def text(self) -> str:
        """Its length with the interval, in points."""
        base = self.start
        value, low, high = (
            f"{100 * one + 0.0:+.2f}" for one in (self.value, self.low - base, self.high - base)
        )
        return f"{value} [{low}, {high}]"


def bars(found: Decomposition) -> tuple[Bar, ...]:
    """A bar for each term, and one for the total.

    Example:
        >>> from hardex.error_analysis.decomposition import decomposition
        >>> from hardex.predict.metrics import share
        >>> made = bars(decomposition({"train": share(1, 50), "test": share(5, 50)}))
        >>> [(one.kind, one.start, one.end) for one in made]
        [('part', 0.0, 0.02), ('part', 0.02, 0.1), ('total', 0.0, 0.1)]
    """
    made = []
    start = 0.0
    for one in found.terms:
        end = start + one.value
        kind = "below" if one.value < 0 else "part"
        label = title(one).removesuffix(" together")  # it would not fit
        made.append(Bar(label, kind, start, end, start + one.low, start + one.high, one.value))
        start = end
    value, low, high = (float(found.total[end] or 0.0) for end in ("value", "low", "high"))
    return (*made, Bar("error on the test data", "total", 0.0, value, low, high, value))


def waterfall_svg(found: Decomposition) -> str:
    """The waterfall as an SVG element, which scales; its text has the colour of the page."""
    made = bars(found)
    ends = [place for one in made for place in (one.start, one.end, one.low, one.high)]
    left, right = min(0.0, *ends), max(ends) or 1.0
    height = _TOP * 2 + _ROW * len(made)

    def x(place: float) -> float:
        return _LABEL + _PLOT * (place - left) / (right - left)

    told = "; ".join(f"{one.label} {one.text}" for one in made)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LABEL + _PLOT + _VALUE} {height}" '
        'role="img" font-family="sans-serif" font-size="13" fill="currentColor">',
        f"<title>The error in its parts, in points: {told}</title>",
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{_TOP}" y2="{height - _TOP}" '
        'stroke="currentColor" stroke-opacity="0.4"/>',
    ]
    for row, one in enumerate(made):
        middle = _TOP + _ROW * row + _ROW / 2
        begin, end = sorted((x(one.start), x(one.end)))
        lines += [
            f'<text x="{_LABEL - 10}" y="{middle + 4:.1f}" text-anchor="end">{one.label}</text>',
            f'<rect x="{begin:.1f}" y="{middle - 9:.1f}" width="{max(1.0, end - begin):.1f}" '
            f'height="18" fill="{COLOURS[one.kind]}"/>',
            f'<line x1="{x(one.low):.1f}" x2="{x(one.high):.1f}" y1="{middle:.1f}" '
            f'y2="{middle:.1f}" stroke="currentColor" stroke-width="1.5"/>',
            f'<text x="{_LABEL + _PLOT + 10}" y="{middle + 4:.1f}">{one.text}</text>',
        ]
    return "\n".join([*lines, "</svg>"])
