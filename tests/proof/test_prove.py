import json

import numpy as np
import pytest
from fakes import brightness

import hardex
from hardex.errors import HardexError
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import keep
from hardex.proof.history import history
from hardex.proof.plain import as_json
from hardex.proof.wording import sentences
from hardex.runs.seal import read_seal, seal_uses

from .made_models import NAMES, Answering, model_of, pictures, write

COUNT = 400


@pytest.fixture
def made(tmp_path):
    """Pictures in a file, with a model that has 60 of 400 wrong."""
    images, labels = pictures(COUNT)
    write(tmp_path / "data.npz", images, labels)
    return tmp_path, images, labels, model_of("old", images, labels, range(60))


@pytest.fixture
def run(made):
    folder, _, _, old = made
    return hardex.rank(old, folder / "data.npz", seal=0.5, out=folder / "run", per_class=1)


def later(made, wrong, name="new", sure=0.8):
    return model_of(name, made[1], made[2], wrong, sure=sure)


def sealed_rows(run, made):
    return [row for row in range(COUNT) if read_seal(run.folder).holds(made[1][row])]


# ------------------------------------------------------------------ where


def test_the_sealed_part_proves_and_each_use_makes_the_next_stricter(made, run):
    sealed = sealed_rows(run, made)
    broken = [row for row in sealed if row < 60]
    for use, level in ((1, 0.025), (2, 0.05 / 6), (3, 0.05 / 12)):
        found = hardex.prove(run, later(made, []), model=made[3])
        assert (found.verdict, found.uses, found.level) == ("better", use, pytest.approx(level))
        assert (found.kind, found.evidence.examples) == ("sealed", len(sealed))
        assert (found.evidence.repaired, found.evidence.broken) == (len(broken), 0)
        assert found.repaired == tuple(map(str, broken))
    assert seal_uses(run.folder) == 3
    assert [one.level for one in history(run).proofs] == pytest.approx([1 / 40, 1 / 120, 1 / 240])


def test_a_worse_model_is_called_worse_and_names_what_it_breaks(made, run):
    found = hardex.prove(run.folder, later(made, range(150)), model=made[3])
    assert found.verdict == "worse"
    assert set(found.broken) == {str(row) for row in sealed_rows(run, made) if 60 <= row < 150}
    assert {one.class_name for one in found.classes} == set(NAMES)
    assert any(one.p_holm < found.level and one.difference < 0 for one in found.classes)


def test_another_seed_is_no_measurable_difference(made, run):
    found = hardex.prove(run, later(made, range(5, 68)), model=made[3])
    assert found.verdict == "no_measurable_difference"
    assert found.evidence.detectable > 0.01 and found.evidence.needed is not None


def test_without_a_seal_nothing_is_provable(made):
    folder, _, _, old = made
    run = hardex.rank(old, folder / "data.npz", out=folder / "open", per_class=1)
    found = hardex.prove(run, later(made, []))
    assert (found.verdict, found.kind, found.uses) == ("not_provable", "looked_at", 0)
    told = as_json(found)
    assert told["difference"] is told["low"] is told["p_mcnemar"] is None
    assert told["looked_at"]["difference"] == pytest.approx(60 / 400)
    assert 0 < told["detectable"] < 0.1 and told["needed"] == 53
    assert "Not provable on data that was looked at" in told["sentence"]


def test_data_that_is_gone_or_changed_shows_nothing(made):
    folder, images, labels, old = made
    run = hardex.rank(old, folder / "data.npz", out=folder / "open", per_class=1)
    write(folder / "data.npz", images, np.roll(labels, 1))
    found = hardex.prove(run.folder, later(made, []))
    assert (found.verdict, found.evidence) == ("not_provable", None)
    assert "could not be looked at" in found.notes[0] and "other images" in found.notes[0]


def test_two_models_need_data(made):
    found = hardex.prove(made[3], later(made, []))
    assert (found.verdict, found.kind, found.evidence) == ("not_provable", "nowhere", None)


def test_two_models_are_compared_on_confirming_data(made):
    found = hardex.prove(made[3], later(made, []), confirm=made[0] / "data.npz")
    assert (found.verdict, found.level, found.uses) == ("better", 0.05, 1)
    assert (found.evidence.repaired, found.evidence.broken) == (60, 0)


