"""Kept probes and folders of new images -> images that are added to the training data."""

import numpy as np

from hardex.data.dataset import ArrayDataset, Dataset, Shape
from hardex.data.sources import Data
from hardex.diagnosis.training import class_places
from hardex.errors import RunError
from hardex.images import transform
from hardex.images.readings import pixel_reading
from hardex.overview.nearest_training import check_there, opened_by_name
from hardex.probing.saved_probes import kept_picture, kept_probes
from hardex.remedies.recipe import Collect
from hardex.runs.run import Run
from hardex.training.pixels import Source

ADDED = "the data to add"


def sources_of(collect: Collect, run: Run, shape: Shape) -> list[Source]:
    """The images to add, each data set with the classes of the model.

    Args:
        collect: which.
        run: whose probes and classes.
        shape: (h, w, c) of the input of the model.

    Raises:
        HardexError: there are none, or they cannot be read.
    """
    names = run.manifest.class_names
    found: list[Dataset] = [probes_of(run, shape)] if collect.probes else []
    found += [opened_new(folder, run) for folder in collect.folders]
    return [(one, class_places(one, names, ADDED)) for one in found]


def opened_new(data: Data, run: Run) -> Dataset:
    """New images with labels, read as the run reads its own."""
    check_there(data, "collect: folders", ADDED)
    manifest = run.manifest
    return opened_by_name(
        data,
        manifest.class_names,
        resize=manifest.resize,
        pixels=manifest.reading.pixels,
        source=str(run.folder),
        what=ADDED,
    )


def probes_of(run: Run, shape: Shape) -> ArrayDataset:
    """The kept probes that have an expected class, as the model gets them.

    Raises:
        RunError: there are none.
    """
    probes = [one for one in kept_probes(run.folder)[0] if one.expected]
    if not probes:
        raise RunError(
            f"collect: probes needs kept probes with an expected class; {run.folder} has none; "
            "keep some on the Probe page, with the class that they should get."
        )
    fit = pixel_reading(run.manifest.reading.pixels).fit
    images = [
        fit(transform(kept_picture(run.folder, one), one.as_transform()), shape) for one in probes
    ]
    names = run.manifest.class_names
    labels = np.array([names.index(one.expected) for one in probes])
    return ArrayDataset.of(
        np.stack(images), labels, class_names=names, source=f"the kept probes of {run.folder}"
    )
