"""Every question that a page or a program may ask, once: who may ask it, and what answers it.

A page's script calls a question as `server.NAME(request)`, which sends it to `ask/PAGE/NAME`. The
owner's programs can call it as a named endpoint of Gradio, too. Who asks is known from the session,
never from the request.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hardex.annotate.session import AnnotationSession
from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError
from hardex.people.access import Visitor
from hardex.runs.run import Run
from hardex_app import (
    annotating,
    browsing,
    causes,
    comparing,
    curves,
    endpoints,
    fixing,
    inviting,
    kept_probes,
    probe_facts,
    probing,
    proof_page,
)
from hardex_app.annotation_requests import INVALID
from hardex_app.answers import (
    Answer,
    can_be_sent_again,
    draft_key,
    for_visitors,
    not_ready,
)
from hardex_app.auth.visitors import check_role, is_owner
from hardex_app.call import Call, NotReady
from hardex_app.cards import overview_with_pictures
from hardex_app.comparisons import Comparisons
from hardex_app.page import FOR_ANNOTATORS, FOR_VIEWERS, OWNER_ONLY, Page
from hardex_app.pages import PAGES
from hardex_app.pictures import large_image, undone_addresses, view_address
from hardex_app.probe_permissions import error_for, permitted, ticket_of
from hardex_app.progress import skip, status_line
from hardex_app.workspace import Workspace

WINDOW = "window"  # around the pages: the bar of links and the line of status
_FOR_ANNOTATORS = "This page cannot be shown now; try again later, or tell the owner."


# ------------------------------------------------------------------ how errors are answered


def plain_error(call: Call, error: HardexError) -> Answer:
    """The sentence, without folders of this computer."""
    return {"error": for_visitors(error, call.workspace.run)}


def facts_error(call: Call, error: HardexError) -> Answer:
    """The sentence; annotators can do nothing about it but tell the owner."""
    return plain_error(call, error) if is_owner(call.visitor) else {"error": _FOR_ANNOTATORS}


def probe_error(call: Call, error: HardexError) -> Answer:
    """The sentence; for annotators without paths and ids of the run."""
    run = call.workspace.run
    if run is None:
        return plain_error(call, error)
    return {"error": error_for(call.visitor, error, run, call.request)}


def annotation_error(call: Call, error: HardexError) -> Answer:
    """The sentence, and whether the page should send its request `again`."""
    return {"error": str(error), "again": can_be_sent_again(error)}


# ------------------------------------------------------------------ answers


def _status(call: Call) -> Any:
    now = vars(call.workspace.status)
    return {**now, "problem": for_visitors(now["problem"], call.workspace.run)}


def _example_on_page(call: Call) -> Any:
    """The facts of an example, with where its image is; see `hardex_app.pictures.large_image`."""
    run = call.run
    found = browsing.example(call.request, run)
    finding, id = found["finding"], found["id"]
    if finding and finding["is_transform"]:
        finding.update(undone_addresses(run, id))
    problem = for_visitors(found["finding_problem"], run)
    return {**found, "finding_problem": problem, **large_image(run, id)}


def _neighbours(call: Call) -> Any:
    run, training = call.run, call.training
    return None if training is None else browsing.neighbours(call.request, run, training)


def _training_pictures(call: Call) -> Any:
    """Pictures of training images by id; `pictures` is None without training data."""
    training = call.training
    if training is None:
        return {"pictures": None}
    return {"pictures": causes.training_pictures(call.request, training)}


def _map_on_page(call: Call) -> Any:
    """The map of the examples, or how far it is drawn."""
    return _map(call, call.workspace.maps.of)


def _whole_map(call: Call) -> Any:
    return _map(call, call.workspace.maps.whole)


def _map(call: Call, ask: Callable[[Run, Classifier | None], Answer]) -> Any:
    """The map of the examples; by the model, or without one by the probabilities."""
    run, workspace = call.run, call.workspace
    if workspace.classifier is None and not workspace.status.over:
        raise NotReady(not_ready(workspace, "The model is", call.visitor))
    found = ask(run, workspace.classifier)
    if "waiting" in found:
        raise NotReady(found)
    if "error" in found:
        raise HardexError(found["error"])
    return found


def _pictures(call: Call) -> Any:
    return browsing.pictures(call.request, call.run)


def _whose(call: Call) -> Any:
    """The key of what a browser keeps: as in the facts, but quick to compute."""
    return {"whose": draft_key(call.run, call.visitor.name)}


def _judge_on_page(call: Call) -> Any:
    """The verdict as stored: `lines`, all annotations of the example, and its `verdicts`."""
    if not isinstance(call.request, Mapping):
        raise HardexError(INVALID)
    lines, id = _judge(call), str(call.request["id"])
    verdicts = browsing.verdicts_of(call.run, [id]).get(id, [])
    return {"id": id, "verdict": call.request["verdict"], "lines": lines, "verdicts": verdicts}


def _undo_on_page(call: Call) -> Any:
    """As `_judge_on_page`, for a verdict that is undone."""
    if not isinstance(call.request, Mapping):
        raise HardexError(INVALID)
    stored = call.workspace.annotation_stored
    lines = browsing.undo(call.run, call.visitor.name, call.request, stored)
    id = str(call.request["id"])
    return {"id": id, "lines": lines, "verdicts": browsing.verdicts_of(call.run, [id]).get(id, [])}


def _judge(call: Call) -> Any:
    stored = call.workspace.annotation_stored
    return browsing.judge(call.run, call.visitor.name, call.request, stored)


def _of_model(ask: Callable[[Any, Run, Classifier], Any]) -> Callable[[Call], Any]:
    """Answers with run and model, about a picture that the visitor may probe."""

    def answer(call: Call) -> Any:
        run, model = call.run_and_model
        call.request = permitted(call.request, call.visitor, call.workspace)
        return ask(call.request, run, model)

    return answer


def _curve_of_other(call: Call) -> Any:
    """The curve of the model of another run, named in the request as `run`; for the owner."""
    run, _ = call.run_and_model
    request = permitted(call.request, call.visitor, call.workspace)
    name = request.get("run") if isinstance(request, Mapping) else None
    other = comparing.other_run(name, run, call.workspace.comparisons)
    model = call.workspace.other_models.of(other, trust_model=call.workspace.trusts_models)
    return {**probing.curve_part(request, run, model), "run": name}


def _keep_on_page(call: Call) -> Any:
    return {"kept": _keep(call)}


def _keep(call: Call) -> str:
    run, model = call.run_and_model
    call.request = permitted(call.request, call.visitor, call.workspace)
    return kept_probes.keep_this(call.request, call.visitor.name, run, model).probe_id


def _reopen(call: Call) -> Any:
    found = kept_probes.reopened(call.request, call.run, call.visitor)
    source = found["source"]
    if source["kind"] == "example":
        found["source"] = {
            **source,
            "id": ticket_of(source["id"], call.visitor, call.workspace),
        }
    return found


def _who(call: Call) -> Any:
    """The name of the visitor, for the bar of links."""
    return {"name": call.visitor.name}


def _next_example(call: Call) -> Any:
    request = {"have": call.request, "count": 1}
    return annotating.next_examples(request, call.session, call.visitor)


def _compared(ask: Callable[[Any, Run, Comparisons], Any]) -> Callable[[Call], Any]:
    """Answers about all runs that are open."""
    return lambda call: ask(call.request, call.run, call.workspace.comparisons)


def _in_session(
    ask: Callable[[Any, AnnotationSession, Visitor], Any],
) -> Callable[[Call], Any]:
    return lambda call: ask(call.request, call.session, call.visitor)


def _guide(call: Call) -> Any:
    guidelines = call.workspace.assignment.guidelines
    return annotating.guide(call.request, call.session, call.visitor, guidelines)


def _with_addresses(ask: Callable[..., Any]) -> Callable[[Call], Any]:
    """Each `image` is the address of a picture, which the page fetches."""
    return _in_session(lambda *about: ask(*about, view_address))


# ------------------------------------------------------------------ the registry


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        answer: its function.
        page: the page whose script may call it, or `WINDOW`, and `name` there; "" for none.
        roles: who may ask it there.
        endpoint: for the owner's programs: its signature and description as a named endpoint; it
            returns the request.
        gives: the type that the endpoint returns.
        error: how errors are answered.
        writes: whether the page keeps what it sends until it is stored; then any failure says
            whether to send it `again`.
    """

    answer: Callable[[Call], Any]
    page: str = ""
    name: str = ""
    roles: frozenset[str] = OWNER_ONLY
    endpoint: Callable[..., Any] | None = None
    gives: Any = dict[str, Any]
    error: Callable[[Call, HardexError], Answer] = plain_error
    writes: bool = False


