"""What helps annotators to answer: the owner's guidelines, and a typical example of each class."""

from collections.abc import Callable, Collection
from pathlib import Path

from hardex.bounded import Unreadable, read_bytes, why
from hardex.errors import RunError
from hardex.runs.run import Run
from hardex.runs.views import View

GUIDELINES_MOST = 20_000  # characters
_LOOKED_AT = 100  # the most confident examples of a class, of which one is shown


def read_guidelines(path: str | Path) -> str:
    """The owner's guidelines for annotators, a text file in UTF-8.

    Raises:
        RunError: it cannot be read, is no such text, or has more than 20,000 characters.
    """
    try:
        text = read_bytes(Path(path), 4 * GUIDELINES_MOST).decode("utf-8-sig").strip()
    except (OSError, Unreadable, UnicodeDecodeError) as error:
        raise RunError(
            f"--guidelines must be a text file in UTF-8 of up to {GUIDELINES_MOST:,} characters; "
            f"{path} cannot be read as one ({why(error)}); write such a file."
        ) from error
    if not text or len(text) > GUIDELINES_MOST:
        raise RunError(
            f"--guidelines must be a text file of 1 to {GUIDELINES_MOST:,} characters; {path} has "
            f"{len(text):,}; {'write some' if not text else 'shorten it'}."
        )
    return text


def typical_examples(
    run: Run, classes: Collection[str], is_asked: Callable[[str], bool]
) -> dict[str, str]:
    """For each class the id of an example that the model predicts rightly and most confidently.

    Args:
        run: of which the examples are.
        classes: names of classes; one without such an example that has a picture is left out.
        is_asked: whether annotators judge an example; its label must not be told.

    Raises:
        RunError: a class that the run does not have.
    """
    found = {}
    for name in classes:
        view = View(given=name, correct=True, sort="confidence")
        ids = [one.id for one in run.find(view, size=_LOOKED_AT).examples]
        pictured = run.pictured([id for id in ids if not is_asked(id)])
        if pictured:
            found[name] = pictured[0]
    return found
