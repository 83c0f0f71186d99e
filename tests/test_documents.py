"""Everything the documents name exists: commands, options, links, folders, versions, output."""

import re
import shlex
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from doctest import DocTestParser, DocTestRunner
from itertools import groupby
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hardex.cli.main import app
from hardex.images import ORDER
from hardex.people.events import VERDICTS
from hardex.runs.view_words import WORDS
from hardex.runs.views import DISPUTED, JUDGED, UNJUDGED
from hardex_app.questions import with_endpoint

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("", ".github", "apps", "benchmarks", "docs", "examples", "hardex", "models", "tests")
DOCUMENTS = sorted(
    path
    for folder in FOLDERS
    for path in ((ROOT / folder).rglob("*.md") if folder else ROOT.glob("*.md"))
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)|<img[^>]* src=\"([^\"]+)\"")
VERBS = typer.main.get_command(app).commands

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix()
)


@every_document
def test_every_command_to_type_exists(document):
    for words in commands(document.read_text(encoding="utf-8")):
        problem = why_not(words)
        assert not problem, f"{shlex.join(words)}: {problem}"


def test_an_unknown_command_would_be_found():
    assert why_not(["hardex", "polish", "RUN"]) == "no such verb"
    assert why_not(["hardex", "rank", "a", "b", "--colour=red"]) == "no option --colour"
    assert why_not(["make", "money"]) == "no such target"
    assert why_not(["python", "models/forget.py"]) == "no such file"
    assert why_not(["frobnicate"]) == "a program that this test does not know"


@every_document
def test_every_link_and_picture_leads_somewhere(document):
    targets = [first or second for first, second in LINK.findall(document.read_text("utf-8"))]
    inside = [target for target in targets if not re.match(r"[a-z]+:|#", target)]
    missing = [it for it in inside if not (document.parent / it.partition("#")[0]).exists()]
    assert missing == []


def test_the_folders_in_the_architecture_are_those_of_the_library():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = tree(text, "hardex/")
    real = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "hardex").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert set(listed) == real - {"__init__.py", "__main__.py"}
    assert [Path(name).stem for name in listed] == layers()


def layers():
    """The modules of the library in the order of the import contract, the lowest first.

    Those in brackets are optional.
    """
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one["type"] == "layers")
    rows = [row.replace(" ", "").split("|") for row in reversed(contract["layers"])]
    return [name for row in rows for name in row if name != "__main__" and name[0] != "("]


def test_the_paths_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = (body for _, body in FENCE.findall(text) if "apps/hardex_app/" in body)
    missing = [
        name for line in block.splitlines() if not (ROOT / (name := line.split()[0])).exists()
    ]
    assert missing == []


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The terminal session of the README: its folder, the documented and the real output."""
    folder = tmp_path_factory.mktemp("session")
    (typed, expected), *_ = typed_and_shown("README.md")
    done = type_in(typed, folder)
    assert done.returncode == 0, done.stderr
    return folder, expected, done.stdout


def typed_and_shown(name):
    """The terminal sessions of a document: each command and its documented output."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for body in (body for kind, body in FENCE.findall(text) if kind == "console"):
        typed, _, shown = body.removeprefix("$ ").partition("\n")
        yield typed, shown


def type_in(line, folder):
    program = Path(sys.executable).with_name("hardex")
    words = [program, *shlex.split(line)[1:]]
    return subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8")


def test_the_session_in_the_readme_is_what_the_terminal_shows(session):
    _, expected, shown = session
    assert without_last_digits(shown) == without_last_digits(expected)


def test_the_examples_of_the_app_guide_are_what_a_client_gets(session, monkeypatch):
    folder, *_ = session
    text = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    blocks = [body for _, body in FENCE.findall(text) if body.startswith(">>> ")]
    monkeypatch.chdir(ROOT)  # one example reads a picture
    with served(folder, "runs/mnist_cnn-mnist-test", "--train", "mnist:train") as url:
        source = "\n".join(blocks).replace("http://127.0.0.1:7860/", url)
        examples = DocTestParser().get_doctest(source, {}, "app.md", "docs/app.md", 0)
        said = []
        result = DocTestRunner(verbose=False).run(examples, out=said.append)
    assert result.attempted > 20
    assert result.failed == 0, "".join(said)
    # The guide then replays the probes that were just saved on another model.
    ((typed, expected),) = typed_and_shown("docs/app.md")
    done = type_in(typed, folder)
    assert done.returncode == 3, done.stderr
    assert without_last_digits(done.stdout) == without_last_digits(expected)