def _browse(
    name: str, answer: Callable[[Call], Any], endpoint: Callable[..., Any] | None = None
) -> Question:
    return Question(answer, "browse", name, FOR_VIEWERS, endpoint)


def _probe(
    name: str,
    answer: Callable[[Call], Any],
    endpoint: Callable[..., Any] | None = None,
    *,
    roles: frozenset[str] = FOR_ANNOTATORS,
) -> Question:
    return Question(answer, "probe", name, roles, endpoint, error=probe_error)


def _annotate(
    name: str,
    answer: Callable[[Call], Any],
    endpoint: Callable[..., Any] | None = None,
    *,
    writes: bool = False,
) -> Question:
    return Question(
        answer,
        "annotate" if name else "",
        name,
        FOR_ANNOTATORS if name else OWNER_ONLY,
        endpoint,
        error=annotation_error,
        writes=writes,
    )


def _people(name: str, answer: Callable[[Any, Run], Any]) -> Question:
    return Question(lambda call: answer(call.request, call.run), "people", name)


def _fix(
    name: str,
    answer: Callable[[Call], Any],
    endpoint: Callable[..., Any] | None = None,
) -> Question:
    return Question(answer, "fix", name, endpoint=endpoint)


def _facts_of(page: Page) -> Question:
    error = plain_error if page.roles == OWNER_ONLY else facts_error
    return Question(page.facts, page.name, "facts", page.roles, error=error)


