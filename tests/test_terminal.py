"""Text of other people on the terminal: it is shown, and does nothing."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from fakes import checksum_of, small_images
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

import hardex.cli
from hardex import rank
from hardex.cli.terminal import Terminal, cell, print_json, print_text, styled
from hardex.data.dataset import ArrayDataset
from hardex.images import write_png

EVIL = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\u202ee\r\nf[red]g[/]:smile:\x08[link=http://x]h\x7f"
SEEN = r"a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\u202ee\r\nf[red]g[/]:smile:\x08[link=http://x]h\x7f"


def is_harmless(text):
    return all(sign == "\n" or sign.isprintable() or sign in "\u200c\u200d\xa0" for sign in text)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")


def test_a_sentence_shows_what_is_in_it(capsys):
    print_text(f"It is called {EVIL}.")
    assert capsys.readouterr().out == f"It is called {SEEN}.\n"


def test_a_line_in_colours_shows_what_is_in_it(capsys):
    print_text(styled(("Error:", "bold red"), f" {EVIL}", (EVIL, "bold")), to_stderr=True)
    assert capsys.readouterr().err == f"Error: {SEEN}{SEEN}\n"


def test_a_cell_and_a_title_show_what_is_in_them_though_nobody_escaped_them(capsys):
    table = Table(title=EVIL, expand=False)
    table.add_column(EVIL)
    table.add_row(EVIL)
    Terminal().print(table)
    out = capsys.readouterr().out
    assert out.count(SEEN) == 3 and is_harmless(out)


def test_colours_are_those_of_the_program(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_text(styled(("Error:", "bold red"), f" {EVIL}"))
    out = capsys.readouterr().out
    assert out.startswith("\x1b[1;31mError:\x1b[0m a\\x1b]0;owned") and out.count("\x1b") == 2


@given(st.text())
def test_no_text_does_anything(text):
    assert is_harmless(cell(text)) and "\n" not in cell(text)
    console = Terminal()
    with console.capture() as captured:
        console.print(text, soft_wrap=True)
    assert is_harmless(captured.get())
    assert captured.get().count("\n") == 1


@pytest.mark.parametrize("colours", [False, True])
def test_json_escapes_what_cannot_be_shown_and_stays_the_same(monkeypatch, capsys, colours):
    if colours:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TTY_COMPATIBLE", "1")
    value = {"id": EVIL, "Größe": ["é", "\U000e0001", "\u2028"], EVIL: 1}
    print_json(value)
    out = capsys.readouterr().out
    plain = out
    if colours:
        import re

        plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert is_harmless(plain) and json.loads(plain) == value and "Größe" in plain


def test_only_the_terminal_module_makes_consoles():
    """Whatever else prints to the terminal would have to escape every text by itself."""
    root = Path(hardex.cli.__file__).parent
    for path in root.rglob("*.py"):
        if path.name == "terminal.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not {"rich.console", "rich.markup"} & set(imported), path
        written = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr == "write"
        ]
        assert not written or path.name == "export_command.py", path


# ------------------------------------------------------------------ the commands


def test_an_error_names_a_file_without_its_escapes(hardex):
    answer = hardex("rank mnist_small 'x\x1b[2J[red]\ny.npz'")
    assert answer.code == 1 and is_harmless(answer.err) and answer.err.count("\n") == 1
    assert r"x\x1b[2J[red]\ny.npz" in answer.err


def test_ids_and_classes_of_a_data_set_are_shown_as_text(hardex, tmp_path):
    folder = tmp_path / "data"
    for name in ("cat\x1b[31m", "[red]dog", "\u202ecow:smile:"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            write_png(small_images(9)[number], folder / name / f"\x1b]0;{number}[b].png")
    np.save(tmp_path / "p.npy", np.full((9, 3), 1 / 3))
    answer = hardex("rank --probabilities p.npy data --out run -v")
    assert answer.code == 0, answer.err
    assert is_harmless(answer.out) and is_harmless(answer.err)
    assert r"cat\x1b[31m" in answer.out and "[red]dog" in answer.out and ":smile:" in answer.out
    as_json = hardex("rank --probabilities p.npy data --out run2 --format json")
    assert is_harmless(as_json.out) and "\u202ecow:smile:" in json.loads(as_json.out)["class_names"]


def test_what_a_damaged_run_says_does_nothing(hardex, tmp_path):
    images = small_images(9)
    data = ArrayDataset.of(images, np.arange(9) % 3, class_names=["a", "b", "c"])
    rank(checksum_of(3), data, out=tmp_path / "run", per_class=1)
    path = tmp_path / "run" / "seal.json"
    path.write_text(json.dumps({"schema": EVIL}))
    answer = hardex("rank run --out run2 --diversity none")
    assert answer.code == 1 and is_harmless(answer.err) and answer.err.count("\n") == 1
