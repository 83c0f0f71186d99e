"""`hardex …`: one verb per stage. Heavy libraries are imported inside the verbs."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.annotate import app as annotate
from hardex.cli.formats import Format
from hardex.errors import HardexError
from hardex.version import VERSION

app = typer.Typer(
    help="Find the hard examples of an image classifier, look at them, and see why they are hard.",
    rich_markup_mode=None,  # plain help: drawing it with Rich takes longer than all the rest
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(annotate, name="annotate")


_INTERRUPTED = 130  # what Typer makes of Ctrl-C
_FOUND = 3  # a check that was asked for found something

_PREPROCESS = (
    "unit (0..1), raw (0..255) or -1..1, with ,inverted or ,bgr behind it, or MODULE:FUNCTION; "
    "found from the model by default."
)
_CLASSES = (
    "Class names in the order of the outputs, comma-separated, or @FILE with one name per line."
)
_LOGITS = "The model ends in logits: take the softmax of its outputs."
_SPLIT = "Part of an .npz file, a folder of splits or keras:NAME."
_FILE_COLUMN = "The column of files in a table; found by its name by default."
_LABEL_COLUMN = "The column of labels in a table; found by its name by default."
_TRUST_PATHS = "A table may name files outside its folder."
_TRUST_MODEL = "Also load .h5, SavedModel and Lambda layers, which can run code."
_ANNOTATIONS = (
    "The database of the annotations, postgresql+pg8000://…; by default they are in the run folder."
)
_GOLD = "True labels to see how good annotators are: a table with the columns id and label."

# Each of these lets others than this computer in, and everybody then needs a personal link.
Share = Annotated[bool, typer.Option(help="Open a public link by Gradio's tunnel.")]
ShareServer = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Open the link by a frp server of your own.")
]
ShareServerCa = Annotated[
    str, typer.Option(metavar="FILE", help="The certificates to check that server by.")
]
ShareSsh = Annotated[
    str, typer.Option(metavar="USER@HOST[:PORT]", help="Be reached at HOST, by `ssh -R`.")
]
ShareSshPort = Annotated[str, typer.Option(metavar="[ADDRESS:]PORT", help="Where HOST listens.")]
RootPath = Annotated[
    str, typer.Option(metavar="PATH", help="The path or address under which a proxy shows the app.")
]


def main() -> None:
    """Run the command line: exit code 0 done, 1 a `HardexError` in one sentence, 2 wrong usage."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as tidily as Ctrl-C
    try:
        app()
    except HardexError as error:
        _say_error(str(error))
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _say_error("stopped; nothing half-written was left behind.")
        raise


def _say_error(sentence: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True)
    console.print("[bold red]Error:[/]", escape(sentence), highlight=False, soft_wrap=True)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"hardex {VERSION}")
        raise typer.Exit


@app.callback()
def hardex(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the hard examples of an image classifier, look at them, and see why they are hard."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The run folder.")] = Path("runs/mnist-demo"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="The port; by default 7860 or the next free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Whether to open the browser.")] = True,
    share: Share = False,
    share_server: ShareServer = "",
    share_server_ca: ShareServerCa = "",
    share_ssh: ShareSsh = "",
    share_ssh_port: ShareSshPort = "8080",
    root_path: RootPath = "",
) -> None:
    """Open the app on the shipped digits and model; the page comes first, the ranking behind it."""
    from hardex.serving import demo as open_demo

    open_demo(
        out=out,
        host=host,
        port=port,
        browser=browser,
        share=share,
        share_server=share_server,
        share_server_ca=share_server_ca,
        share_ssh=share_ssh,
        share_ssh_port=share_ssh_port,
        root_path=root_path,
    )


@app.command()
def serve(
    run: Annotated[Path, typer.Argument(help="A run folder made by `hardex rank`.")],
    model: Annotated[
        str | None, typer.Option(help="The model, when it moved or another one is to answer.")
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            metavar="DATA", help="The training data, to show the images nearest to each example."
        ),
    ] = None,
    data: Annotated[str, typer.Option(help="The images, when they moved.")] = "",
    trust_model: Annotated[bool, typer.Option("--trust-model", help=_TRUST_MODEL)] = False,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="The port; by default 7860 or the next free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Whether to open the browser.")] = True,
    share: Share = False,
    share_server: ShareServer = "",
    share_server_ca: ShareServerCa = "",
    share_ssh: ShareSsh = "",
    share_ssh_port: ShareSshPort = "8080",
    root_path: RootPath = "",
    annotations: Annotated[str, typer.Option(metavar="URL", help=_ANNOTATIONS)] = "",
    queue: Annotated[
        str,
        typer.Option(
            metavar="WORDS",
            help="Which examples annotators judge, as in an address of Browse: list=hard&given=7.",
        ),
    ] = "",
    overlap: Annotated[int, typer.Option(help="How many annotators judge each example.")] = 2,
    gold: Annotated[Path | None, typer.Option(metavar="FILE", help=_GOLD)] = None,
) -> None:
    """Open the app on a finished run."""
    from hardex.serving import serve as open_run

    open_run(
        run,
        model,
        train=train,
        data=data,
        trust_model=trust_model,
        host=host,
        port=port,
        browser=browser,
        share=share,
        share_server=share_server,
        share_server_ca=share_server_ca,
        share_ssh=share_ssh,
        share_ssh_port=share_ssh_port,
        root_path=root_path,
        annotations=annotations,
        queue=queue,
        overlap=overlap,
        gold=gold,
    )


