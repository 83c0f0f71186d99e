"""Trainings that wrote into one folder of TensorBoard are kept apart."""

import pytest

from hardex.learning_curves.reading import read_log

pytest.importorskip("tensorboard")


def write(folder, begun, values, name="train", tag="epoch_loss"):
    """An event file of `{step: value}`, as Keras names it."""
    from tensorboard.compat.proto import event_pb2, summary_pb2
    from tensorboard.summary.writer.record_writer import RecordWriter

    path = folder / name / f"events.out.tfevents.{99 - begun}.host"  # its name says nothing
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for place, (step, value) in enumerate(values.items()):
            summary = summary_pb2.Summary()
            summary.value.add(tag=tag, simple_value=value)
            event = event_pb2.Event(wall_time=begun + place / 1000, step=step, summary=summary)
            writer.write(event.SerializeToString())


def falling(start, count, level):
    return {start + n: level / (1 + n) for n in range(count)}


@pytest.mark.parametrize("tag", ["epoch_loss", "loss"])
def test_a_second_training_in_the_folder_is_a_run_of_its_own(tmp_path, tag):
    for begun, count, level in ((10, 50, 2.0), (20, 15, 8.0)):
        write(tmp_path, begun, falling(0, count, level), tag=tag)
        write(tmp_path, begun + 1, falling(0, count, 2 * level), "validation", tag)
    first, second = read_log(tmp_path)
    assert (len(first), len(second)) == (50, 15)
    assert first.metrics["loss"][:2].tolist() == [2, 1]
    assert second.metrics["loss"][:2].tolist() == [8, 4]
    assert second.metrics["val_loss"][0] == 16
    assert "2 runs" in first.notes[0] and second.begun_anew


def test_a_training_that_was_resumed_is_one_run_with_its_later_values(tmp_path):
    write(tmp_path, 10, falling(0, 10, 2.0))
    write(tmp_path, 20, {7: 0.5, 8: 0.4, 9: 0.3, 10: 0.2})
    write(tmp_path, 30, {11: 0.1, 12: 0.05})
    (run,) = read_log(tmp_path)
    assert run.metrics["loss"][6:] == pytest.approx([2 / 7, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    assert "went back 1 time" in run.notes[0] and "3 rows" in run.notes[0]
