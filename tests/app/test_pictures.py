"""The route of large pictures: who may see which, and what a browser may keep."""

from contextlib import closing
from dataclasses import replace
from io import BytesIO
from urllib.parse import urlencode

import numpy as np
import pytest
from starlette.testclient import TestClient

import hardex
from hardex.classifiers.classifier import FunctionClassifier
from hardex.images import read_image
from hardex.people.access import OWNER, ROLES, Access, Visitor
from hardex.runs.run import load
from hardex_app.annotating import next_examples
from hardex_app.auth.gate import Gate
from hardex_app.cards import view
from hardex_app.pictures import Pictures, large_address, large_image, state_of, view_address
from hardex_app.questions import answered, question

from .fake_runs import (
    HOSTILE,
    asking,
    bearing,
    guarded,
    inspecting,
    parts_of,
    photographs,
    run_of,
    run_without_images,
    serving,
    small_run,
)

SIDE = 300
ANNA, BEN = Visitor("Anna", "annotator"), Visitor("Ben", "annotator")


def run_of_photographs(folder, count=6):
    images = photographs(count, SIDE, SIDE)
    images[0] = np.random.default_rng(1).choice([0, 255], images[0].shape)  # drawn, no photograph
    return run_of(folder, images, np.arange(count) % 2, FunctionClassifier(parts_of(2), None, 2))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_of_photographs(tmp_path_factory.mktemp("run"))


@pytest.fixture
def workspace(run):
    return inspecting(run)


@pytest.fixture
def access(tmp_path):
    return Access.open(tmp_path, roles=ROLES)


def client(workspace, keys=None, host="127.0.0.1", **options):
    app = guarded(workspace, Gate(7860, keys, **options))
    return TestClient(app, base_url=f"http://{host}")


def entered(workspace, access, name):
    role = "owner" if name == "owner" else "annotator"
    visitor = client(workspace, access, "app.example")
    token = access.invite(name, role=role)
    assert visitor.post("/enter", json={"token": token}).status_code == 204
    return visitor


def viewed(workspace, visitor, id):
    session = workspace.desk
    return view_address(session.run, id, session.tickets.of(visitor.name, id))


def assert_is_missing(answer):
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/plain")


