import pytest
from fakes import small_dataset, write_folders
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.data.orders import (
    check_order,
    class_orders,
    file_orders,
    lists_files,
    settled,
    sorts_classes,
)
from hardex.data.sources import open_dataset
from hardex.errors import HardexError


def files_in(dataset, word):
    return [dataset.files[i] for i in file_orders(dataset)[word]]


def classes_in(dataset, word):
    return [dataset.class_names[i] for i in class_orders(dataset)[word]]


FILES = ["2/10.png", "2/9.png", "10/1.png", "2-b/1.png", "2/sub/1.png", "2/z.png"]


def test_each_order_is_that_of_the_programs_it_is_named_after(tmp_path):
    data = open_folders(write_folders(tmp_path, FILES))
    assert classes_in(data, "natural") == ["2", "2-b", "10"]
    assert classes_in(data, "text") == classes_in(data, "path") == ["10", "2", "2-b"]
    assert files_in(data, "natural") == list(data.files)
    # Keras and torchvision: class by class, then the files of a folder before those below it.
    assert files_in(data, "text") == [
        *("10/1.png", "2/10.png", "2/9.png", "2/z.png", "2/sub/1.png", "2-b/1.png")
    ]
    assert files_in(data, "path") == sorted(FILES)


def test_keras_lists_files_in_the_order_called_text(tmp_path):
    from keras.utils import image_dataset_from_directory

    names = [f"{c}/{i}.png" for c in ("2", "10", "a") for i in (1, 2, 10)]
    root = write_folders(tmp_path, [*names, "a/b/1.png"])
    listed = image_dataset_from_directory(root, shuffle=False, image_size=(4, 4), verbose=False)
    data = open_folders(root)
    assert [path.removeprefix(f"{root}/") for path in listed.file_paths] == files_in(data, "text")
    assert listed.class_names == classes_in(data, "text")
    chosen = ["a", "2", "10"]
    listed = image_dataset_from_directory(
        root, shuffle=False, image_size=(4, 4), verbose=False, class_names=chosen
    )
    data = open_folders(root, class_names=chosen)
    assert [path.removeprefix(f"{root}/") for path in listed.file_paths] == files_in(
        data, "classes"
    )


def test_only_what_was_found_by_its_name_can_be_ordered_otherwise(tmp_path):
    root = write_folders(tmp_path / "data", FILES)
    assert lists_files(open_folders(root)) and sorts_classes(open_folders(root))
    named = open_folders(root, class_names=["2", "10", "2-b"])
    assert lists_files(named) and not sorts_classes(named)
    assert classes_in(named, "text") == ["2", "10", "2-b"]
    digits = small_dataset(3)
    assert not lists_files(digits) and not sorts_classes(digits)
    by_name = ArrayDataset.of(digits.images, ["10", "2", "10"])
    assert sorts_classes(by_name) and classes_in(by_name, "text") == ["10", "2"]
    assert not sorts_classes(ArrayDataset.of(digits.images, ["1", "0", "1"]))
    for name, rows, sorts in (
        ("t", "2/9.png,10\n2/10.png,2", True),
        ("n", "2/9.png,1\n2/10.png,0", False),
    ):
        (root / f"{name}.csv").write_text(f"file,label\n{rows}\n")
        table = open_dataset(root / f"{name}.csv")
        assert (lists_files(table), sorts_classes(table)) == (False, sorts)
        assert files_in(table, "text") == ["2/9.png", "2/10.png"]


names = st.lists(st.text("12a/.", min_size=1, max_size=4), unique=True, min_size=1, max_size=6)


@given(names=names, order=st.randoms(use_true_random=False))
def test_an_order_is_taken_only_if_it_is_the_only_one_or_asked_for(names, order):
    natural = list(range(len(names)))
    text = natural[:]
    order.shuffle(text)
    ways = {"natural": natural, "text": text, "path": text}

    def take(asked):
        return settled(
            ways, asked, what="rows", name=names.__getitem__, advice="name them", kind=HardexError
        )

    if text == natural:
        assert take("") == take("text") == ("same", natural)
        return
    assert (take("text"), take("natural")) == (("text", text), ("natural", natural))
    with pytest.raises(HardexError) as caught:
        take("")
    place = next(i for i in natural if text[i] != i)
    assert f"number {place} (counted from 0) is {names[place]} in nat" in str(caught.value)
    assert f"and {names[text[place]]} in text order; name them, or pass" in str(caught.value)


def test_another_word_is_no_order():
    check_order("")
    with pytest.raises(
        HardexError, match=r"--order must be one of natural, text, path, classes; rec"
    ):
        check_order("sorted")