def test_confirming_data_is_without_what_the_run_holds(made, run):
    """Of 400 known pictures and 300 new ones, the new ones count, also of a sealed run."""
    folder, images, labels, _ = made
    fresh, truth = pictures(300, seed=7)
    both, names = np.concatenate([images, fresh]), np.concatenate([labels, truth])
    write(folder / "confirm.npz", both, names)
    old, new = model_of("old", both, names, range(380, 450)), model_of("new", both, names, [])
    found = hardex.prove(run, new, model=old, confirm=folder / "confirm.npz")
    sealed = len(sealed_rows(run, made))
    counts = {word: one.examples for word, one in found.left_out.items()}
    assert counts == {"looked_at": COUNT - sealed, "sealed": sealed}
    assert (found.evidence.examples, found.evidence.repaired) == (300, 50)
    assert (found.verdict, found.level, seal_uses(run.folder)) == ("better", 0.05, 0)
    again = hardex.prove(run, new, model=old, confirm=folder / "confirm.npz")
    assert (again.uses, again.level) == (2, pytest.approx(0.05 / 6))


def test_training_images_are_left_out(made, run):
    folder, images, labels, old = made
    sealed = sealed_rows(run, made)
    write(folder / "train.npz", images[sealed[:9]], labels[sealed[:9]])
    found = hardex.prove(run, later(made, []), model=old, train=folder / "train.npz")
    left_out = found.left_out["trained_on"]
    assert (left_out.examples, left_out.ids) == (9, tuple(map(str, sealed[:9])))
    assert any("left out, which are in the training data" in one for one in sentences(found))
    assert found.evidence.examples == len(sealed) - 9


def test_confirming_data_that_is_all_known_proves_nothing(made, run):
    found = hardex.prove(run, later(made, []), model=made[3], confirm=made[0] / "data.npz")
    assert (found.verdict, found.uses, seal_uses(run.folder)) == ("not_provable", 0, 0)
    assert sum(one.examples for one in found.left_out.values()) == COUNT
    assert "is left that nobody looked at" in as_json(found)["sentence"]


def test_a_seal_too_small_for_any_test_stays_closed(made):
    folder, images, labels, old = made
    write(folder / "few.npz", images[:9], labels[:9])
    run = hardex.rank(old, folder / "few.npz", seal=0.5, out=folder / "few", per_class=1)
    assert 0 < run.manifest.counts["sealed"] < 7
    found = hardex.prove(run, later(made, []), model=old)
    assert (found.verdict, seal_uses(run.folder)) == ("not_provable", 0)
    assert "too few" in as_json(found)["sentence"]


# ------------------------------------------------------------------ refused before a use is spent


def nan(images):
    return np.full((len(images), 3), np.nan)


def five(images):
    return np.full((len(images), 5), 0.2)


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (Answering("five", {}, class_count=5), r"one output per class of BEFORE; five has 5 and"),
        (five, "5"),
        (nan, "NaN"),
        (Answering("large", {}, input_shape=(9, 9, 1)), "expects images of 9 x 9 x 1"),
        ("no-such-model.keras", "no-such-model.keras"),
    ],
)
def test_a_model_that_does_not_fit_costs_no_use_of_the_seal(made, run, after, why):
    with pytest.raises(HardexError, match=why) as caught:
        hardex.prove(run, after, model=made[3])
    assert "\n" not in str(caught.value)
    assert seal_uses(run.folder) == 0 and not history(run).proofs


def test_classes_in_another_order_are_seen_and_can_be_said(made, run):
    right = later(made, [])
    turned = Answering("turned", {key: row[[2, 0, 1]] for key, row in right.rows.items()})
    with pytest.raises(HardexError, match=r"called as they were trained; turned: .*--classes"):
        hardex.prove(run, turned, model=made[3])
    found = hardex.prove(run, turned, model=made[3], class_names=["owl", "cat", "dog"])
    assert (found.verdict, found.uses) == ("better", 1)
    with pytest.raises(HardexError, match=r"--classes must name the classes of BEFORE"):
        hardex.prove(run, turned, model=made[3], class_names=["owl", "cat", "cow"])


