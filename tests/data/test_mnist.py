import gzip
import hashlib
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from hardex.data.mnist import MNIST_FILES, MNIST_PARTS, load_mnist
from hardex.errors import DatasetError

# As published; the digits 0 to 9 in order.
DIGIT_COUNTS = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_every_shipped_file_has_the_checksum_on_its_list():
    lines = (MNIST_FILES / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    shipped = {path.name: sha256(path.read_bytes()) for path in MNIST_FILES.glob("*.gz")}
    assert len(shipped) == 4
    assert shipped == listed


def test_the_licence_page_names_the_authors_and_the_unpacked_files():
    page = (MNIST_FILES / "LICENSE-MNIST.md").read_text()
    for name in ("LeCun", "Cortes", "Burges", "https://creativecommons.org/licenses/by-sa/3.0/"):
        assert name in page
    listed = dict(re.findall(r"`(\S+\.gz)` \| `([0-9a-f]{64})`", page))
    unpacked = {
        path.name: sha256(gzip.decompress(path.read_bytes())) for path in MNIST_FILES.glob("*.gz")
    }
    assert listed == unpacked


@pytest.mark.parametrize("part", MNIST_PARTS)
def test_a_part_is_whole(part):
    images, labels = load_mnist(part)
    assert images.shape == (sum(DIGIT_COUNTS[part]), 28, 28, 1) and images.dtype == np.uint8
    assert labels.shape == (len(images),) and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == DIGIT_COUNTS[part]
    assert (images.min(), images.max()) == (0, 255)


def test_the_first_test_digit_is_an_upright_seven():
    images, labels = load_mnist("test")
    seven = images[0, :, :, 0]
    assert labels[0] == 7
    assert seven[7, 6:12].tolist() == [84, 185, 159, 151, 60, 36]  # the bar of the 7, from the left
    assert seven[:7].max() == 0 and seven[27].max() == 0


def test_the_test_part_loads_in_well_under_a_second():
    start = time.process_time()
    load_mnist("test")
    assert time.process_time() - start < 1


@pytest.mark.parametrize("part", ["validation", "", "Test"])
def test_a_part_that_is_not_there_is_refused_with_those_that_are(part):
    with pytest.raises(
        DatasetError, match=rf"^the shipped MNIST has .* train and test; received '{part}'; pass"
    ):
        load_mnist(part)


def test_loading_digits_loads_neither_tensorflow_nor_pandas():
    program = (
        "import sys; from hardex.data.mnist import load_mnist; load_mnist('test'); "
        "print({'tensorflow', 'keras', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")
