"""A recipe is read from YAML, JSON and the command line; what is wrong is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import HardexError
from hardex.remedies.recipe import (
    Balance,
    Clean,
    Collect,
    Recipe,
    amounts_of,
    read_recipe,
    recipe_of,
    recipe_text,
)
from hardex.training.augmentation import FIELDS, Amounts, Augmentation
from hardex.training.settings import Training

WHOLE = """
augment: {share: 0.4, rotation: 45, shift: [-3, 3], scale: [0.7, 1.3], flip: true, blur: false}
balance: {class_weights: true, focal: 2}
clean: {action: remove, by: findings, run: runs/train, confidence: 0.9}
collect: {probes: true, folders: [new, more]}
training: {start: retrain, epochs: 4, learning_rate: 1e-3}
reasons: {augment: pictures are turned}
"""


def test_a_whole_recipe_is_read(tmp_path):
    (tmp_path / "r.yaml").write_text(WHOLE)
    found = read_recipe(tmp_path / "r.yaml")
    assert found.augment == Augmentation(
        (
            Amounts("rotation", ((-45.0, 45.0),)),
            Amounts("shift", ((-3.0, 3.0), (-3.0, 3.0))),
            Amounts("scale", ((0.7, 1.3),)),
            Amounts("flip"),
        ),
        0.4,
    )
    assert found.balance == Balance(class_weights=True, focal=2.0)
    assert found.clean == Clean(action="remove", by="findings", run="runs/train", confidence=0.9)
    assert found.collect == Collect(probes=True, folders=("new", "more"))
    assert found.training == Training(start="retrain", epochs=4, learning_rate=0.001)
    assert found.reasons == {"augment": "pictures are turned"}
    assert found.parts == ("augment", "balance", "clean", "collect") and found.trains


AMOUNTS = st.one_of(
    st.sampled_from(["flip", "inversion"]).map(Amounts),
    st.tuples(st.sampled_from(sorted(set(FIELDS) - {"flip", "inversion"})), st.floats(0.1, 1)).map(
        lambda it: Amounts.up_to(*it)
    ),
)


@given(
    st.lists(AMOUNTS, min_size=1, max_size=4, unique_by=lambda one: one.name),
    st.floats(0.1, 1),
    st.integers(1, 99),
    st.booleans(),
)
def test_what_is_written_is_read_again(amounts, share, epochs, as_json):
    recipe = Recipe(
        augment=Augmentation(tuple(amounts), share),
        balance=Balance(logit_adjustment=1.0),
        collect=Collect(folders=("a b", "ü")),
        training=Training(epochs=epochs),
        reasons={"augment": "because: it's so"},
    )
    text = recipe_text(recipe, as_json=as_json)
    if as_json:
        assert recipe_of(json.loads(text)) == recipe
    from hardex.remedies.yaml_text import values_of

    assert recipe_of(values_of(text)) == recipe


def test_only_logit_adjustment_needs_no_training():
    assert not Recipe(balance=Balance(logit_adjustment=1.0)).trains
    assert Recipe(balance=Balance(focal=1.0)).trains
    assert Recipe(collect=Collect(probes=True)).trains


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("rotation=45", Amounts("rotation", ((-45.0, 45.0),))),
        ("rotation=-30:-10", Amounts("rotation", ((-30.0, -10.0),))),
        ("shift=-2:2,0:5", Amounts("shift", ((-2.0, 2.0), (0.0, 5.0)))),
        ("contrast=0.5", Amounts("contrast", ((0.5, 2.0),))),
        ("inversion", Amounts("inversion")),
    ],
)
def test_the_command_line_says_the_same(typed, wanted):
    assert amounts_of(typed) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agument: {}", "received 'agument' in .*r.yaml; did you mean 'augment'?"),
        ("augment: {rotatoin: 3}", "received 'rotatoin'; did you mean 'rotation'?"),
        ("training: {epoch: 3}", "did you mean 'epochs'?"),
        ("training: {xyz: 3, uvw: 1}", "received 'xyz' and 1 more; choose one of start, epochs"),
        ("balance: {sampling: over}", "did you mean 'oversample'?"),
        ("clean: {action: relable}", "did you mean 'relabel'?"),
        ("clean: {votes: 0}", "received 0.8 and 0"),
        ("balance: {class_weights: true, logit_adjustment: 1}", "received 2 of them; keep one"),
        ("balance: {focal: -1}", "from 0 to 10; received -1"),
        ("balance: {class_weights: 1}", "class_weights must be true or false; .*r.yaml has '1'"),
        ("training: {epochs: 2.5}", "epochs must be a whole number"),
        ("training: {learning_rate: fast}", "learning_rate must be a number"),
        ("training: {start: 3}", "start must be a text"),
        ("collect: {folders: new}", "folders must be a list of texts"),
        ("augment: {rotation: [1, 2, 3]}", "must be one amount, or the least and the most"),
        ("augment: {rotation: round}", r"rotation must be an amount or \[least, most\]"),
        ("augment: {share: yes, flip: true}", "share must be a number"),
        ("augment: {share: 0.5}", "names none; add one"),
        ("augment: {flip: true, share: 2}", "above 0 and at most 1"),
        ("augment: [rotation]", "augment in .*r.yaml must be words with values"),
        ("- a", "a recipe must be words with values"),
        ("schema: hardex.recipe/9", "has 'hardex.recipe/9'; install a newer hardex"),
        ("augment: {flip: true", "cannot be read .*line 1"),
        ("a: &x [1]\nb: *x", r"it has an alias"),
        ("training: {epochs: 3, epochs: 4}", "it names 'epochs' twice"),
        ("training: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("[" * 100, "nested more than 16 deep"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, text, words):
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(HardexError, match=words.replace("?", r"\?")) as error:
        read_recipe(tmp_path / "r.yaml")
    assert "\n" not in str(error.value)


def test_a_recipe_that_is_not_there_is_named(tmp_path):
    with pytest.raises(HardexError, match=r"none.json cannot be read \(FileNotFoundError\)"):
        read_recipe(tmp_path / "none.json")


@pytest.mark.parametrize("typed", ["rotate=3", "rotation=a", "rotation", "scale=0", "flip=3"])
def test_the_command_line_is_refused_in_one_sentence(typed):
    with pytest.raises(HardexError) as error:
        amounts_of(typed)
    assert "\n" not in str(error.value) and str(error.value).count("; ") >= 2
