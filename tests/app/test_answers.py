import pytest

from hardex_app.answers import for_visitors

from .fake_runs import small_run


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("they were at /home/ann/a/data.npz; show them.", "they were at data.npz; show them."),
        ("the model must be at C:\\models\\cnn.keras.", "the model must be at cnn.keras."),
        ("cannot read '/srv/x/y.png': it is none.", "cannot read 'y.png': it is none."),
        ("a score is 1/2 or and/or so.", "a score is 1/2 or and/or so."),
        ("pass mnist:test or https://a.b/c.", "pass mnist:test or https://a.b/c."),
        ("use --data", "use --data"),
    ],
)  # fmt: skip
def test_visitors_see_no_folders(sentence, shown):
    assert for_visitors(sentence) == shown


def test_the_folders_of_a_run_are_hidden_also_with_spaces_in_them(tmp_path):
    folder = tmp_path / "my secret (1) folder"
    folder.mkdir()
    run, _ = small_run(folder)
    for path in (run.folder, run.manifest.data.path):
        assert "secret" not in for_visitors(f"the file {path} is gone; show it.", run)
