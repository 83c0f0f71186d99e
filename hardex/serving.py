"""A run -> the app in the browser. The one place in the library that calls `hardex_app`."""

from pathlib import Path
from typing import TYPE_CHECKING

from hardex.classifiers.opening import Model
from hardex.data.sources import Data
from hardex.runs.run import Run, load

if TYPE_CHECKING:
    from hardex_app.launch import Opened


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
    auth: str | None = None,
    root_path: str = "",
) -> "Opened | None":
    """Open the app on a finished run and stay until it is stopped.

    In a Jupyter notebook the app is shown below the cell and the call returns at once: `.url` is
    its address, and `.close()` ends it.

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
        share: whether to open a public link, which always asks for a password.
        auth: `NAME:PASSWORD` to ask for; made up when `share` needs one.
        root_path: the path or address under which a proxy shows the app, which then always asks
            for a password.

    Returns:
        In a notebook what closes the app again, else None.

    Raises:
        HardexError: no run or training data there, or the port is taken.
    """
    from hardex_app.inspection import inspect_run
    from hardex_app.launch import open_window

    found = run if isinstance(run, Run) else load(run, data=data)
    return open_window(
        inspect_run(found, model, train=train, trust_model=trust_model),
        host=host,
        port=port,
        browser=browser,
        share=share,
        auth=auth,
        root_path=root_path,
    )


def demo(
    *,
    out: str | Path = "runs/mnist-demo",
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    share: bool = False,
    auth: str | None = None,
) -> "Opened | None":
    """Open the app on the shipped digits; the page comes first, the ranking behind it.

    A whole run of the same model, data and version is reused.

    Args:
        out: the run folder.
        host, port, browser, share, auth: as in `serve`.

    Returns:
        As `serve`.

    Raises:
        HardexError: the run folder cannot be written, or the port is taken.
    """
    from hardex_app.inspection import inspect_demo
    from hardex_app.launch import open_window

    return open_window(
        inspect_demo(Path(out)), host=host, port=port, browser=browser, share=share, auth=auth
    )
