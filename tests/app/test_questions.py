"""The registry of questions and the tuple of pages fit together."""

from pathlib import Path

import pytest

import hardex_app
from hardex.people.access import Visitor
from hardex_app.pages import PAGES
from hardex_app.questions import QUESTIONS, answer_on_page
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
    roles = {page.name: page.roles for page in PAGES}
    for one in QUESTIONS:
        if one.page:
            assert one.roles <= roles[one.page]


def test_each_page_is_one_folder_and_one_entry():
    folders = {path.parent.name for path in FOLDER.glob("*/page.py")}
    assert folders == {page.name for page in PAGES}
    for name in folders:
        assert all((FOLDER / name / f"page.{kind}").is_file() for kind in ("html", "js", "css"))
    assert [page.name for page in pages_of("annotator")] == ["annotate", "probe"]


@pytest.mark.parametrize("question", [one for one in QUESTIONS if "annotator" not in one.roles])
def test_what_is_for_the_owner_alone_is_refused_to_annotators(question):
    anna = Visitor("Anna", "annotator")
    answer = answer_on_page(question, Workspace(lambda workspace: None), {}, lambda: anna)
    assert "only the owner" in answer["error"]
