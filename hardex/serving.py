"""A run -> the app in the browser. The one place in the library that calls `hardex_app`."""

from pathlib import Path

from hardex.classifiers.opening import Model
from hardex.runs.run import Run, load


def serve(
    run: str | Path | Run,
    model: Model | None = None,
    *,
    data: str = "",
    trust_model: bool = False,
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    share: bool = False,
    auth: str | None = None,
) -> None:
    """Open the app on a finished run and stay until it is stopped.

    Args:
        run: a run or its folder.
        model: the model, when it moved or another one is to answer; by default the run's own.
        data: where the images are, when they moved.
        trust_model: whether models and functions may be loaded that run code of their own.
        host: the address to listen on.
        port: the port; by default 7860 or the next free one.
        browser: whether to open the browser.
        share: whether to open a public link, which always asks for a password.
        auth: `NAME:PASSWORD` to ask for; made up when `share` needs one.

    Raises:
        HardexError: no run there, or the port is taken.
    """
    from hardex_app.inspection import inspect_run
    from hardex_app.launch import open_window

    found = run if isinstance(run, Run) else load(run, data=data)
    open_window(
        inspect_run(found, model, trust_model=trust_model),
        host=host,
        port=port,
        browser=browser,
        share=share,
        auth=auth,
    )


def demo(
    *,
    out: str | Path = "runs/mnist-demo",
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    share: bool = False,
    auth: str | None = None,
) -> None:
    """Open the app on the shipped digits; the page comes first, the ranking behind it.

    A whole run of the same model, data and version is reused.

    Args:
        out: the run folder.
        host, port, browser, share, auth: as in `serve`.

    Raises:
        HardexError: the run folder cannot be written, or the port is taken.
    """
    from hardex_app.inspection import inspect_demo
    from hardex_app.launch import open_window

    open_window(
        inspect_demo(Path(out)), host=host, port=port, browser=browser, share=share, auth=auth
    )