def test_another_scale_is_seen(tmp_path):
    images, labels = np.zeros((300, 4, 4, 1), np.uint8), np.arange(300) % 2
    images += np.where(labels, 200, 40)[:, None, None, None].astype(np.uint8)
    images += np.arange(300)[:, None, None, None].astype(np.uint8) // 8
    images[:, 0, 0, 0] = np.arange(300) % 50
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    run = hardex.rank(brightness, tmp_path / "data.npz", seal=0.5, out=tmp_path / "run")

    def scaled(pixels):  # trained on pixels in 0..1, called with 0..255
        bright = np.clip(pixels.mean(axis=(1, 2, 3)), 0, 1)
        return np.stack([1 - bright, bright], axis=1)

    with pytest.raises(HardexError, match=r"pass --preprocess \w+; if it is right as it is, say"):
        hardex.prove(run, scaled, trust_model=True)
    assert seal_uses(run.folder) == 0
    found = hardex.prove(run, scaled, trust_model=True, preprocess="unit")
    assert found.verdict == "no_measurable_difference"


def test_a_run_of_saved_probabilities_has_no_model(made):
    folder, images, _, old = made
    run = hardex.rank(
        probabilities=old.probabilities(images), data=folder / "data.npz", class_names=NAMES,
        seal=0.5, out=folder / "saved",
    )  # fmt: skip
    with pytest.raises(HardexError, match="made from saved probabilities; pass the model itself"):
        hardex.prove(run, later(made, []))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"level": 0.7}, "--level must be above 0 and below 0.5"),
        ({"target": "rotaton"}, "did you mean rotation"),
        ({"placebo": ["x"] * 51}, "--placebo takes at most 50 models; received 51"),
        ({"confirm": "nowhere.npz"}, "--confirm must be the confirming data"),
        ({"train": "nowhere.npz"}, "--train must be the training data"),
        ({"out": "proof.txt"}, r"--out must be a \.json file"),
    ],
)
def test_bad_options_are_one_sentence(made, run, options, why):
    with pytest.raises(HardexError, match=why) as caught:
        hardex.prove(run, later(made, []), model=made[3], **options)
    assert "\n" not in str(caught.value) and seal_uses(run.folder) == 0


# ------------------------------------------------------------------ more than the verdict


def test_both_arms_answer_whether_it_is_the_remedy(made, run):
    remedied = [later(made, [one], f"r{one}", sure=0.8 + one / 50) for one in (1, 2)]
    placebo = [later(made, range(one, one + 60), f"p{one}") for one in (2, 4, 6)]
    found = hardex.prove(
        run, later(made, []), model=made[3], remedied=remedied, placebo=placebo, target="flip"
    )
    assert found.remedy.answer == "helps"
    assert (len(found.remedy.remedied), len(found.remedy.placebo)) == (3, 3)
    assert found.hard_set.examples == run.hard.id.nunique()
    assert (found.hard_set.remedied, found.hard_set.placebo) == (3, 3)
    assert found.targeted.target == "flip"


def test_the_hard_set_counts_only_beyond_a_placebo(made, run):
    """All hard examples right, where the model without the remedy has a known share of them."""
    assert hardex.prove(run, later(made, []), model=made[3]).hard_set is None
    known = later(made, range(0, 60, 2), "placebo")
    found = hardex.prove(run, later(made, []), model=made[3], placebo=[known])
    hard = run.hard.id.drop_duplicates().astype(int)
    missed = ((hard < 60) & (hard % 2 == 0)).mean()
    assert found.hard_set.gain == pytest.approx(missed) and found.hard_set.interval is None


def test_slices_are_compared(tmp_path):
    from fakes import write_folders

    files = [f"{'ab'[i % 2]}/{i:03}.png" for i in range(120)]
    root = write_folders(tmp_path / "data", files)
    lights = ["night" if i % 3 == 0 else "day" for i in range(120)]
    rows = [f"{name},{name[0]},{light}" for name, light in zip(files, lights, strict=True)]
    (root / "metadata.csv").write_text("file_name,label,light\n" + "\n".join(rows) + "\n")
    from hardex.data.sources import open_dataset

    data = open_dataset(root)
    truth = {data.image(i).tobytes(): int(data.labels[i]) for i in range(120)}

    def answers(wrong):
        return Answering(
            f"{len(wrong)} wrong",
            {
                key: np.eye(2)[1 - label if row in wrong else label]
                for row, (key, label) in enumerate(truth.items())
            },
            class_count=2,
        )

    found = hardex.prove(answers(range(0, 120, 3)), answers([]), confirm=root)
    slices = {one.class_name: one for one in found.slices}
    assert slices["light=night"].repaired == 40 and slices["light=day"].repaired == 0
    assert slices["light=night"].p_holm < 0.001


