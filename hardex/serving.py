"""A run -> the app in the browser. The one place in the library that calls `hardex_app`."""

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
) -> "Opened | None":
    """Open the app on a finished run and stay until it is stopped.

    Only this computer can reach it, unless one of `host`, `share`, `share_server`, `share_ssh` and
    `root_path` says otherwise. Then everybody needs a personal link: the owner's is printed, and
    `hardex annotate invite` makes those of annotators.

    In a Jupyter notebook the app is shown below the cell and the call returns at once: `.url` is
    its address, `.link()` a link that lets you in once, and `.close()` ends it. Elsewhere Ctrl-C,
    SIGTERM and SIGHUP end it.

    Args:
        run: a run or its folder.
        model: the model, when it moved or another one is to answer; by default the run's own.
        train: the training data, named or passed as in `rank`: the app then shows the training
            images nearest to each example.
        data: where the images are, when they moved.
        trust_model: whether models and functions may be loaded that run code of their own.
        host: the address to listen on.
        port: the port; by default 7860 or the next free one.
        browser: whether to open the browser.
        share: whether to open a public link by Gradio's tunnel.
        share_server: `HOST:PORT` of a frp server of your own, to open the link by.
        share_server_ca: a file of certificates to check that server by; by default those that
            this computer knows.
        share_ssh: `USER@HOST[:PORT]`, to be reached there by `ssh -R`.
        share_ssh_port: the port at which that computer listens, or `ADDRESS:PORT`.
        root_path: the path or address under which a proxy shows the app.
        annotations: the database of what people say, `postgresql+pg8000://…`; by default it is in
            the run folder.
        queue: which examples annotators judge, in the words of an address of Browse, such as
            `list=hard&given=7`; by default the hard ones.
        overlap: how many people judge each example.
        gold: a table of true labels (columns `id` and `label`), to see how good an annotator is.

    Returns:
        In a notebook what closes the app again, else None.

    Raises:
        HardexError: no run or training data there, or the port is taken.
    """
    from hardex_app.links.launch import open_window
    from hardex_app.links.sharing import Sharing
    from hardex_app.open_workspace import workspace_of_run

    sharing = Sharing(
        share=share,
        server=share_server,
        server_ca=share_server_ca,
        ssh=share_ssh,
        ssh_port=share_ssh_port,
        root_path=root_path,
    )
    found = opened(run, data=data, annotations=annotations)
    if data:
        _ = found.dataset  # said now, not by pages without images
    if found.annotations_url:
        found.annotations.check()
    workspace = workspace_of_run(
        found,
        model,
        train=train,
        trust_model=trust_model,
        assignment=_assignment(queue, overlap, gold),
    )
    if queue or gold is not None:  # said now, not to the first annotator
        desk = workspace.desk
        if queue and desk is not None and not desk.queue.plan.ids:
            left_out = desk.queue.plan.left_out
            why = f"the images of {left_out:,} are not here" if left_out else "there are no such"
            advice = "show where they are with --data" if left_out else "choose other words"
            raise RunError(
                f"a queue must hold examples that can be shown; {queue!r} holds none: {why}; "
                f"{advice}."
            )
    return open_window(workspace, host=host, port=port, browser=browser, sharing=sharing)


def _assignment(queue: str, overlap: int, gold: str | Path | None) -> "Assignment":
    """What annotators are asked.

    Raises:
        HardexError: the words of the queue or the table of gold labels cannot be read.
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
    words = dict(pairs or ())
    if pairs is None or len(words) < len(pairs):
        raise RunError(
            "a queue is given by words, each once, as in an address of Browse; received "
            f"{queue[:80]!r}; try list=hard&given=7."
        )
    words.pop("view", None)  # of an address that was copied from Browse
    labels = {} if gold is None else read_gold(gold)
    return Assignment(view_of(words), overlap, labels)


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
    """Open the app on the shipped digits; the page comes first, the ranking behind it.

    A whole run of the same model, data and version is reused.

    Args:
        out: the run folder.
        host, port, browser, share, share_server, share_server_ca, share_ssh, share_ssh_port,
            root_path: as in `serve`.

    Returns:
        As `serve`.

    Raises:
        HardexError: the run folder cannot be written, or the port is taken.
    """
    from hardex_app.links.launch import open_window
    from hardex_app.links.sharing import Sharing
    from hardex_app.open_workspace import workspace_of_demo

    sharing = Sharing(
        share=share,
        server=share_server,
        server_ca=share_server_ca,
        ssh=share_ssh,
        ssh_port=share_ssh_port,
        root_path=root_path,
    )
    return open_window(
        workspace_of_demo(Path(out)), host=host, port=port, browser=browser, sharing=sharing
    )
