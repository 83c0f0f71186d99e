"""An analysis of errors -> the figures that were asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardex.arrays import Image
from hardex.error_analysis.analysis import ErrorAnalysis
from hardex.error_analysis.top import TopError
from hardex.error_analysis.waterfall import waterfall_svg
from hardex.errors import RunError
from hardex.new_files import check_target, whole_file
from hardex.runs.run import Run

_WATERFALL = "a waterfall"


@dataclass(frozen=True)
class Figures:
    """The files that were asked for; None for each that was not.

    Attributes:
        top: of the top errors.
        matrix: of the confusion matrix.
        waterfall: of the parts of the error.
    """

    top: Path | None
    matrix: Path | None
    waterfall: Path | None

    @classmethod
    def of(
        cls, top: str | Path | None, matrix: str | Path | None, waterfall: str | Path | None
    ) -> "Figures":
        """From what was typed."""
        return cls(*(None if one is None else Path(one) for one in (top, matrix, waterfall)))

    def check(self, *, force: bool) -> None:
        """Raise `RunError` unless all of them can be written, each to a file of its own."""
        places = [one.resolve() for one in (self.top, self.matrix, self.waterfall) if one]
        if len(set(places)) < len(places):
            raise RunError(
                "--figure, --matrix and --waterfall must name different files; two name "
                f"{max(places, key=places.count)}; choose another name."
            )
        png = (".png",)
        for path, suffixes, option, what in (
            (self.top, png, "--figure", "a figure of top errors"),
            (self.matrix, png, "--matrix", "a confusion matrix"),
            (self.waterfall, (*png, ".svg"), "--waterfall", _WATERFALL),
        ):
            if path is not None:
                check_target(path, suffixes, option=option, what=what, force=force)

    def write(
        self, found: ErrorAnalysis, run: Run, image_at: Callable[[int], Image] | None
    ) -> tuple[str, ...]:
        """Write them; those of a former analysis are replaced.

        Args:
            found: the analysis.
            run: whose pictures are drawn.
            image_at: gives those of another test set by position; None without one.

        Returns:
            Sentences on what is not as it was asked for.

        Raises:
            RunError: one cannot be written; the others may have been.
        """
        if self == Figures(None, None, None):
            return ()
        from hardex.error_analysis.figure_files import (
            write_matrix,
            write_top_errors,
            write_waterfall,
        )

        def picture(one: TopError) -> Image:
            return run.image(one.id) if image_at is None else image_at(one.position)

        notes: tuple[str, ...] = ()
        if self.top is not None:
            notes += write_top_errors(found.top, picture, found.class_names, self.top)
        if self.matrix is not None:
            notes += write_matrix(found.counts, found.class_names, self.matrix)
        if self.waterfall is not None:
            if self.waterfall.suffix.lower() == ".svg":
                with whole_file(self.waterfall, _WATERFALL) as partial:
                    text = waterfall_svg(found.decomposition)
                    partial.write_text(f"{text}\n", encoding="utf-8")
            else:
                write_waterfall(found.decomposition, self.waterfall)
        return tuple(dict.fromkeys(notes))
