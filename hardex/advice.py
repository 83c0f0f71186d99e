"""What to do about a cause, in the words that `hardex check` and the errors of a ranking share.

Each is a clause, without a full stop, that stands at the end of a sentence.
"""

from collections.abc import Sequence

PASS_LOGITS = "pass --logits"
SAVE_SOFTMAX = "save their softmax"
NO_SOFTMAX = (
    "end the model in a softmax, or divide each row by its sum if each output is a sigmoid; hardex "
    "does single-label classification only"
)
BY_HUNDRED = "divide them by 100"
TO_ZERO = "set these to 0, as with numpy.maximum(rows, 0)"
SAVE_DISTRIBUTIONS = "save the softmax output; hardex does single-label classification only"
NOT_CLASSES = "return the softmax output, floating-point numbers, not the classes"
NOT_FINITE = "check the weights (did the training diverge?) and the preprocessing"
OTHER_SHAPE = (
    "pass the model made for this data, or --resize to fit the images to the model's input"
)
OTHER_CLASS_COUNT = "pass the model made for this data, or name all its classes with --classes"
FROM_ONE = "number them from 0, as in labels - 1"


def for_class_count(columns: int | None, names: Sequence[str], lowest: int) -> str:
    """What to do if a model has another number of outputs than the data has classes.

    Args:
        columns: the outputs of the model.
        names: of the classes.
        lowest: the smallest label.

    Example:
        >>> for_class_count(2, ["0", "1", "2"], 1)
        'the labels go from 1 to 2, and none is 0: number them from 0, as in labels - 1'
    """
    numbered = list(names) == [str(number) for number in range(len(names))]
    if numbered and lowest == 1 and columns == len(names) - 1:
        return f"the labels go from 1 to {columns}, and none is 0: {FROM_ONE}"
    return OTHER_CLASS_COUNT
