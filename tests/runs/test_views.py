import json
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import checksum_of, diagnosed, small_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardex import RunError, load, rank
from hardex.people.events import VERDICTS, Annotation
from hardex.runs.views import LISTS, Tables, View

NAMES = ("cat", "${1+1}", 'say "no"', "NaN")
CAUSES = ("rotation", "rare", "unexplained", "")
COUNT = 90


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a table with further columns, many ties, and classes with names that do harm.

    Some of its examples were diagnosed.
    """
    folder = tmp_path_factory.mktemp("a [strange] * name?")
    from hardex.images import write_png

    images = small_images(COUNT)
    rows = []
    for number, image in enumerate(images):
        write_png(image, folder / f"{number}.png")
        rows.append(
            {
                "file_name": f"{number}.png",
                "label": NAMES[number % 4],
                "id": f"Part-{number % 3}/{number}",
                "camera": ("left", "right", "it's")[number % 3],
                'a "quoted"; column': str(number % 2),
            }
        )
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))

    def coarse(images):
        return np.round(checksum_of(4)(images) * 8) / 8 + 1e-3

    def rows_of_one(images):
        raw = coarse(images)
        return raw / raw.sum(axis=1, keepdims=True)

    made = rank(rows_of_one, folder / "data.jsonl", out=folder / "run [1]", class_names=NAMES)
    found = np.random.default_rng(0).choice(CAUSES, COUNT)
    causes = zip(made.predictions["id"], found.tolist(), strict=True)
    return diagnosed(made, {id: cause for id, cause in causes if cause})


@pytest.fixture(scope="module")
def judged_run(run):
    """The same run, after some people said something, and one of them something else later."""
    ids = list(run.predictions["id"])
    for annotator, id, verdict in (
        ("ann", ids[0], "right"),
        ("ann", ids[1], "wrong"),
        ("bob", ids[1], "right"),
        ("ann", ids[2], "ambiguous"),
        ("ann", ids[2], "bad_image"),
    ):
        run.annotations.add(Annotation(annotator, id, verdict))
    return run


def oracle(run, view):
    """Ids of a view in order, found the slow way."""
    table = run.predictions.copy()
    ranks = {
        name: dict(zip(part["id"], part["rank"], strict=True))
        for name, part in run.hard.groupby("list")
    }
    rows = []
    for row in table.to_dict("records"):
        row["unsure"] = ranks.get("unsure", {}).get(row["id"])
        row["wrong"] = ranks.get("wrong", {}).get(row["id"])
        rows.append(row)

    def passes(row):
        in_lists = {
            "all": True,
            "hard": row["unsure"] is not None or row["wrong"] is not None,
            "unsure": row["unsure"] is not None,
            "wrong": row["wrong"] is not None,
        }
        checks = [
            in_lists[view.list],
            not view.given or row["given_label"] == view.given,
            not view.predicted or row["predicted_label"] == view.predicted,
            view.correct is None or (row["given_label"] == row["predicted_label"]) is view.correct,
            view.text.lower() in row["id"].lower(),
        ]
        if view.score:
            checks.append(view.least is None or row[view.score] >= view.least)
            checks.append(view.most is None or row[view.score] <= view.most)
        checks += [row[f"meta_{name}"] == value for name, value in view.meta.items()]
        return all(checks)

    kept = [row for row in rows if passes(row)]
    none = 10**9
    sort = view.sort or ("position" if view.list == "all" else "rank")
    sign = -1 if view.reverse else 1
    if sort == "position":
        kept.sort(key=lambda row: sign * row["position"])
    elif sort == "rank":

        def key(row):
            unsure, wrong = row["unsure"], row["wrong"]
            if view.list in ("unsure", "wrong"):
                return (sign * row[view.list], row["position"])
            best = min(unsure or none, wrong or none)
            tie = none if unsure is None else sign * unsure
            return (sign * best, tie, row["position"])

        kept.sort(key=key)
    elif sort == "cause":
        kept.sort(key=lambda row: (-row["loss"], row["position"]))
        causes = dict(zip(run.findings["id"], run.findings["cause"], strict=True))
        turns, hardest = {}, {}
        for row in kept:
            cause = row["cause"] = causes.get(row["id"])
            row["turn"] = turns[cause] = turns.get(cause, 0) + 1
            hardest.setdefault(cause, row["loss"])
        kept.sort(
            key=lambda row: (
                row["cause"] is None,
                sign * row["turn"] if row["cause"] else 0,
                -sign * hardest[row["cause"]],
                -sign * row["loss"],
                row["position"],
            )
        )
    else:
        kept.sort(key=lambda row: (-sign * row[sort], row["position"]))
    return [row["id"] for row in kept]


def ids(found):
    return [example.id for example in found.examples]


views = st.builds(
    View,
    list=st.sampled_from(LISTS),
    given=st.sampled_from(("", *NAMES)),
    predicted=st.sampled_from(("", *NAMES)),
    correct=st.sampled_from((None, True, False)),
    text=st.sampled_from(("", "part-1", "/1", "%", "_", "7", "'")),
    score=st.sampled_from(("", "loss", "confidence", "margin")),
    least=st.sampled_from((None, 0.0, 0.4, 2.0)),
    most=st.sampled_from((None, 0.5, 1.5)),
    meta=st.sampled_from(({}, {"camera": "it's"}, {"camera": "left", 'a "quoted"; column': "1"})),
    sort=st.sampled_from(("", "loss", "entropy", "confidence", "position", "cause")),
    reverse=st.booleans(),
)


@given(view=views)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_every_view_is_what_the_slow_way_finds(run, view):
    found = run.find(view, size=1000)
    assert ids(found) == oracle(run, view)
    assert found.total == len(found.examples)


@given(view=views, size=st.integers(1, 40))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_the_pages_together_are_the_whole_view(run, view, size):
    first = run.find(view, size=size)
    pages = [run.find(view, page=page, size=size) for page in range(1, first.pages + 1)]
    assert [id for page in pages for id in ids(page)] == oracle(run, view)
    assert {page.total for page in pages} == {first.total}
    assert all(len(page.examples) == size for page in pages[:-1])


def test_a_row_says_what_the_tables_say(run):
    table = run.predictions.set_index("id")
    ranks = {(row.list, row.id): row.rank for row in run.hard.itertuples()}
    for example in run.find(View(sort="loss"), size=1000).examples:
        row = table.loc[example.id]
        assert example.position == row["position"]
        assert example.given_label == row["given_label"]
        assert example.predicted_label == row["predicted_label"]
        assert example.confidence == row["confidence"]
        assert example.score == row["loss"]
        assert example.unsure == ranks.get(("unsure", example.id))
        assert example.wrong == ranks.get(("wrong", example.id))


def test_a_page_past_the_end_is_the_last_one(run):
    assert ids(run.find(View(), page=999, size=40)) == ids(run.find(View(), page=3, size=40))
    assert run.find(View(), page=-3).page == 1


def test_an_empty_view_has_one_empty_page(run):
    found = run.find(View(text="nothing is called so"))
    assert (found.total, found.page, found.pages, found.examples) == (0, 1, 1, ())


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("right", [0, 1]),
        ("wrong", [1]),
        ("ambiguous", []),  # said first, but it was changed
        ("bad_image", [2]),
        ("any", [0, 1, 2]),
        ("none", list(range(3, COUNT))),
    ],
)
def test_a_verdict_is_what_somebody_says_last(judged_run, verdict, expected):
    all_ids = list(judged_run.predictions["id"])
    found = judged_run.find(View(verdict=verdict), size=1000)
    assert ids(found) == [all_ids[position] for position in expected]


def test_a_new_verdict_is_seen_at_once(judged_run):
    view = View(verdict="not_sure")
    assert judged_run.find(view).total == 0
    judged_run.annotations.add(Annotation("eve", judged_run.predictions["id"][5], "not_sure"))
    assert judged_run.find(view).total == 1


def test_nobody_has_judged_a_fresh_run(tmp_path):
    fresh = rank(
        probabilities=np.array([[0.6, 0.4], [0.3, 0.7]]), labels=[0, 0], out=tmp_path / "run"
    )
    assert fresh.find(View(verdict="none")).total == 2
    assert fresh.find(View(verdict="any")).total == 0
    assert not (fresh.folder / "people").exists()  # looking leaves no trace


def test_causes_are_offered_once_there_is_a_diagnosis(tmp_path):
    run = rank(
        probabilities=np.array([[0.6, 0.4], [0.3, 0.7], [0.2, 0.8]]),
        labels=[0, 0, 1],
        out=tmp_path / "run",
    )
    assert run.tables.causes == ()
    with pytest.raises(RunError, match=r"none: there is no diagnosis yet\); received 'rotation'"):
        run.find(View(cause="rotation"))
    with pytest.raises(
        RunError, match=r"no findings yet; .* with hardex diagnose RUN --train DATA"
    ):
        run.find(View(sort="cause"))
    findings = pa.table({"id": ["1", "2"], "cause": ["rotation", "rare"]})
    pq.write_table(findings, run.folder / "results/findings.parquet")
    assert run.tables.causes == ("rare", "rotation")
    assert ids(run.find(View(cause="rotation"))) == ["1"]
    # The loss of 1 is the largest, that of 0 is larger than that of 2.
    assert ids(run.find(View(sort="cause"))) == ["1", "2", "0"]


@pytest.mark.parametrize("list_name", LISTS)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_view_by_cause_is_what_the_slow_way_finds(run, list_name, reverse):
    view = View(list=list_name, sort="cause", reverse=reverse)
    pages = [run.find(view, page=page, size=7) for page in range(1, run.count(view) // 7 + 2)]
    found = list(dict.fromkeys(id for page in pages for id in ids(page)))
    assert found == oracle(run, view) == run.tables.ids(view)


def test_causes_take_turns_within_a_view(run):
    """However many of a cause the filter leaves out, the rest of it takes turns."""
    found = ids(run.find(View(given=NAMES[1], sort="cause"), size=1000))
    causes = dict(zip(run.findings["id"], run.findings["cause"], strict=True))
    in_order = [causes.get(id) for id in found]
    assert set(in_order[:3]) == set(CAUSES) - {""}
    assert in_order[-1] is None and None not in in_order[: in_order.index(None)]


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (View(list="best"), "list of a view must be one of all, hard, unsure, wrong"),
        (View(given="dog"), "class of a view must be one of the run's 4; received 'dog'"),
        (View(predicted="' OR TRUE --"), "class of a view"),
        (View(sort='loss" DESC; DROP VIEW predictions; --'), "score of a view must be one of"),
        (View(score="probabilities", least=0), "score of a view must be one of confidence, least_"),
        (View(sort="id"), "score of a view"),
        (View(sort="rank"), "only the hard examples have a rank"),
        (View(meta={"lens": "a"}), "further column of a view must be one of the run's"),
        (View(verdict="maybe"), "verdict of a view must be one of right, wrong"),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(run, view, words):
    with pytest.raises(RunError, match=words) as caught:
        run.find(view)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_of_an_odd_size_is_refused(run, size):
    with pytest.raises(RunError, match="1 to 1,000 examples"):
        run.find(View(), size=size)


def test_values_of_a_further_column_come_most_frequent_first(run):
    assert run.tables.values("camera") == ("it's", "left", "right")  # as many of each: by name
    assert run.tables.values("camera", most=1) == ("it's",)
    assert set(run.tables.meta) == {"camera", 'a "quoted"; column'}


def test_columns_that_differ_only_in_case_stay_two(tmp_path):
    from hardex.images import write_png

    for number in range(4):
        write_png(small_images(1, seed=number)[0], tmp_path / f"{number}.png")
    lines = "".join(f"{n}.png,{n % 2},{'ab'[n % 2]},{'xy'[n // 2]}\n" for n in range(4))
    (tmp_path / "data.csv").write_text("file_name,label,Camera,camera\n" + lines)
    run = rank(checksum_of(2), tmp_path / "data.csv", out=tmp_path / "run")
    assert run.tables.meta == ("Camera", "camera")
    assert run.tables.values("Camera") == ("a", "b") and run.tables.values("camera") == ("x", "y")
    assert ids(run.find(View(meta={"Camera": "b", "camera": "x"}))) == ["1.png"]
    assert run.row("1.png")["meta_camera"] == "x"


def test_an_example_is_placed_by_its_id(run):
    for row in run.predictions.itertuples():
        assert run.position(row.id) == row.position
        assert run.given_label(row.id) == row.given_label
    with pytest.raises(RunError, match=r"has 90 examples, and none has the id 'Part'"):
        run.position("Part")


def test_harder_than_is_the_share_of_lower_scores(run):
    table = run.predictions
    for row in table.head(8).itertuples():
        found = run.tables.easier({"loss": row.loss, "margin": row.margin})
        assert found["loss"] == pytest.approx((table["loss"] < row.loss).mean())
        assert found["margin"] == pytest.approx((table["margin"] < row.margin).mean())


def test_given_labels_are_those_of_the_table(run):
    given = dict(zip(run.predictions["id"], run.predictions["given_label"], strict=True))
    ids = list(given)
    assert run.tables.given_labels([]) == {}
    assert run.tables.given_labels([ids[3]]) == {ids[3]: given[ids[3]]}
    assert run.tables.given_labels({*ids, "gone", "\ud800", "a\0b"}) == given
    assert run.tables.given_labels(["gone"]) == run.tables.given_labels(["\ud800"]) == {}


def test_unknown_ids_are_counted(run):
    known = list(run.predictions["id"][:3])
    assert run.tables.unknown([*known, "x", "y", "x"]) == 3
    assert run.tables.unknown([]) == 0


def test_many_may_ask_at_once(run):
    fresh = load(run.folder)
    views = [View(list=name, given=given) for name in LISTS for given in NAMES] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda view: ids(fresh.find(view)), views))
    assert found == [oracle(run, view)[:60] for view in views]


def test_a_damaged_table_is_said_in_a_sentence(tmp_path):
    run = rank(probabilities=np.array([[0.6, 0.4]] * 3), labels=[0, 0, 1], out=tmp_path / "run")
    (run.folder / "results/predictions.parquet").write_bytes(b"no table")
    with pytest.raises(RunError, match="predictions of a run must be readable"):
        load(run.folder).find(View())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a signal after a while")
def test_a_question_ends_by_ctrl_c(run):
    """As an app that is stopped while it starts: the timer's signal stands for that of Ctrl-C."""
    tables = run.tables
    assert tables.ids(View())  # all that is imported is there
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            # Long enough to be met by the signal, in parts that soon look for it.
            tables._ask("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000) b")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert tables.ids(View())


def test_tables_are_for_reading_only(run):
    before = (run.folder / "results/predictions.parquet").read_bytes()
    tables = Tables(run.folder, NAMES, lambda: (), lambda verdict: [])
    for verdict in VERDICTS:
        tables.find(View(verdict=verdict, text="'; DELETE"))
    assert (run.folder / "results/predictions.parquet").read_bytes() == before


def test_a_view_of_some_positions_has_only_these(run):
    every = ids(run.find(View(), size=COUNT))
    assert ids(run.find(View(at=(2, 0, 999_999)))) == [every[2], every[0]]  # as listed
    assert ids(run.find(View(at=(2, 0), sort="position"))) == [every[0], every[2]]
    assert run.count(View(at=(2,), list="wrong")) <= 1
