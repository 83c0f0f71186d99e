"""The registry of questions and the tuple of pages fit together."""

import re
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

import hardex_app
from hardex.errors import HardexError, MisplacedError, RunError, StorageError
from hardex.people.access import OWNER, Visitor
from hardex_app.annotation_requests import NotStored
from hardex_app.api import _answer
from hardex_app.background import Status
from hardex_app.call import Call
from hardex_app.page import FOR_ANNOTATORS, FOR_VIEWERS
from hardex_app.pages import PAGES
from hardex_app.questions import QUESTIONS, WINDOW, answered, names_on, question
from hardex_app.window import pages_of
from hardex_app.workspace import Workspace

FOLDER = Path(hardex_app.__file__).parent / "pages"


def test_each_question_has_one_name_on_its_page_and_as_an_endpoint():
    on_pages = [(one.page, one.name) for one in QUESTIONS if one.page]
    endpoints = [one.endpoint.__name__ for one in QUESTIONS if one.endpoint]
    assert len(set(on_pages)) == len(on_pages)
    assert len(set(endpoints)) == len(endpoints)
    assert all(bool(one.page) == bool(one.name) for one in QUESTIONS)
    assert all(one.page or one.endpoint for one in QUESTIONS)


def test_questions_are_of_pages_that_their_askers_have():
    roles = {WINDOW: FOR_ANNOTATORS | FOR_VIEWERS} | {page.name: page.roles for page in PAGES}
    for one in QUESTIONS:
        if one.page:
            assert one.roles <= roles[one.page]


def test_each_page_is_one_folder_and_one_entry():
    folders = {path.parent.name for path in FOLDER.glob("*/page.py")}
    assert folders == {page.name for page in PAGES}
    for name in folders:
        assert all((FOLDER / name / f"page.{kind}").is_file() for kind in ("html", "js", "css"))
    assert [page.name for page in pages_of("annotator")] == ["annotate", "probe"]
    assert [page.name for page in pages_of("viewer")] == [
        "overview", "browse", "causes", "compare",
    ]  # fmt: skip
    assert not [one.name for one in QUESTIONS if "viewer" in one.roles and one.writes]


@pytest.mark.parametrize("question", [one for one in QUESTIONS if "annotator" not in one.roles])
def test_what_is_for_the_owner_alone_is_refused_to_annotators(question):
    anna = Visitor("Anna", "annotator")
    answer = answered(question, Workspace(lambda workspace: None), {}, anna)
    assert re.search(r"only the owner|tell the owner", answer["error"])


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "visitor", [OWNER, Visitor("Anna", "annotator"), Visitor("V", "viewer"), Visitor("X", "guest")]
)
def test_whoever_has_none_of_the_roles_is_refused(question, visitor):
    asked = replace(question, answer=lambda call: {"secret": 1}, endpoint=None)
    for roles in ({OWNER.role}, {"annotator"}, {"viewer"}, FOR_ANNOTATORS):
        limited = replace(asked, roles=frozenset(roles))
        told = answered(limited, UNREADY, {}, visitor)
        assert ("secret" in told) == (visitor.role in roles)
        call = Call(UNREADY, visitor, {})
        if visitor == OWNER:  # named endpoints are the owner's alone, whoever may ask on a page
            assert _answer(limited, call) == {"secret": 1}
        else:
            with pytest.raises(gr.Error, match=r"only the owner|tell the owner"):
                _answer(limited, call)


def test_a_question_that_is_not_there_is_none():
    for page, name in (("browse", "jugde"), ("nowhere", "facts"), ("", ""), ("probe", "judge")):
        assert question(page, name) is None
    assert {page for page in (WINDOW, "annotate", "probe") if names_on(page, "annotator")} == {
        WINDOW, "annotate", "probe",
    }  # fmt: skip
    for page in ("browse", "overview", "causes", "compare"):
        assert names_on(page, "annotator") == []
    assert names_on(WINDOW, "annotator") == ["who", "status"]


# ------------------------------------------------------------------ sent again

UNREADY = Workspace(lambda workspace: None)
WRITING = [one for one in QUESTIONS if one.writes]


def test_the_questions_that_write_are_these():
    names = {(one.page, one.name) for one in WRITING}
    assert names == {
        *(("browse", "judge"), ("browse", "undo"), ("probe", "keep")),
        *(("annotate", "annotate"), ("annotate", "undo")),
    }


@pytest.mark.parametrize(
    ("question", "role"), [(one, role) for one in WRITING for role in sorted(one.roles)]
)
@pytest.mark.parametrize("stage", ["ranking", "ready", "failed", "stopped"])
def test_what_is_written_while_there_is_no_run_is_sent_again(question, stage, role):
    workspace = Workspace(lambda workspace: None)
    workspace.status = Status(stage, problem="There is no run.")
    told = answered(question, workspace, {}, Visitor("Anna", role))
    assert told["again"] is True and (told.get("waiting") or told["error"])


@pytest.mark.parametrize("question", WRITING)
@pytest.mark.parametrize(
    ("kind", "again"),
    [
        *((NotStored, True), (StorageError, True), (MisplacedError, True)),
        *((RunError, False), (HardexError, False)),
    ],
)
def test_every_question_that_writes_sends_again_after_the_same_errors(question, kind, again):
    def failing(call):
        raise kind("it did not work.")

    told = answered(replace(question, answer=failing), UNREADY, {}, OWNER)
    assert told == {"error": "it did not work.", "again": again}