@contextmanager
def served(folder, *words):
    """`hardex serve` on the command line; yields its address when it is ready."""
    from gradio_client import Client

    program, log = Path(sys.executable).with_name("hardex"), folder / "serve.log"
    with log.open("wb") as told:
        server = subprocess.Popen(
            [program, "serve", *words, "--no-browser"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=told,
            encoding="utf-8",
        )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("hardex is at "), log.read_text()
        url = line.removeprefix("hardex is at ").strip()
        client = Client(url, verbose=False)
        until = time.monotonic() + 300
        while client.predict(api_name="/status")["stage"] != "ready":
            assert time.monotonic() < until and server.poll() is None, log.read_text()
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=60)


def test_the_app_guide_names_every_endpoint():
    text = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    used = set(re.findall(r'api_name="/(\w+)"', text))
    of_annotators = {"next_example", "annotate", "undo", "progress"}
    named = {question.endpoint.__name__ for question in with_endpoint()}
    assert used == named - of_annotators


def test_the_app_guide_lists_every_word_of_an_address():
    text = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \| (?:Browse|Browse, Probe) \| (.*) \|$", text, re.MULTILINE)
    words = {word for names, _ in rows for word in re.findall(r"`([\w.]+)`", names)}
    assert words == {*WORDS, "meta.NAME", "id"}
    said = dict(rows)
    assert set(re.findall(r"`(\w+)`", said["`verdict`"])) == {
        *VERDICTS,
        *(UNJUDGED, JUDGED, DISPUTED),
    }


def test_the_app_guide_lists_the_changes_in_the_order_in_which_they_act():
    text = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| [A-Z][\w ]* \| `(\w+)` \|", text, re.MULTILINE)) == ORDER


def without_last_digits(text):
    """Lines without the fourth digit of probabilities: processors differ in the last bits."""
    return [re.sub(r"(\d\.\d{3})\d\b", r"\1_", line).rstrip() for line in text.splitlines()]


def test_the_changelog_has_the_unreleased_on_top():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[0] == "Unreleased"


def test_the_versions_are_pinned_with_hashes_and_without_addresses():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if re.match(r"[a-z]", line)]
    rest = [line for line in lines if line not in pins and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)? \\", line) for line in pins)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest)
    assert not any("http:" in line or "https:" in line or "file:" in line for line in lines)


def test_the_pinned_versions_are_those_the_project_asks_for():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)==([\w.]+)", text, re.MULTILINE)
    extras = PROJECT["project"]["optional-dependencies"].values()
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for line in [*asked, *(line for extra in extras for line in extra)]:
        wish = Requirement(line)
        versions = [version for name, version in pinned if name == canonicalize_name(wish.name)]
        assert versions, f"{wish.name} is not pinned; run `make constraints`"
        assert all(version in wish.specifier for version in versions), f"{line}: {versions}"


def commands(text):
    """Every command of bash, console and indented blocks, and within sentences, as words."""
    lines = re.findall(r"`((?:hardex|make|python) [^`…]+)`", text)
    lines += re.findall(r"^    ((?:hardex|make|python) .+)$", text, re.MULTILINE)
    for kind, body in FENCE.findall(text):
        typed = body.replace("\\\n", " ").splitlines()
        if kind == "console":
            lines += [line.removeprefix("$ ") for line in typed if line.startswith("$ ")]
        elif kind == "bash":
            lines += typed
    for line in lines:
        yield from parts(line)


def parts(line):
    """The commands of one line of a shell, as words.

    >>> list(parts("make install && make check  # all; of it"))
    [['make', 'install'], ['make', 'check']]
    """
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    for between, command in groupby(words, lambda word: word in ("&&", "|", ";")):
        if not between:
            yield list(command)


def why_not(words):
    """Why a command would fail, as far as can be seen without running it."""
    program, *rest = words
    if program == "hardex":
        return why_not_verb(rest)
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        return None if set(rest) <= set(targets) else "no such target"
    if program == "python":
        return None if rest[0].startswith("-") or (ROOT / rest[0]).exists() else "no such file"
    known = ("cd", "git", "pip", "pytest", "ssh")
    return None if program in known else "a program that this test does not know"


def why_not_verb(words):
    verb, *rest = [word.partition("=")[0] for word in words]
    if verb in ("--help", "--version"):
        return None
    if verb not in VERBS:
        return "no such verb"
    command = VERBS[verb]
    below = getattr(command, "commands", None)  # as `hardex annotate export` is
    if below is not None and rest and rest[0] != "--help":
        verb, *rest = rest
        if verb not in below:
            return "no such verb"
        command = below[verb]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    unknown = [it for it in rest if it.startswith("-") and it not in options | {"--help"}]
    return f"no option {unknown[0]}" if unknown else None


def tree(text, top):
    """The names in a drawn folder listing that begins with `top`."""
    (block,) = (body for _, body in FENCE.findall(text) if body.startswith(f"{top}\n"))
    return [line[4:].split()[0] for line in block.splitlines()[1:]]
