"""A run -> the app in the browser. Nothing else in the library calls `hardex_app`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardex.classifiers.opening import Model
from hardex.data.sources import Data
from hardex.errors import RunError
from hardex.runs.run import Run, opened

if TYPE_CHECKING:
    from hardex.annotate.plan import Assignment
    from hardex_app.links.launch import Opened


def serve(
    run: str | Path | Run,
    model: Model | None = None,
    *,
    others: Sequence[str | Path | Run] = (),
    train: Data | None = None,
    data: str = "",
    trust_model: bool = False,
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    share: bool = False,
    share_server: str = "",
    share_server_ca: str = "",
    share_ssh: str = "",
    share_ssh_port: str = "8080",
    root_path: str = "",
    annotations: str = "",
    queue: str = "",
    overlap: int = 2,
    gold: str | Path | None = None,
    open_probe: bool = False,
    guidelines: str | Path | None = None,
) -> "Opened | None":
    """Open the app on a finished run and keep it open until it is stopped.

    By default only this computer can reach the app. With `host`, `share`, `share_server`,
    `share_ssh` or `root_path` others can, and everyone needs a personal link: the owner's is
    printed, and `hardex annotate invite` creates those of annotators.

    In a Jupyter notebook the app appears below the cell and the call returns at once: `.url` is
    its address, `.link()` a link for one use, and `.close()` stops it. Elsewhere Ctrl-C, SIGTERM
    and SIGHUP stop it.

    Args:
        run: a run or its folder.
        model: the model, if it was moved or you want to use another one; by default the run's own.
        others: runs of other models on the same examples, at most 19, to compare with this one.
        train: the training data, named or passed as in `rank`: the app then shows each example's
            nearest training images.
        data: where the images are, if they were moved.
        trust_model: whether to load models and functions that can run code.
        host: the address to listen on.
        port: the port; by default 7860 or the next free one.
        browser: whether to open the browser.
        share: whether to create a public link through Gradio's tunnel.
        share_server: `HOST:PORT` of your own frp server, for a public link through it.
        share_server_ca: a file of CA certificates to verify that server with; by default those of
            this computer.
        share_ssh: `USER@HOST[:PORT]`, to make the app reachable at HOST by `ssh -R`.
        share_ssh_port: the port that HOST listens on, or `ADDRESS:PORT`.
        root_path: the path or URL at which a reverse proxy serves the app.
        annotations: the annotation database, `postgresql+pg8000://…`; by default a file in the run
            folder.
        queue: which examples to annotate, as in the address of the Browse page, such as
            `list=hard&given=7`; by default the hard examples.
        overlap: how many annotators label each example.
        gold: a table of true labels (columns `id` and `label`), to score annotators.
        open_probe: whether annotators may probe drawings before they have labelled all of their
            examples; they could redraw one to learn the prediction before they judge it.
        guidelines: a text file that annotators can read while they judge.

    Returns:
        In a notebook the open app, else None.

    Raises:
        HardexError: the run or the training data cannot be read, or the port is taken.
    """
    from hardex.annotate.guidelines import read_guidelines
    from hardex_app.links.launch import open_window
    from hardex_app.links.sharing import Sharing
    from hardex_app.open_workspace import workspace_of_run

    sharing = Sharing(share, share_server, share_server_ca, share_ssh, share_ssh_port, root_path)
    found = opened(run, data=data, annotations=annotations)
    if data:
        _ = found.dataset  # fails here rather than on a page without images
    if found.annotations_url:
        found.annotations.check()
    workspace = workspace_of_run(
        found,
        model,
        train=train,
        trust_model=trust_model,
        others=[opened(other, data=data) for other in others],
        assignment=replace(
            _assignment(queue, overlap, gold),
            open_probe=open_probe,
            guidelines="" if guidelines is None else read_guidelines(guidelines),
        ),
    )
    if queue or gold is not None:  # fails here rather than for the first annotator
        desk = workspace.desk
        if queue and desk is not None and not desk.queue.plan.ids:
            left_out = desk.queue.plan.left_out
            why = f"the images of {left_out:,} are missing" if left_out else "no example matches"
            advice = "pass their location with --data" if left_out else "choose another query"
            raise RunError(
                f"--queue must match at least one example with an image; {queue!r} matches none: "
                f"{why}; {advice}."
            )
    return open_window(workspace, host=host, port=port, browser=browser, sharing=sharing)


def _assignment(queue: str, overlap: int, gold: str | Path | None) -> "Assignment":
    """Which examples to annotate, how often, and the gold labels.

    Raises:
        HardexError: the query or the table of gold labels cannot be read.
    """
    from urllib.parse import parse_qsl

    from hardex.annotate.gold import read_gold
    from hardex.annotate.plan import Assignment
    from hardex.runs.view_words import view_of

    queue = queue.removesuffix("&")
    pairs: list[tuple[str, str]] | None
    try:
        pairs = parse_qsl(
            queue.removeprefix("?"), keep_blank_values=True, strict_parsing=bool(queue)
        )
    except ValueError:
        pairs = None
    query = dict(pairs or ())
    if pairs is None or len(query) < len(pairs):
        raise RunError(
            "--queue must be a query as in the address of the Browse page, with each parameter "
            f"once; received {queue[:80]!r}; try list=hard&given=7."
        )
    query.pop("view", None)  # part of an address copied from Browse
    labels = {} if gold is None else read_gold(gold)
    return Assignment(view_of(query), overlap, labels)


def demo(
    *,
    out: str | Path = "runs/mnist-demo",
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    share: bool = False,
    share_server: str = "",
    share_server_ca: str = "",
    share_ssh: str = "",
    share_ssh_port: str = "8080",
    root_path: str = "",
) -> "Opened | None":
    """Open the app on the shipped digits and model; it ranks them in the background.

    A finished run of the same model, data and version is reused.

    Args:
        out: the run folder.
        host, port, browser, share, share_server, share_server_ca, share_ssh, share_ssh_port,
            root_path: see `serve`.

    Returns:
        In a notebook the open app, else None.

    Raises:
        HardexError: the run folder cannot be written, or the port is taken.
    """
    from hardex_app.links.launch import open_window
    from hardex_app.links.sharing import Sharing
    from hardex_app.open_workspace import workspace_of_demo

    sharing = Sharing(share, share_server, share_server_ca, share_ssh, share_ssh_port, root_path)
    return open_window(
        workspace_of_demo(Path(out)), host=host, port=port, browser=browser, sharing=sharing
    )
