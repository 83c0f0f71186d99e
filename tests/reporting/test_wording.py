"""The five sentences, worked by hand."""

from hardex.diagnosis.overall import CauseCount, Diagnosis
from hardex.predict.metrics import share
from hardex.reporting.contents import Matrix
from hardex.reporting.matrix import drawing_of
from hardex.reporting.run_part import class_figures
from hardex.reporting.wording import percent, summary_of_run

ROWS = [[6, 5, *share(5, 6).values(), ""], [4, 5, *share(3, 4).values(), ""]]


def diagnosis(**counts):
    found = tuple(CauseCount(cause, count, "look") for cause, count in counts.items())
    of = sum(counts.values())
    return Diagnosis(of, of, "", "m", "d", "", "", "", "", (), (), found, (), None, None)


def told(wrong=2, pairs=(("dog", "cat", 1), ("cat", "dog", 1)), found=None):
    return summary_of_run(
        "run",
        model="net.keras",
        data="photos",
        examples=10,
        wrong=wrong,
        accuracy=share(10 - wrong, 10),
        pairs=pairs,
        classes=class_figures(["cat", "dog"], ROWS),
        calibration="It is well calibrated.",
        diagnosis=found,
        judged=None,
    )


def test_a_run_is_told_in_five_sentences():
    good, where, sure, why, people = told()
    assert good == (
        "net.keras is right on 8 of 10 examples of photos: accuracy 80.00 % (95 % interval "
        "49.02 % to 94.33 %)."
    )
    assert where == (
        "Of 2 errors, the most frequent are dog taken for cat (1), cat taken for dog (1); the "
        "class with the lowest accuracy is dog, 75.0 % (30.1 to 95.4)."
    )
    assert sure == "It is well calibrated."
    assert why.startswith("Why the examples are hard is not known yet: hardex diagnose run")
    assert people.startswith("Nobody has judged the labels yet")


def test_a_model_without_errors_is_told_so():
    assert told(wrong=0, pairs=())[1] == "It makes no errors on these examples."


def test_causes_are_told_with_what_stays_unexplained():
    found = diagnosis(rotation=3, mislabelled=2, unexplained=4)
    assert told(found=found)[3] == (
        "Of 9 examples diagnosed, the most frequent causes are rotation (3), mislabelled (2); 4 "
        "are unexplained."
    )
    assert told(found=diagnosis(unexplained=4))[3].endswith("none has a cause that could be named.")


def test_a_share_is_never_rounded_to_all_or_nothing():
    assert [percent(p) for p in (1.0, 0.99996, 0.9994, 0.0, 0.0001)] == [
        "100.0 %", "> 99.9 %", "99.9 %", "0.0 %", "< 0.1 %",
    ]  # fmt: skip


def test_the_weakest_class_is_first_and_an_empty_one_last():
    rows = [[0, 3, None, None, None, ""], *ROWS]
    found = class_figures(["empty", "cat", "dog"], rows)
    assert [one.name for one in found] == ["dog", "cat", "empty"]
    assert [one.precision["value"] for one in found] == [3 / 5, 1.0, 0.0]
    assert found[2].recall["value"] is None


def test_a_matrix_is_drawn_row_by_row():
    drawing = drawing_of(Matrix(("a", "b"), ((1, 4), (1, 3)), 2))
    assert [cell.text for cell in drawing.cells] == ["1", "4", "1", "3"]
    assert [cell.strength for cell in drawing.cells] == [0.2, 1.0, 0.5, 0.75]
    assert [cell.depth for cell in drawing.cells] == ["faint", "deep", "faint", "middle"]
    a, b, c, _ = drawing.cells
    assert b.x - a.x == drawing.cell_width and c.y - a.y == drawing.cell_height
    assert drawing.width == drawing.left + 2 * drawing.cell_width