def test_the_owner_sees_an_example_exactly_and_learns_its_size(run, workspace):
    answer = client(workspace).get(large_address(run, "2"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    np.testing.assert_array_equal(read_image(BytesIO(answer.content)), run.image("2"))
    assert answer.headers["x-image-size"] == f"{SIDE} {SIDE}"
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_annotator_sees_an_example_by_their_own_ticket(workspace, access):
    anna, ben = (entered(workspace, access, name) for name in ("Anna", "Ben"))
    address = viewed(workspace, ANNA, "2")
    answer = anna.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == view(workspace.run, "2")
    assert "x-image-size" not in answer.headers
    assert_is_missing(ben.get(address))
    assert ben.get(viewed(workspace, BEN, "2")).content == answer.content


def test_pixels_that_no_jpeg_shortens_are_exact(workspace, access):
    answer = entered(workspace, access, "Anna").get(viewed(workspace, ANNA, "0"))
    assert answer.headers["content-type"] == "image/png"
    np.testing.assert_array_equal(read_image(BytesIO(answer.content)), workspace.run.image("0"))


def test_an_annotator_gets_no_picture_of_the_owner(workspace, access):
    anna, address = entered(workspace, access, "Anna"), large_address(workspace.run, "2")
    assert_is_missing(anna.get(address))
    state, ticket = state_of(workspace.run), workspace.desk.tickets.of("Anna", "2")
    for query in ({"id": "2"}, {"ticket": "2"}, {"id": ticket}, {"ticket": ticket, "id": "2"}):
        assert_is_missing(anna.get(f"/pictures/{state}/view?{urlencode(query)}"))
        assert_is_missing(anna.get(f"/pictures/{state}/large?{urlencode(query)}"))
    owner = entered(workspace, access, "owner")
    assert owner.get(address).status_code == 200
    assert_is_missing(owner.get(viewed(workspace, ANNA, "2")))


def test_without_a_session_there_is_no_picture(workspace, access):
    address = large_address(workspace.run, "2")
    assert client(workspace, access, "app.example").get(address).status_code == 401
    owner = entered(workspace, access, "owner")
    tag = owner.get(address).headers["etag"]
    owner.post("/leave", json={})
    answer = owner.get(address, headers={"if-none-match": tag})
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"


def test_another_page_may_not_show_pictures(workspace):
    for site in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
        answer = client(workspace).get(large_address(workspace.run, "2"), headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "tail",
    [
        "", "large", "large?", "large?id=", "large?id=nothing", "large?id=2&id=2", "large?ID=2",
        "large?ticket=2", "large?id=../manifest.json", "large?id=%2Fetc%2Fhostname", "large/2",
        "large?id=%00", "large?id=%ff", "large?id=2&size=9000", "huge?id=2", "view", "view?id=2",
        "view?ticket=", "view?ticket=2", "%2e%2e/view?ticket=2", "large%2F..?id=2",
        f"large?id={'x' * 5000}",
    ],
)  # fmt: skip
def test_nothing_else_is_served(workspace, tail):
    assert_is_missing(client(workspace).get(f"/pictures/{state_of(workspace.run)}/{tail}"))


def test_pictures_are_only_read(workspace):
    address = large_address(workspace.run, "2")
    for method in ("POST", "PUT", "DELETE"):
        assert client(workspace).request(method, f"/{address}").status_code == 405


def test_head_gives_the_headers_alone(workspace):
    visitor, address = client(workspace), large_address(workspace.run, "2")
    whole, head = visitor.get(address), visitor.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers
    assert int(head.headers["content-length"]) == len(whole.content)


def test_a_picture_that_the_browser_has_is_not_sent_again(workspace):
    visitor, address = client(workspace), large_address(workspace.run, "2")
    tag = visitor.get(address).headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = visitor.get(address, headers={"if-none-match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    other = visitor.get(large_address(workspace.run, "3"), headers={"if-none-match": tag})
    assert other.status_code == 200 and other.headers["etag"] != tag


@pytest.mark.parametrize("root", ["/hx/", "/"])
def test_pictures_are_found_behind_a_proxy_that_keeps_or_strips_its_path(workspace, root):
    visitor = client(workspace, root_path="/hx")
    assert visitor.get(root + large_address(workspace.run, "2")).status_code == 200


def test_a_run_that_is_ranked_again_has_new_addresses(tmp_path):
    run = run_of_photographs(tmp_path)
    assert state_of(load(run.folder)) == state_of(run)  # a restart of the server
    workspace, before = inspecting(run), large_address(run, "2")
    again = hardex.rank(
        FunctionClassifier(parts_of(2), None, 2), tmp_path / "data.npz", out=run.folder, force=True,
        count=1,
    )  # fmt: skip
    assert large_address(again, "2") != before
    answer = client(workspace).get(before)  # of a page that is still open
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    assert large_address(replace(again, data="elsewhere"), "2") != large_address(again, "2")


def test_a_run_without_images_says_so(tmp_path):
    run = run_without_images(tmp_path)
    answer = client(inspecting(run)).get(large_address(run, "0"))
    assert_is_missing(answer)
    shown = large_image(run, "0")
    assert shown["image"] == "" and shown["no_image"].lower() == answer.text.strip().lower()
    assert "without images" in answer.text


def test_an_error_names_no_folder(tmp_path, access):
    run = run_of_photographs(tmp_path, count=60)
    id = next(one for one in run.predictions["id"] if one not in set(run.hard["id"]))
    workspace = inspecting(run)
    address = f"pictures/{state_of(run)}/view?" + urlencode(
        {"ticket": workspace.desk.tickets.of("Anna", id)}
    )
    (tmp_path / "data.npz").unlink()
    for answer in (
        client(workspace).get(large_address(run, id)),
        entered(workspace, access, "Anna").get(address),
    ):
        assert_is_missing(answer)
        assert str(tmp_path) not in answer.text
    assert "data.npz" not in answer.text


def test_an_id_may_be_anything(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE)
    for id in (*HOSTILE, "a&b=c", "deep_link", "..", "é/ü.png", "\ud800"):
        answer = client(inspecting(run)).get(large_address(run, id))
        assert_is_missing(answer)
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", ["Anna", "owner"])
def test_an_unexpected_failure_is_one_line_in_the_log(workspace, run, access, name, caplog):
    visitor = entered(workspace, access, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pictures, "_response", lambda *about: 1 / 0)
        answer = visitor.get(large_address(run, "2"))
    assert answer.status_code == 500
    assert answer.text.endswith(".\n") and answer.text.count("\n") == 1
    (line,) = [one.getMessage() for one in caplog.records if one.name == "hardex"]
    assert "ZeroDivisionError" in line and "\n" not in line
    assert not any(one.exc_info for one in caplog.records)


def test_there_is_no_picture_before_there_is_a_run(run):
    assert_is_missing(client(inspecting(None)).get(large_address(run, "2")))


def test_a_page_gets_addresses_and_a_program_the_pictures(run, workspace):
    def asked(page, name, request):
        return answered(question(page, name), workspace, request, OWNER)

    assert asked("browse", "example", "2")["image"] == large_address(run, "2")
    request = {"have": [], "count": 8}
    on_page = asked("annotate", "next_examples", request)["examples"]
    session = workspace.desk
    assert any(one["image"].startswith("pictures/") for one in on_page)
    for one in on_page:
        id = session.tickets.id(OWNER.name, one["ticket"])
        assert one["image"] == view_address(run, id, one["ticket"])
    for one in next_examples(request, session, OWNER)["examples"]:
        assert one["image"].startswith("data:image/")


def test_small_pictures_come_with_the_answer(tmp_path):
    run, _ = small_run(tmp_path)
    assert view_address(run, "1", "ticket").startswith("data:image/png;base64,")
    assert view_address(run, "nothing", "ticket") == ""


def test_both_windows_have_pictures_and_programs_get_theirs(workspace, access):
    with serving(workspace, access) as served:
        for visitor, address in (
            (OWNER, large_address(workspace.run, "2")),
            (ANNA, viewed(workspace, ANNA, "2")),
        ):
            token = access.invite(visitor.name, role=visitor.role)
            with closing(bearing(served.url, token)) as program:
                assert program.get(address).headers["content-type"].startswith("image/")
                told = asking(program, "annotate", "next_examples", {"have": [], "count": 1})
                (one,) = told.json()["examples"]
                if not one["image"].startswith("data:"):
                    assert program.get(one["image"]).headers["content-type"].startswith("image/")
                if visitor is OWNER:
                    body = {"data": [[]]}
                    told = program.post("/gradio_api/run/next_example", json=body).json()
                    (one,) = told["data"][0]["examples"]
                    assert one["image"].startswith("data:image/")
