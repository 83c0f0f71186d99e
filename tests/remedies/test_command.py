"""`hardex fix` as it is typed."""

import json

import numpy as np
import pytest
from trainings import NAMES, shades, write_model

import hardex as library
from hardex.people.events import Annotation


@pytest.fixture
def ready(tmp_path):
    """A model, evaluation and training data as files, and a run of each."""
    write_model(tmp_path / "m.keras")
    for name, data in (("eval", shades(40, seed=3)), ("train", shades(80, share=0.3))):
        np.savez(
            tmp_path / f"{name}.npz", images=data.images, labels=data.labels, class_names=NAMES
        )
        library.rank(tmp_path / "m.keras", tmp_path / f"{name}.npz", out=tmp_path / f"run-{name}")
    (tmp_path / "free.yaml").write_text("balance: {logit_adjustment: 1}\n")
    return tmp_path


def test_it_says_what_it_did_and_what_proves_it(ready, hardex):
    answer = hardex("fix run-eval --train train.npz --recipe free.yaml --out FIXED")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("balance: 80 training images; 0 models trained in ")
    assert "Note: Classes that count the same gain in the small ones" in answer.out
    assert answer.out.endswith(
        "The repaired model is FIXED/remedied-0.keras.\n"
        "Whether it is better: hardex prove run-eval FIXED/remedied-0.keras\n"
    )
    again = hardex("fix run-eval --train train.npz --recipe free.yaml --out FIXED")
    assert again.code == 1 and "FIXED exists; pass --force" in again.err
    found = hardex(
        "fix run-eval --train train.npz --recipe free.yaml --out FIXED --force --format json"
    )
    assert json.loads(found.out)["recipe"]["balance"] == {"logit_adjustment": 1.0}


def test_changes_are_listed_first_and_made_with_yes(ready, hardex):
    run = library.load(ready / "run-train")
    for who in ("Ann", "Bob"):
        run.annotations.add(Annotation(who, "4", "wrong", "dark"))
    (ready / "clean.yaml").write_text("clean: {run: run-train}\nbalance: {logit_adjustment: 1}\n")
    typed = "fix run-eval --train train.npz --recipe clean.yaml --out FIXED"
    listed = hardex(typed)
    assert listed.code == 1 and "1 example must be confirmed" in listed.err
    assert "│ 4  │ bright │ dark    │ Ann, Bob │ 2 of 2 annotators say dark. │" in listed.out
    assert not (ready / "FIXED").exists()


def test_evaluation_data_is_changed_by_people_alone_and_the_accuracy_is_told(ready, hardex):
    run = library.load(ready / "run-train")
    wrong = run.predictions[run.predictions.given_index != run.predictions.predicted_index]
    for id, said in zip(wrong.id[:3], wrong.predicted_label[:3], strict=True):
        for who in ("Ann", "Bob"):
            run.annotations.add(Annotation(who, id, "wrong", said))
    typed = "fix run-train --clean-evaluation --out NEW"
    assert hardex(typed).code == 1 and not (ready / "NEW").exists()
    answer = hardex(f"{typed} --yes")
    assert answer.code == 0, answer.err
    before, after = ((80 - len(wrong) + repaired) / 80 for repaired in (0, 3))
    assert answer.out == (
        "3 examples changed in the new data, NEW/data.\n"
        f"Accuracy {before:.2%} of 80 before, {after:.2%} of 80 after. A changed test set is "
        "another test set: compare models only on the same one.\n"
    )
    again = library.rank(ready / "m.keras", ready / "NEW" / "data", class_names=NAMES,
                         out=ready / "again")  # fmt: skip
    assert again.metrics["wrong"] == len(wrong) - 3
    (ready / "r.yaml").write_text("clean: {by: findings}\n")
    refused = hardex(f"{typed}2 --recipe r.yaml --yes")
    assert refused.code == 1 and "never by findings of the model" in refused.err


def test_what_is_wrong_is_one_sentence(ready, hardex):
    (ready / "r.yaml").write_text("agument: {}\n")
    wrong = hardex("fix run-eval --train train.npz --recipe r.yaml --out FIXED")
    assert wrong.code == 1 and "did you mean 'augment'?" in wrong.err
    assert hardex("fix run-eval --train train.npz").code == 2
    assert hardex("fix run-eval --train train.npz --out F --preprocess unit").code == 2
    nothing = hardex("fix run-eval --suggest")
    assert nothing.code == 1 and "has no findings yet" in nothing.err