_EVERYBODY = FOR_ANNOTATORS | FOR_VIEWERS

QUESTIONS: tuple[Question, ...] = (
    *map(_facts_of, PAGES),
    Question(_who, WINDOW, "who", _EVERYBODY),
    Question(status_line, WINDOW, "status", _EVERYBODY),
    Question(skip, WINDOW, "skip"),
    Question(_status, endpoint=endpoints.status),
    Question(lambda call: overview_with_pictures(call.run), endpoint=endpoints.overview),
    Question(lambda call: browsing.facts(call.run), endpoint=endpoints.filters),
    Question(_whole_map, endpoint=endpoints.embedding_map),
    Question(_map_on_page, "overview", "map", FOR_VIEWERS),
    Question(_pictures, "overview", "pictures", FOR_VIEWERS),
    _browse("whose", _whose),
    _browse("browse", lambda call: browsing.browse(call.request, call.run), endpoints.browse),
    Question(lambda call: browsing.example(call.request, call.run), endpoint=endpoints.example),
    _browse("example", _example_on_page),
    Question(lambda call: browsing.image(call.request, call.run), endpoint=endpoints.image),
    _browse("easier", lambda call: browsing.easier(call.request, call.run)),
    _browse("pictures", _pictures),
    _browse("neighbours", _neighbours, endpoints.neighbours),
    _browse("training_pictures", _training_pictures),
    _browse("other_answers", _compared(comparing.other_answers)),
    Question(_pictures, "causes", "pictures", FOR_VIEWERS),
    Question(_compared(comparing.figures), "compare", "figures", FOR_VIEWERS, endpoints.compare),
    Question(
        _compared(comparing.examples),
        "compare",
        "examples",
        FOR_VIEWERS,
        endpoints.compared_examples,
    ),
    Question(_pictures, "compare", "pictures", FOR_VIEWERS),
    Question(lambda call: causes.causes(call.run), endpoint=endpoints.causes),
    Question(lambda call: call.report_again.as_json(), endpoint=endpoints.curves),
    Question(
        lambda call: curves.drawn_curves(call.request, call.report),
        "curves",
        "curves",
        FOR_VIEWERS,
    ),
    Question(_judge, endpoint=endpoints.judge, gives=list[str]),
    Question(_judge_on_page, "browse", "judge", writes=True),
    Question(_undo_on_page, "browse", "undo", writes=True),
    _browse("more_like", lambda call: browsing.more_like(call.request, call.run)),
    _probe("whose", _whose),
    _probe("probe", _of_model(probing.probe), endpoints.probe),
    Question(_of_model(probing.curve), endpoint=endpoints.curve, error=probe_error),
    Question(_of_model(probing.smallest), endpoint=endpoints.smallest, error=probe_error),
    _probe("curve", _of_model(probing.curve_part)),
    _probe("curve_of", _curve_of_other, roles=OWNER_ONLY),
    _probe("smallest", _of_model(probing.smallest_part)),
    _probe("occlusion", _of_model(probing.occlusion_part)),
    _probe("taken", _of_model(probing.taken), endpoints.take, roles=OWNER_ONLY),
    _probe("facts_of_shape", probe_facts.facts_of_shape),
    _probe("kept", lambda call: kept_probes.kept(call.run, call.visitor), endpoints.kept_probes),
    _probe("reopen", _reopen),
    _probe("rename", lambda call: kept_probes.renamed(call.request, call.run, call.visitor)),
    _probe("delete", lambda call: kept_probes.deleted(call.request, call.run, call.visitor)),
    _probe(
        "export",
        lambda call: kept_probes.exported(call.run),
        endpoints.export_probes,
        roles=OWNER_ONLY,
    ),
    Question(_keep_on_page, "probe", "keep", FOR_ANNOTATORS, error=probe_error, writes=True),
    Question(_keep, endpoint=endpoints.keep_probe, gives=str, error=probe_error),
    _people("invite", inviting.invite),
    _people("revoke", inviting.revoke),
    _people("confirm", inviting.confirm),
    _people("exported", inviting.exported),
    _fix("checked", lambda call: fixing.checked(call.request, call.run, call.workspace)),
    _fix("train", lambda call: fixing.train(call.request, call.run, call.workspace)),
    _fix("prove", lambda call: fixing.prove(call.request, call.run, call.workspace)),
    _fix("cancel", lambda call: fixing.cancel(call.run, call.workspace.fixes)),
    _fix("go_on", lambda call: fixing.go_on(call.request, call.run, call.workspace)),
    _fix("clear", lambda call: fixing.clear(call.run, call.workspace.fixes)),
    _fix("state", lambda call: fixing.state(call.run, call.workspace), endpoints.fix_state),
    _fix("past", lambda call: proof_page.past(call.run, call.workspace.comparisons)),
    _fix("proof", lambda call: proof_page.proof(call.request, call.run)),
    Question(lambda call: fixing.suggestion(call.run), endpoint=endpoints.suggested_recipe),
    Question(lambda call: fixing.proofs(call.run), endpoint=endpoints.proofs),
    _annotate("whose", lambda call: annotating.whose(call.run, call.visitor)),
    _annotate("next_examples", _with_addresses(annotating.next_examples)),
    _annotate("annotate", _in_session(annotating.annotate), endpoints.annotate, writes=True),
    _annotate("undo", _in_session(annotating.undo), endpoints.undo, writes=True),
    _annotate("guide", _guide),
    _annotate("earlier", _with_addresses(annotating.earlier)),
    _annotate("", _next_example, endpoints.next_example),
    _annotate("", lambda call: annotating.progress(call.session, call.visitor), endpoints.progress),
)


_ON_PAGES = {(one.page, one.name): one for one in QUESTIONS if one.page}


def question(page: str, name: str) -> Question | None:
    """The question that the script of this page calls by this name; None if there is none."""
    return _ON_PAGES.get((page, name))


def names_on(page: str, role: str) -> list[str]:
    """The questions that the script of this page may ask for visitors of this role."""
    return [one.name for one in QUESTIONS if one.page == page and role in one.roles]


def with_endpoint() -> Iterator[Question]:
    """The questions that the owner's programs may ask as named endpoints."""
    return (one for one in QUESTIONS if one.endpoint)


# ------------------------------------------------------------------ asked by a page


def answered(question: Question, workspace: Workspace, request: Any, visitor: Visitor) -> Any:
    """The answer, or why there is none: `waiting` or `error`, a sentence.

    A question that writes says, too, whether to send the request `again`.
    """
    call = Call(workspace, visitor, request)
    try:
        check_role(visitor, question.roles)
        return question.answer(call)
    except NotReady as missing:
        return {**missing.answer, "again": True} if question.writes else missing.answer
    except HardexError as error:
        answer = question.error(call, error)
        return {**answer, "again": can_be_sent_again(error)} if question.writes else answer
