"""Reports of small runs: whole, bounded, escaped, and the same in each format."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pytest
from fakes import contents, small_images
from hypothesis import given
from hypothesis import strategies as st

import hardex
from hardex.people.events import Annotation
from hardex.reporting.pictures import shares
from hardex.reporting.report import contents_of
from hardex.runs.findings import FINDINGS, Finding, write_findings
from tests.app.fake_runs import HOSTILE, diagnosed, run_without_images, small_run

VOID = {"meta", "img", "link", "br", "hr", "input"}


class Elements(HTMLParser):
    """What a browser would make of a page: elements, attributes, and whether all are closed."""

    def __init__(self, page):
        super().__init__()
        self.names, self.attributes, self.open, self.text = set(), [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def run(tmp_path):
    return small_run(tmp_path, per_class=3)[0]


def page_of(run, **options):
    text = StringIO()
    hardex.report(run, out=text, **options)
    return text.getvalue()


def test_a_page_needs_nothing_but_itself(run):
    seen = Elements(page_of(run))
    assert not seen.names & {"script", "link", "iframe", "object", "form"}
    urls = [value for name, value in seen.attributes if name in ("src", "href", "srcset")]
    assert urls and all(url.startswith("data:image/png;base64,") for url in urls)
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert "url(" not in page_of(run) and "@import" not in page_of(run)


def test_the_summary_is_the_first_thing_to_read(run):
    page = page_of(run)
    summary = page[page.index('class="summary"') :]
    assert len(re.findall("<p>", summary[: summary.index("</div>")])) == 5
    assert page.index("is right on") < page.index("<svg") < page.index("<img")


def test_every_text_is_escaped(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=list(HOSTILE), count=60)
    findings = [
        Finding(id=id, cause="rotation", confidence=0.9, amount=30.0, why=HOSTILE[0] + HOSTILE[3])
        for id in dict.fromkeys(run.hard.id)
    ]
    diagnosed(run, findings)
    page = page_of(run)
    seen = Elements(page)
    assert not seen.names & {"script"} and "onerror" not in dict(seen.attributes)
    told = "".join(seen.text)
    assert "<script>alert(1)</script>" in told and "{{x}}" in told and "two\\nlines" in told
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
    markdown = page_of(run, format="markdown")
    assert "<script>" not in markdown.replace("\\<script\\>", "")


def test_all_formats_say_the_same(run):
    found = json.loads(page_of(run, format="json"))
    markdown = page_of(run, format="markdown").replace("\\", "")
    page = "".join(Elements(page_of(run)).text)
    assert found["schema"] == "hardex.report/1"
    for sentence in found["summary"]:
        assert sentence in markdown and sentence in page
    assert (
        found["runs"][0]["matrix"]["counts"]
        == contents_of([run]).as_json()["runs"][0]["matrix"]["counts"]
    )
    assert "picture" not in json.dumps(found["runs"][0]["lists"])


def test_thumbnails_are_those_of_the_first_ranks(run):
    seven = contents_of([run], thumbnails=7)
    assert [len(one.cards) for one in seven.runs[0].lists] == [4, 3]
    everything = contents_of([run]).runs[0].lists
    for few, all_of_them in zip(seven.runs[0].lists, everything, strict=True):
        assert few.cards == all_of_them.cards[: len(few.cards)]
    assert contents_of([run], thumbnails=0).shown == 0


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 60))
def test_lists_take_turns(totals, count):
    shown = shares(totals, count)
    assert sum(shown) == min(count, sum(totals))
    assert all(one <= total for one, total in zip(shown, totals, strict=True))
    one_more = shares(totals, count + 1)
    assert all(a <= b for a, b in zip(shown, one_more, strict=True))
    short = [one for one, total in zip(shown, totals, strict=True) if one < total]
    assert not short or max(shown) - min(short) <= 1


def test_a_report_that_would_be_too_large_says_how_many_would_fit(run):
    whole = contents_of([run])
    urls = [len(card.picture.url) for one in whole.runs[0].lists for card in one.cards]
    with pytest.raises(hardex.RunError) as error:
        contents_of([run], most_bytes=sum(urls[:5]) + 1)
    assert "5 hard examples would fit; pass --thumbnails 5 or fewer." in str(error.value)


def test_two_hundred_thumbnails_fit_into_five_megabytes_even_of_noise(tmp_path):
    images = small_images(40, size=170, channels=3)
    run = hardex.rank(
        probabilities=np.full((40, 2), 0.5), labels=np.zeros(40, int), out=tmp_path / "run",
        data=_kept(tmp_path, images), per_class=40, class_names=["0", "1"], allow_duplicates=True,
    )  # fmt: skip
    found = hardex.report(run, out=tmp_path / "r.html", thumbnails=40)
    assert found.thumbnails == 40 and found.size < 5_000_000 * 40 / 200


def _kept(folder, images):
    np.savez(folder / "data.npz", images=images, labels=np.zeros(len(images), int))
    return folder / "data.npz"


def test_causes_come_with_their_evidence(run):
    wrong = run.hard[run.hard["list"] == "wrong"]
    rows = wrong.head(2).to_dict(orient="records")
    diagnosed(
        run,
        [Finding(id=rows[0]["id"], cause="rotation", confidence=0.9, amount=90.0, why="turned."),
         Finding(id=rows[1]["id"], cause="junk", confidence=0.8, why="not like any class.")],
    )  # fmt: skip
    part = contents_of([run]).runs[0].causes
    first, second = part.examples
    assert (first.cause, first.cards[0].undone is None, second.cards[0].undone) == (
        "rotation", False, None,
    )  # fmt: skip
    assert [table.title for table in part.tables] == ["Causes", "Self-test, with 95 % intervals"]
    page = page_of(run)
    assert "turned." in page and "Not judged: flip" in page
    assert "rotation (1)" in contents_of([run]).summary[3]


def test_a_diagnosis_whose_amount_makes_no_sense_loses_only_a_picture(run):
    findings = [Finding(id=run.hard.id[0], cause="scale", confidence=0.9, amount=0.0)]
    diagnosed(run, findings)
    write_findings(run.folder / "results" / FINDINGS, findings, ["scale"])
    assert contents_of([run]).runs[0].causes.examples[0].cards[0].undone is None


def test_people_are_counted_and_not_named(run):
    id, given_label = run.hard.id[0], run.hard.given_label[0]
    other = next(name for name in run.manifest.class_names if name != given_label)
    for who, said in (("anna-maria", other), ("ben", other), ("carl", given_label)):
        verdict = "right" if said == given_label else "wrong"
        label = "" if said == given_label else other
        run.annotations.add(Annotation(who, id, verdict, new_label=label, said=said, shown="blind"))
    found = contents_of([run])
    assert found.summary[4] == (
        "3 people have judged 1 example; by their consensus, 1 of them is of another class than "
        "given."
    )
    assert found.runs[0].judged.tables[0].rows[0][:3] == (id, given_label, other)
    assert "anna-maria" not in page_of(run)


def test_several_runs_are_compared(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    first, second = (small_run(tmp_path / name)[0].folder for name in "ab")
    found = contents_of([first, second])
    assert len(found.summary) == 5 and len(found.runs) == 2
    assert found.summary[1].startswith("Too few answers of a/run and b/run differ")
    assert [table.title for table in found.comparison.tables][-1] == "Lists"
    assert found.comparison.tables[0].rows[0][0] == "a/run"
    text = StringIO()
    hardex.report(first, second, out=text)
    Elements(text.getvalue())


def test_a_run_without_pictures_has_a_report(tmp_path):
    page = page_of(run_without_images(tmp_path))
    assert "no picture in the run" in page and "<img" not in page
    assert "The model is right on 2 of 4 examples: accuracy 50.00 %" in page


def test_a_report_is_whole_or_absent_and_replaces_nothing_unasked(run, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(hardex.RunError, match="pass --force to replace it"):
        hardex.report(run, out=out)
    (run.folder / "results" / "metrics.json").rename(tmp_path / "away")
    with pytest.raises(hardex.RunError, match=r"metrics.json"):
        hardex.report(hardex.load(run.folder), out=out, force=True)
    (tmp_path / "away").rename(run.folder / "results" / "metrics.json")
    assert contents(tmp_path) == before
    assert hardex.report(run, out=out, force=True).size == out.stat().st_size
    assert contents(tmp_path).keys() == before.keys()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"format": "pdf"}, "one of html, markdown, json; received 'pdf'"),
        ({"thumbnails": -1}, "must be 0 or more; received -1"),
        ({"out": "nowhere/report.html"}, "must go to an existing folder; nowhere is not one"),
        ({"out": "."}, "must go to a file; . is none"),
    ],
)
def test_what_cannot_be_done_is_said(run, options, why):
    with pytest.raises(hardex.RunError, match=re.escape(why)):
        hardex.report(run, force=True, **options)


def test_no_run_is_no_report():
    with pytest.raises(hardex.RunError, match="a report needs a run; received none"):
        contents_of([])


def test_a_report_loads_no_tensorflow(run):
    code = (
        "import io, sys, hardex; hardex.report(sys.argv[1], out=io.StringIO()); "
        "print(sorted({'tensorflow', 'keras', 'gradio', 'matplotlib'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(run.folder)], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_annotations_that_cannot_be_read_keep_nothing_else_back(run):
    (run.folder / "people").mkdir(exist_ok=True)
    (run.folder / "people" / "annotations.sqlite").write_bytes(b"no database" * 99)
    part = contents_of([hardex.load(run.folder)]).runs[0]
    assert part.judged is None and part.notes[-1].startswith("The annotations are left out: ")


def test_a_report_of_many_shows_two_hundred(tmp_path):
    rows = np.tile([0.6, 0.4], (300, 1))
    run = hardex.rank(probabilities=rows, labels=np.ones(300, int), out=tmp_path / "run", count=150)
    found = contents_of([run])
    assert [len(one.cards) for one in found.runs[0].lists] == [100, 100]
    assert "100 of 150, the hardest first" in page_of(run)
