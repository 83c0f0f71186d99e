"""The evidence in a sentence, for every cause."""

from dataclasses import replace

import pytest

from hardex.diagnosis.causes import CAUSES, amount_in_words
from hardex.diagnosis.wording import Facts, why

FACTS = Facts(
    given="7",
    predicted="1",
    confidence=0.62,
    other="1",
    other_confidence=0.3,
    amount=2.0,
    amount_y=-3.0,
    label_after="7",
    confidence_after=0.91,
    near_given=1,
    near_predicted=6,
    near=8,
    own_distance=2.04,
    nearest_distance=1.5,
    class_share=0.031,
    corrected="7",
    copy="a/3.png",
    copy_label="1",
    copy_in="train",
    likeliest="blur",
    likeliest_confidence=0.55,
)


@pytest.mark.parametrize("cause", [*CAUSES, "stained"])
def test_every_cause_has_one_sentence(cause):
    said = why(cause, FACTS)
    assert said.endswith(".") and "None" not in said and "\n" not in said
    assert said[0].isupper() and ". " not in said.replace("0. ", "")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            "shift",
            "The picture seems to be shifted by 2 px to the right and 3 px up; as it is, the "
            "model says 1 (0.62), with that undone, 7 (0.91).",
        ),
        (
            "mislabelled",
            "The model says 1 (0.62), and 6 of the 8 nearest training images are labelled so "
            "(1 as given).",
        ),
        (
            "ambiguous",
            "It stands between 7 and 1: the model says 1 (0.62), and 0.30 for the other class.",
        ),
        (
            "imbalance",
            "Its class 7 has 3.1% of the training images; corrected for the shares of the "
            "classes, the prediction is 7.",
        ),
        ("duplicate", "It is a copy of a/3.png in the training data, which is labelled 1."),
        ("unexplained", "No cause has enough of the votes; the likeliest is blur (0.55)."),
    ],
)
def test_sentences(cause, said):
    assert why(cause, FACTS) == said


def test_a_class_without_training_images_is_not_infinitely_far_in_words():
    facts = Facts(given="7", predicted="1", confidence=0.9, own_distance=float("inf"))
    assert why("rare", facts) == "There are no training images of its class 7."


def test_noise_without_an_amount_is_still_said():
    facts = Facts(given="7", predicted="1", confidence=0.9)
    assert why("noise", facts).startswith("The picture seems to have noise; as it is, the model")


@pytest.mark.parametrize(
    ("others", "wrong", "said"),
    [
        (0, 0, "1."),
        (1, 0, "1; the other model is right."),
        (1, 1, "1; the other model is wrong, too."),
        (3, 0, "1; all 3 other models are right."),
        (3, 1, "1; 1 of 3 other models is wrong, too."),
        (3, 3, "1; 3 of 3 other models are wrong, too."),
    ],
)
def test_other_models_are_part_of_the_sentence(others, wrong, said):
    facts = replace(FACTS, others=others, others_wrong=wrong)
    assert why("duplicate", facts).endswith(f"labelled {said}")


@pytest.mark.parametrize(
    ("amount", "added", "said"),
    [
        (0.5, 0.0, "at 0.5 times the usual contrast"),
        (1.0, 0.4, "brighter by 40% of the levels"),
        (1.0, -0.2, "darker by 20% of the levels"),
        (0.5, 0.2, "at 0.5 times the usual contrast and brighter by 20% of the levels"),
    ],
)
def test_contrast_and_brightness_in_words(amount, added, said):
    assert amount_in_words("contrast", amount, added) == said
