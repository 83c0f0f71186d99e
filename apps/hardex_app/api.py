"""The owner's named endpoints, made from `questions.py`: for `gradio_client`, HTTP and OpenAPI.

They answer as the pages do, except that a refusal is an error of the call.
"""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

import gradio as gr
from gradio.events import api

from hardex.errors import HardexError
from hardex_app.answers import Answer, for_visitors
from hardex_app.auth.visitors import for_owner, visitor_of
from hardex_app.call import Call, NotReady
from hardex_app.questions import Question, with_endpoint
from hardex_app.workspace import Workspace


def build(workspace: Workspace) -> None:
    """Register the endpoints on the window that is being built."""
    for question in with_endpoint():
        endpoint = endpoint_of(question, workspace)
        description = endpoint.__doc__
        api(endpoint, api_name=endpoint.__name__, api_description=description, queue=False)


def endpoint_of(question: Question, workspace: Workspace) -> Callable[..., Any]:
    """The function behind a named endpoint."""
    make_request = question.endpoint
    if make_request is None:
        raise ValueError("this question has no endpoint")

    def endpoint(request: gr.Request, *values: Any) -> Any:
        call = Call(workspace, visitor_of(request), make_request(*values))
        return _answer(question, call)

    parameters = signature(make_request).parameters
    asker = Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    endpoint.__name__, endpoint.__doc__ = make_request.__name__, make_request.__doc__
    endpoint.__annotations__ = {"request": gr.Request, **make_request.__annotations__}
    signed: Any = endpoint
    signed.__signature__ = Signature(
        [asker, *parameters.values()], return_annotation=question.gives
    )
    return endpoint


def _answer(question: Question, call: Call) -> Any:
    try:
        for_owner(call.visitor)
        found = question.answer(call)
    except NotReady as missing:
        raise _refusal(missing.answer) from missing
    except HardexError as error:
        raise _refusal(question.error(call, error)) from error
    return {} if found is None else found


def _refusal(answer: Answer) -> gr.Error:
    sentence = for_visitors(answer.get("waiting") or answer["error"])
    return gr.Error(sentence, print_exception=False)
