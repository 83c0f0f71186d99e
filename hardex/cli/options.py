"""Every option of the command line that two verbs share, once.

A group of options is a frozen dataclass. A command takes it as one parameter, and `flattened` turns
it into the options that Typer shows and reads.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from enum import StrEnum
from functools import update_wrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from hardex.bounded import JSON_MOST, read_bytes
from hardex.errors import HardexError


class Format(StrEnum):
    """The output format."""

    text = "text"
    json = "json"


ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="mnist_cnn, mnist_small, a .keras or .onnx file, or MODULE:FUNCTION.",
    ),
]
DataName = Annotated[
    str, typer.Argument(metavar="DATA", help="Labelled images, as in `hardex rank`.")
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder from `hardex rank`.")]
OutputFormat = Annotated[Format, typer.Option(help="Output format.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show every row.")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="The annotation database, postgresql+pg8000://…; by default a file in the run folder.",
    ),
]
TrustModel = Annotated[
    bool,
    typer.Option(
        "--trust-model", help="Also load .h5, SavedModel and Lambda layers, which can run code."
    ),
]
Preprocess = Annotated[
    str | None,
    typer.Option(
        help="unit (0..1), raw (0..255), -1..1, imagenet, caffe, mnist, cifar10, cifar100, "
        "standardized (each image by itself) or mean=M,std=S on the scale 0..1 (three channels: "
        "mean=A:B:C,std=D:E:F), optionally followed by ,inverted or ,bgr; or MODULE:FUNCTION. By "
        "default it is inferred from the model."
    ),
]
Logits = Annotated[
    bool, typer.Option("--logits", help="The model outputs logits: apply softmax to them.")
]
TrainingData = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        help="The training data; without it, causes that need it are not judged.",
    ),
]
OwnCauses = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODULE:FUNCTION", help="A cause or a measurement of your own; repeatable."
    ),
]
Plants = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Plants of each cause to learn from, and to test with; by default 300, fewer if the "
        "model is slow.",
    ),
]

Positive = Annotated[
    str,
    typer.Option(
        metavar="CLASS",
        help="Also tell this class from the rest: false negatives, false positives, thresholds.",
    ),
]
Sensitivity = Annotated[
    float | None,
    typer.Option(help="With --positive: the sensitivity whose threshold is wanted, such as 0.95."),
]


@dataclass(frozen=True)
class ModelOptions:
    """How the model is loaded and called."""

    preprocess: Preprocess = None
    logits: Logits = False
    trust_model: TrustModel = False


@dataclass(frozen=True)
class DataOptions:
    """How the images and labels are read."""

    classes: Annotated[
        str | None,
        typer.Option(
            help="Class names in the order of the model's outputs, comma-separated, or @FILE with "
            "one name per line."
        ),
    ] = None
    resize: Annotated[
        bool, typer.Option("--resize", help="Resize images of a fixed size to the model's input.")
    ] = False
    reading: Annotated[
        str,
        typer.Option(
            help="How pictures in files are read for the model: pillow (upright, averaging), keras "
            "(as image_dataset_from_directory), torchvision (as ImageFolder, Resize and "
            "CenterCrop); pillow and keras optionally followed by ,crop or ,pad. auto: pillow, and "
            "the doctor says if another is clearly better."
        ),
    ] = "auto"
    split: Annotated[
        str, typer.Option(help="Which split of an .npz file, a folder of splits or keras:NAME.")
    ] = ""
    file_column: Annotated[
        str, typer.Option(help="The file column of a table; detected by name by default.")
    ] = ""
    label_column: Annotated[
        str, typer.Option(help="The label column of a table; detected by name by default.")
    ] = ""
    trust_paths: Annotated[
        bool, typer.Option("--trust-paths", help="Let a table name files outside its own folder.")
    ] = False

    def arguments(self) -> dict[str, Any]:
        """The same values as keyword arguments of the library's functions.

        Raises:
            HardexError: the class names cannot be read.
        """
        values = {**vars(self), "class_names": class_names_of(self.classes)}
        del values["classes"]
        return values


@dataclass(frozen=True)
class ServerOptions:
    """Where the app listens and how others reach it; sharing requires a personal link."""

    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int | None, typer.Option(help="The port; by default 7860 or the next free one.")
    ] = None
    browser: Annotated[bool, typer.Option(help="Open the app in the browser.")] = True
    share: Annotated[bool, typer.Option(help="Create a public link through Gradio's tunnel.")] = (
        False
    )
    share_server: Annotated[
        str,
        typer.Option(metavar="HOST:PORT", help="Create a public link through your own frp server."),
    ] = ""
    share_server_ca: Annotated[
        str, typer.Option(metavar="FILE", help="CA certificates to verify that server with.")
    ] = ""
    share_ssh: Annotated[
        str,
        typer.Option(
            metavar="USER@HOST[:PORT]", help="Make the app reachable at HOST by `ssh -R`."
        ),
    ] = ""
    share_ssh_port: Annotated[
        str, typer.Option(metavar="[ADDRESS:]PORT", help="The port that HOST listens on.")
    ] = "8080"
    root_path: Annotated[
        str,
        typer.Option(
            metavar="PATH", help="The path or URL at which a reverse proxy serves the app."
        ),
    ] = ""


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """The command with each group of options replaced by its options, as Typer needs them."""
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    groups = {
        it.name: it.annotation
        for it in parameters
        if isinstance(it.annotation, type) and is_dataclass(it.annotation)
    }
    flat = [
        option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for it in parameters
        for option in (
            inspect.signature(it.annotation).parameters.values() if it.name in groups else [it]
        )
    ]

    def call(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(
                **{it: values.pop(it) for it in inspect.signature(group).parameters}
            )
        command(**values)

    update_wrapper(call, command)
    call.__annotations__ = {it.name: it.annotation for it in flat}
    vars(call)["__signature__"] = inspect.Signature(flat)
    return call


def class_names_of(option: str | None) -> list[str] | None:
    """The class names that `--classes` gives; None where it was not given.

    Raises:
        HardexError: a name is empty, or the file cannot be read.

    Example:
        >>> class_names_of("cat, dog")
        ['cat', 'dog']
    """
    if option is None:
        return None
    if option.startswith("@"):
        names = _lines_of(option[1:])
    else:
        names = [name.strip() for name in option.split(",")]
    if "" in names:
        raise HardexError(
            f"--classes must name every class; name {names.index('') + 1} of {len(names)} is "
            "empty; name all of them."
        )
    return names


def _lines_of(file: str) -> list[str]:
    """The class names in a file, whose lines may contain commas."""
    try:
        content = read_bytes(Path(file).expanduser(), JSON_MOST).decode("utf-8-sig")
        text = content.replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, ValueError, RuntimeError) as error:  # no text, no path, no such user
        raise HardexError(
            "--classes @FILE must be a text file in UTF-8 with one class name per line; "
            f"{file!r} cannot be read ({type(error).__name__}); check the path."
        ) from error
    return text.removesuffix("\n").split("\n")
