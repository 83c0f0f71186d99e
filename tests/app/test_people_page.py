"""The People page: invitations, progress, agreement and export, for the owner alone."""

import csv
from contextlib import closing
from io import StringIO
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from hardex.errors import HardexError
from hardex.people.access import Access
from hardex.people.address import keep_address
from hardex.people.events import Annotation
from hardex_app import inviting
from hardex_app.auth.keys import Keys

from .conftest import close_visit, open_visit, until
from .fake_runs import entered, inspecting, serving, small_run


def blind(annotator, id, answer, given):
    """A blind answer, with the verdict that follows."""
    verdict, new = ("right", "") if answer == given else ("wrong", answer)
    return Annotation(annotator, id, verdict, new, "", 2.0, said=answer, shown="blind")


def judge_some(run):
    """Anna and Bert judge three examples, and disagree on the last; Anna judges one more."""
    given = run.tables.given_labels(["0", "1", "2", "3"])
    for id in "012":
        run.annotations.add(blind("Anna", id, given[id], given[id]))
    for id in "01":
        run.annotations.add(blind("Bert", id, given[id], given[id]))
    other = next(name for name in run.manifest.class_names if name != given["2"])
    run.annotations.add(blind("Bert", "2", other, given["2"]))
    run.annotations.add(blind("Anna", "3", given["3"], given["3"]))
    return given, other


@pytest.fixture
def app(tmp_path):
    """A shared app with some answers, and its address."""
    run, classifier = small_run(tmp_path, shape=(8, 8, 1))
    given, other = judge_some(run)
    workspace = inspecting(run, classifier, overlap=2)
    with closing(Keys(workspace)) as keys, serving(workspace, keys) as served:
        yield SimpleNamespace(
            run=run, workspace=workspace, url=served.url, keys=keys, given=given, other=other
        )


def test_what_the_page_shows_is_what_was_stored(app):
    keep_address(app.run.folder, app.url)
    token = inviting.invite({"name": "Vera", "can": "view", "expires": "4w"}, app.run)["link"]
    assert token.startswith(f"{app.url}enter#")
    found = inviting.people(app.run, app.workspace.desk)
    assert found["address"] == app.url.rstrip("/")
    rows = {one["name"]: one for one in found["people"]}
    assert list(rows) == ["Anna", "Bert", "Vera"]
    assert (rows["Anna"]["judged"], rows["Bert"]["judged"], rows["Vera"]["judged"]) == (4, 3, 0)
    assert (rows["Vera"]["can"], rows["Vera"]["links"]) == (["view"], {"open": 1})
    assert rows["Anna"]["seconds"] == 2.0
    wanted = 2 * len(app.workspace.desk.queue.plan.ids)
    assert found["progress"]["wanted"] == wanted and found["progress"]["votes"] <= 7
    (conflict,) = found["conflicts"]["examples"]
    assert (conflict["id"], found["conflicts"]["at"]) == ("2", [2])
    assert sorted(answer for answer, _ in conflict["answers"]) == sorted(
        [app.given["2"], app.other]
    )
    assert inviting.revoke({"name": "Vera"}, app.run) == {"many": 1}
    with pytest.raises(HardexError, match="'Nobody' was not invited"):
        inviting.revoke({"name": "Nobody"}, app.run)


def test_without_a_shared_app_nothing_is_made_and_the_way_is_named(tmp_path):
    run, _ = small_run(tmp_path, shape=(8, 8, 1))
    assert "start it with --share" in inviting.people(run, None)["how"]
    with pytest.raises(HardexError, match="start it with --share"):
        inviting.invite({"name": "Vera", "can": "view", "expires": "7d"}, run)
    assert not Access.open(run.folder).invitations()


@pytest.mark.parametrize(
    "request_", [None, [], {}, {"name": "A\n", "can": "view", "expires": "7d"},
                 {"name": "A", "can": "own", "expires": "7d"}, {"name": "A", "can": "view"},
                 {"name": "owner", "can": "annotate", "expires": "7d"}, {"name": ["A"]}],
)  # fmt: skip
def test_what_cannot_be_invited_gets_a_sentence(app, request_):
    keep_address(app.run.folder, app.url)
    with pytest.raises(HardexError, match=r"\.$"):
        inviting.invite(request_, app.run)
    assert not Access.open(app.run.folder).invitations()


@pytest.mark.parametrize(("format", "rows"), [("csv", 7), ("consensus", 4)])
def test_the_answers_come_as_a_file(app, format, rows):
    found = inviting.exported({"format": format}, app.run)
    assert len(list(csv.DictReader(StringIO(found["content"])))) == rows
    assert found["file"].endswith(".csv")
    with pytest.raises(HardexError, match="exported as one of csv, jsonl, consensus"):
        inviting.exported({"format": "label-studio"}, app.run)


@pytest.mark.browser
def test_the_owner_invites_looks_and_revokes(app, browser):
    keep_address(app.run.folder, app.url)
    visit = open_visit(browser, app.url)
    page = visit.page
    page.goto(f"{app.url}enter#{app.keys.owner_token}")
    page.wait_for_url(lambda url: "enter" not in url)
    visit.trouble.clear()  # nobody was in yet: 401
    page.goto(f"{app.url}?view=people")
    expect(page.locator(".hx-pe-body")).to_be_visible(timeout=30_000)
    expect(page.locator(".hx-pe-table tbody tr")).to_have_count(2)
    page.locator("#people").get_by_label("Name").fill("<b>Vera</b>")
    page.locator("#people").get_by_label("Can").select_option("view")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("personal link")
    expect(link).to_be_visible()
    vera = entered(app.url, link.input_value().partition("#")[2])
    assert vera.get("/").status_code == 200
    row = page.locator(".hx-pe-table tbody tr").filter(has_text="<b>Vera</b>")
    expect(row).to_contain_text("read")
    visit.shoot("people")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke <b>Vera</b>").click()
    expect(row).to_contain_text("1 revoked")
    until(page, lambda: vera.get("/here").status_code == 401)  # within a second
    vera.close()
    with page.expect_download() as download:
        page.get_by_role("button", name="Consensus (CSV)").click()
    assert download.value.suggested_filename == "consensus.csv"
    page.locator(".hx-pe-conflict").click()
    expect(page.locator("#page-browse")).to_be_visible()
    assert "id=2" in page.url and "at=2" in page.url
    close_visit(visit)
