import csv
import hashlib
import json
import re
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from hardex.data.mnist import MNIST_FILES, load_mnist

MODELS = Path(__file__).parents[2] / "models"
NAMES = sorted(path.stem for path in MODELS.glob("*.keras"))
PLAIN_LAYERS = {"Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Dense"}

pytestmark = pytest.mark.parametrize("name", NAMES)


def card_of(name):
    return json.loads((MODELS / f"{name}.card.json").read_text())


def log_of(name):
    with (MODELS / f"{name}.csv").open(newline="") as file:
        return [{key: float(text) for key, text in row.items()} for row in csv.DictReader(file)]


def opened(name):
    return keras.models.load_model(MODELS / f"{name}.keras", safe_mode=True)


def layer_kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_the_demo_models_are_there(name):
    assert NAMES == ["mnist_cnn", "mnist_small"]
    assert card_of(name)["name"] == name


def test_the_card_belongs_to_this_file(name):
    content = (MODELS / f"{name}.keras").read_bytes()
    assert card_of(name)["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) < 3_000_000


def test_the_card_belongs_to_this_data(name):
    lines = (MNIST_FILES / "SHA256SUMS").read_text().splitlines()
    listed = {file: digest for digest, file in (line.split() for line in lines)}
    assert card_of(name)["data"]["sha256"] == listed


def test_the_test_accuracy_is_the_cards(name):
    images, labels = load_mnist("test")
    card = card_of(name)
    probabilities = opened(name).predict(images / np.float32(255), batch_size=500, verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    errors = int((probabilities.argmax(axis=1) != labels).sum())
    assert errors == card["test_errors"]
    assert card["test_accuracy"] == (10_000 - errors) / 10_000
    assert card["test_accuracy"] >= {"mnist_cnn": 0.990, "mnist_small": 0.970}[name]


def test_nothing_in_the_model_turns_moves_or_rescales_a_digit(name):
    model = opened(name)
    assert set(layer_kinds(model)) <= PLAIN_LAYERS
    assert card_of(name)["preprocessing"] == "unit"
    assert card_of(name)["training"]["augmentation"] == "none"


def test_the_small_model_is_one_convolution_one_pooling_and_one_dense_layer(name):
    if name == "mnist_small":
        assert layer_kinds(opened(name)) == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]


def test_a_digit_goes_in_and_ten_probabilities_come_out_of_the_embedding(name):
    model, card = opened(name), card_of(name)
    last = model.layers[-1]
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 10))
    assert (last.name, last.activation) == ("probabilities", keras.activations.softmax)
    assert model.layers[-2].name == "embedding"
    assert last.input.shape == (None, card["embedding_size"])
    assert model.count_params() == card["parameters"]
    assert not model.compiled


def test_the_last_layer_alone_turns_embeddings_into_the_probabilities(name):
    model = opened(name)
    both = tf.function(keras.Model(model.inputs, [model.layers[-1].input, model.outputs[0]]))
    embeddings, probabilities = both(load_mnist("test")[0][:50] / np.float32(255), training=False)
    np.testing.assert_allclose(model.layers[-1](embeddings), probabilities, atol=1e-6)


def test_the_log_has_the_columns_of_keras_and_every_epoch(name):
    header = (MODELS / f"{name}.csv").read_text().splitlines()[0]
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy"
    epochs = [row["epoch"] for row in log_of(name)]
    assert epochs == list(range(card_of(name)["training"]["epochs"]))


def test_the_chosen_epoch_and_seed_are_the_best_on_the_validation_part(name):
    card, log = card_of(name), log_of(name)
    best = max(log, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    assert (card["epoch"], card["val_accuracy"]) == (best["epoch"], best["val_accuracy"])
    assert card["val_accuracy"] == max(trial["val_accuracy"] for trial in card["seeds_tried"])
    chosen = {key: card[key] for key in ("seed", "epoch", "val_accuracy")}
    assert chosen in card["seeds_tried"]


def test_train_validation_and_test_are_all_of_mnist(name):
    split = card_of(name)["split"]
    assert split == {"train": 50_000, "validation": 10_000, "test": 10_000, "seed": 0}


def test_the_file_holds_no_clock_and_no_address_in_memory(name):
    with zipfile.ZipFile(MODELS / f"{name}.keras") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "date_saved" not in json.loads(archive.read("metadata.json"))
        shared = re.findall(r'"shared_object_id": (\d+)', archive.read("config.json").decode())
    assert set(shared) == {"1"}  # the one dtype of all layers


def test_the_readme_shows_the_cards_figures(name):
    card = card_of(name)
    (row,) = [
        line for line in (MODELS / "README.md").read_text().splitlines() if f"| `{name}` " in line
    ]
    size = (MODELS / f"{name}.keras").stat().st_size
    for figure in (
        f"{card['parameters']:,}",
        f"{card['embedding_size']:,}",
        f"{size / 1e6:.2f} MB",
        f"{card['val_accuracy']:.2%}",
        f"{card['test_accuracy']:.2%}",
        f"{card['test_errors']}",
    ):
        assert f"| {figure.replace('%', ' %')} |" in row