@app.command()
def check(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="mnist_cnn, mnist_small, a .keras or .onnx file, or MODULE:FUNCTION.",
        ),
    ],
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Labelled images, named as in `rank`.")
    ],
    preprocess: Annotated[str | None, typer.Option(help=_PREPROCESS)] = None,
    classes: Annotated[str | None, typer.Option(help=_CLASSES)] = None,
    resize: Annotated[
        bool, typer.Option("--resize", help="Resize images of one size to what the model wants.")
    ] = False,
    logits: Annotated[bool, typer.Option("--logits", help=_LOGITS)] = False,
    trust_model: Annotated[bool, typer.Option("--trust-model", help=_TRUST_MODEL)] = False,
    split: Annotated[str, typer.Option(help=_SPLIT)] = "",
    file_column: Annotated[str, typer.Option(help=_FILE_COLUMN)] = "",
    label_column: Annotated[str, typer.Option(help=_LABEL_COLUMN)] = "",
    trust_paths: Annotated[bool, typer.Option("--trust-paths", help=_TRUST_PATHS)] = False,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 0,
    format: Annotated[Format, typer.Option(help="How to answer.")] = Format.text,
) -> None:
    """Look for silent bugs between MODEL and DATA; exit code 3 when something is found."""
    from hardex.cli.show.findings import show_findings
    from hardex.pipeline.check import check as examine

    found = examine(
        model,
        data,
        preprocess=preprocess,
        class_names=_split(classes),
        resize=resize,
        logits=logits,
        trust_model=trust_model,
        split=split,
        file_column=file_column,
        label_column=label_column,
        trust_paths=trust_paths,
        seed=seed,
    )
    show_findings(found, as_json=format is Format.json)
    if found:
        raise typer.Exit(_FOUND)


