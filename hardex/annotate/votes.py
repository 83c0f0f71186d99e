"""Votes as arrays of numbers, for NumPy."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.annotate.answers import NOT_SURE, Answer, Vote
from hardex.annotate.coefficients import Codes


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes as numbers, so that hundreds of thousands are counted fast.

    Attributes:
        names, ids, answers: annotators, examples and answers, each sorted; some may have no vote.
        annotator, id, answer: (v,) of each vote: indices into `names`, `ids` and `answers`.
        blind: (v,) whether it was given before the given label was shown.
        seconds: (v,) how long it took; NaN if that was not measured.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    answers: tuple[Answer, ...]
    annotator: Codes
    id: Codes
    answer: Codes
    blind: NDArray[np.bool_]
    seconds: NDArray[np.float64]

    @classmethod
    def of(cls, votes: Iterable[Vote]) -> "Votes":
        """These votes, in their order."""
        names: dict[str, int] = {}
        ids: dict[str, int] = {}
        answers: dict[Answer, int] = {}
        codes: tuple[list[int], list[int], list[int]] = [], [], []
        blind, seconds = [], []
        for vote in votes:
            codes[0].append(names.setdefault(vote.annotator, len(names)))
            codes[1].append(ids.setdefault(vote.id, len(ids)))
            codes[2].append(answers.setdefault(vote.answer, len(answers)))
            blind.append(vote.blind)
            seconds.append(vote.seconds)
        return cls(
            tuple(sorted(names)),
            tuple(sorted(ids)),
            tuple(sorted(answers)),
            _in_order(names)[codes[0]],
            _in_order(ids)[codes[1]],
            _in_order(answers)[codes[2]],
            np.array(blind, dtype=bool),
            np.array(seconds, dtype=np.float64),  # None becomes NaN
        )

    def __len__(self) -> int:
        return len(self.id)

    @property
    def everything(self) -> NDArray[np.bool_]:
        """(v,) true for every vote."""
        return np.ones(len(self), dtype=bool)

    @property
    def is_sure(self) -> NDArray[np.bool_]:
        """(v,) whether the answer is not `not_sure`."""
        sure = np.array([answer != NOT_SURE for answer in self.answers], dtype=bool)
        return sure[self.answer]

    @property
    def sure(self) -> "Votes":
        """The votes that are not `not_sure`."""
        return self.at(self.is_sure)

    def but(self, name: str) -> "Votes":
        """The votes of all annotators but one."""
        others = np.array([one != name for one in self.names], dtype=bool)
        return self.at(others[self.annotator])

    def at(self, rows: NDArray[np.bool_] | Sequence[int]) -> "Votes":
        """Some of the votes."""
        chosen = rows if isinstance(rows, np.ndarray) else np.array(rows, dtype=np.int64)
        return replace(
            self,
            annotator=self.annotator[chosen],
            id=self.id[chosen],
            answer=self.answer[chosen],
            blind=self.blind[chosen],
            seconds=self.seconds[chosen],
        )

    def count(self, chosen: NDArray[np.bool_]) -> list[int]:
        """How many of these votes each annotator has."""
        counts: list[int] = np.bincount(self.annotator[chosen], None, len(self.names)).tolist()
        return counts


def _in_order(codes: Mapping[Any, int]) -> Codes:
    """The sorted position of each code."""
    places = np.empty(len(codes), dtype=np.int64)
    places[[codes[value] for value in sorted(codes)]] = np.arange(len(codes))
    return places