def test_kept_probes_are_replayed(made, run):
    """Of three, the first two are repaired and broken; nobody expects anything of the third."""
    _, images, labels, old = made
    for row, expected in ((0, NAMES[labels[0]]), (90, NAMES[labels[90]]), (91, "")):
        said = old.probabilities(images[row : row + 1])[0]
        probe = KeptProbe(
            kind="image",
            shape=images[row].shape,
            model="a hash",
            predicted=NAMES[said.argmax()],
            confidence=float(said.max()),
            expected=expected,
        )
        keep(run.folder, probe, images[row])
    found = hardex.prove(run, later(made, [90, 91]), model=old).probes
    assert (found.kept, len(found.changed), found.expected) == (3, 3, 2)
    assert (found.met_before, found.met_after, len(found.broken)) == (1, 1, 1)


# ------------------------------------------------------------------ kept


def test_a_proof_is_kept_in_its_run_and_survives_force(made, run):
    found = hardex.prove(run, later(made, []), model=made[3], out=made[0] / "proof.json")
    (past,) = history(run).proofs
    assert (past.verdict, past.before, past.after) == ("better", "run", "new")
    written = json.loads((made[0] / "proof.json").read_text(encoding="utf-8"))
    assert written["schema"] == "hardex.proof/1" and written["verdict"] == "better"
    assert written["difference"] == found.evidence.difference
    hardex.rank(made[3], made[0] / "data.npz", out=run.folder, force=True, per_class=1)
    assert history(run).proofs == (past,) and history(run).uses == 1
    with pytest.raises(HardexError, match="pass --force"):
        hardex.prove(run, later(made, []), model=made[3], out=made[0] / "proof.json")


def test_a_use_without_a_proof_is_counted(made, run):
    class Failing(Answering):
        def probabilities(self, images):
            if seal_uses(run.folder):
                raise HardexError("it stops here.")
            return super().probabilities(images)

    with pytest.raises(HardexError, match="it stops here"):
        hardex.prove(run, Failing("failing", later(made, []).rows), model=made[3])
    found = history(run)
    assert (found.uses, found.unfinished, found.proofs) == (1, 1, ())
    assert hardex.prove(run, later(made, []), model=made[3]).uses == 2


def test_a_verdict_is_not_lost_where_it_cannot_be_kept(made, run):
    """As on a full disk: the use is spent, and the proof says that it is not in the run."""

    class Blocking(Answering):
        def probabilities(self, images):
            home = run.folder / "proofs"
            if seal_uses(run.folder) and home.is_dir():
                home.rmdir()
                home.write_text("no folder")
            return super().probabilities(images)

    found = hardex.prove(run, Blocking("new", later(made, []).rows), model=made[3])
    assert (found.verdict, found.file) == ("better", "")
    assert found.notes[-1].startswith("The proof is not kept in the run: the proofs of a run must")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "hardex.proof/1", "verdict": "perfect"}', "[" * 99]
)
def test_a_damaged_proof_is_named_and_hides_no_other(made, run, text):
    hardex.prove(run, later(made, []), model=made[3])
    (run.folder / "proofs/0.json").write_text(text)
    found = history(run)
    assert len(found.proofs) == 1
    (problem,) = found.problems
    assert "0.json is no proof that hardex wrote" in problem and "\n" not in problem


def test_proofs_are_not_written_through_a_link(made, run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (run.folder / "proofs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HardexError, match="must lie in its folder"):
        hardex.prove(run, later(made, []), model=made[3])
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_verdict_is_the_same_again(made):
    found = [
        as_json(hardex.prove(made[3], later(made, range(40)), confirm=made[0] / "data.npz"))
        for _ in range(2)
    ]
    for one in found:
        del one["created"]
    assert found[0] == found[1]