@app.command()
def rank(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="mnist_cnn, mnist_small, a .keras or .onnx file, MODULE:FUNCTION or a RUN.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="mnist:test, keras:NAME, class folders, .npz, IDX, a .csv, .jsonl or .parquet "
            "table …",
        ),
    ] = None,
    probabilities: Annotated[
        Path | None,
        typer.Option(help="Saved probabilities (.npy, .npz, .csv, .parquet) in place of MODEL."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Their given labels (.npy, .csv), by `id` if both have ids.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run folder; by default runs/MODELSTEM-DATASTEM.")
    ] = None,
    per_class: Annotated[int, typer.Option(help="How many of each given class in each list.")] = 2,
    count: Annotated[
        int | None, typer.Option(help="How many in all in each list, in place of --per-class.")
    ] = None,
    diversity: Annotated[
        str,
        typer.Option(
            help="class: the given classes in turn; confusion: the pairs of classes in turn; "
            "embedding: what is farthest from all before; none: the hardest first."
        ),
    ] = "class",
    unsure: Annotated[
        str,
        typer.Option(
            help="Score of the unsure list: least_confidence, margin, entropy or MODULE:FUNCTION."
        ),
    ] = "least_confidence",
    wrong: Annotated[
        str,
        typer.Option(
            help="Score of the wrong list: loss, normalized_margin, el2n, adjusted_self_confidence "
            "or MODULE:FUNCTION."
        ),
    ] = "loss",
    pool: Annotated[
        int, typer.Option(help="How many of the hardest of each key the choice is made among.")
    ] = 2000,
    allow_duplicates: Annotated[
        bool, typer.Option("--allow-duplicates", help="Keep what looks like an earlier one.")
    ] = False,
    preprocess: Annotated[str | None, typer.Option(help=_PREPROCESS)] = None,
    logits: Annotated[bool, typer.Option("--logits", help=_LOGITS)] = False,
    trust_model: Annotated[bool, typer.Option("--trust-model", help=_TRUST_MODEL)] = False,
    classes: Annotated[str | None, typer.Option(help=_CLASSES)] = None,
    resize: Annotated[
        bool, typer.Option("--resize", help="Resize images of one size to what the model wants.")
    ] = False,
    batch_size: Annotated[int | None, typer.Option(help="Images per forward pass.")] = None,
    split: Annotated[str, typer.Option(help=_SPLIT)] = "",
    file_column: Annotated[str, typer.Option(help=_FILE_COLUMN)] = "",
    label_column: Annotated[str, typer.Option(help=_LABEL_COLUMN)] = "",
    trust_paths: Annotated[bool, typer.Option("--trust-paths", help=_TRUST_PATHS)] = False,
    seal: Annotated[
        float | None,
        typer.Option(help="Share of examples that stay unseen for a later proof, such as 0.5."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="A file that cannot be read is an error.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the results of a run; annotations stay.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How to answer.")] = Format.text,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every row.")] = False,
) -> None:
    """Find the hard examples: rank MODEL DATA, rank --probabilities P --labels Y [DATA], or
    rank RUN --out RUN2 to rank a finished run by another rule, without its model.
    """
    from hardex.cli.show.runs import show_run
    from hardex.pipeline.rank import rank as make_run
    from hardex.pipeline.rank_again import is_run
    from hardex.progress import ProgressBar

    if probabilities is not None and data is None:
        model, data = None, model  # the one argument given is DATA
    if probabilities is None and (model is None or (data is None and not is_run(model))):
        raise typer.BadParameter("give MODEL and DATA, --probabilities and --labels, or a RUN")
    with ProgressBar(quiet=format is Format.json) as bar:
        run = make_run(
            model,
            data,
            probabilities=probabilities,
            labels=labels,
            out=out,
            per_class=per_class,
            count=count,
            diversity=diversity,
            unsure=unsure,
            wrong=wrong,
            pool=pool,
            allow_duplicates=allow_duplicates,
            preprocess=preprocess,
            logits=logits,
            trust_model=trust_model,
            class_names=_split(classes),
            resize=resize,
            batch_size=batch_size,
            split=split,
            file_column=file_column,
            label_column=label_column,
            trust_paths=trust_paths,
            seal=seal,
            seed=seed,
            strict=strict,
            force=force,
            progress=bar,
            command=_command_line(),
        )
    show_run(run, as_json=format is Format.json, rows=None if verbose else 5)


@app.command()
def probes(
    run: Annotated[Path, typer.Argument(help="A run folder made by `hardex rank`.")],
    model: Annotated[
        str | None,
        typer.Option(help="Ask this model again: a .keras or .onnx file, MODULE:FUNCTION, …"),
    ] = None,
    preprocess: Annotated[str | None, typer.Option(help=_PREPROCESS)] = None,
    logits: Annotated[bool, typer.Option("--logits", help=_LOGITS)] = False,
    trust_model: Annotated[bool, typer.Option("--trust-model", help=_TRUST_MODEL)] = False,
    export: Annotated[
        Path | None,
        typer.Option(help="Also write the probes that have an expected class to this new folder."),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to answer.")] = Format.text,
) -> None:
    """List the kept probes of RUN; with --model ask another model, exit code 3 when one changed."""
    from hardex.cli.show.probes import show_probes
    from hardex.probing.export import export_probes
    from hardex.probing.replay import probes as replay_probes
    from hardex.probing.saved_probes import kept_probes
    from hardex.runs.run import load

    if model is None and (preprocess is not None or logits):
        raise typer.BadParameter("--preprocess and --logits belong to --model")
    found = load(run)
    kept, problems = kept_probes(found.folder)
    replay = None
    if model is not None:
        replay = replay_probes(
            found, model, preprocess=preprocess, logits=logits, trust_model=trust_model
        )
    exported = None if export is None else export_probes(found, export)
    show_probes(found, kept, problems, replay, exported, as_json=format is Format.json)
    if replay is not None and replay.changed:
        raise typer.Exit(_FOUND)


def _split(names: str | None) -> list[str] | None:
    if names is None:
        return None
    if names.startswith("@"):
        found = _lines_of(names[1:])
    else:
        found = [name.strip() for name in names.split(",")]
    if "" in found:
        raise HardexError(
            f"--classes must name every class; name {found.index('') + 1} of {len(found)} is "
            "empty; name all of them."
        )
    return found


def _lines_of(file: str) -> list[str]:
    """The class names in a file: a line may hold what a comma-separated list cannot."""
    try:
        text = Path(file).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, ValueError, RuntimeError) as error:  # no text, no path, no such user
        raise HardexError(
            "--classes @FILE must be a text file in UTF-8 with one class name per line; "
            f"{file!r} cannot be read ({type(error).__name__}); check the path."
        ) from error
    return text.removesuffix("\n").split("\n")


def _command_line() -> str:
    import shlex

    return shlex.join(["hardex", *sys.argv[1:]])
