"""Print every text that users may read, once, so that it can be proofread in one go.

    python tools/strings.py [--docstrings] [FILE_OR_FOLDER ...]

By default it reads `hardex` and `apps/hardex_app`. Python: string constants and f-strings with a
space in them (help, errors, output), with {…} for values. HTML and JavaScript: texts, labels and
string literals with a space in them.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HTML = re.compile(r">([^<>{}]*\s[^<>{}]*)<|(?:title|aria-label|placeholder|alt)=\"([^\"]+)\"")
JAVASCRIPT = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`")
DEFINITIONS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def texts_of_python(source: str, *, docstrings: bool = False) -> Iterator[tuple[int, str]]:
    """The line and text of each string constant and f-string."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node) is not None:
            if not docstrings:
                skipped.add(id(node.body[0].value))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(map(id, node.values))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (
                part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values
            )
            yield node.lineno, "".join(map(str, parts))


def texts_of_pattern(source: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The line and text of each match of a pattern."""
    for found in pattern.finditer(source):
        yield source.count("\n", 0, found.start()) + 1, next(filter(None, found.groups()), "")


def texts_of(path: Path, *, docstrings: bool = False) -> Iterator[tuple[int, str]]:
    """The line and text of everything in a file that a user may read."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return texts_of_python(source, docstrings=docstrings)
    return texts_of_pattern(source, HTML if path.suffix == ".html" else JAVASCRIPT)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--docstrings", action="store_true", help="print docstrings as well")
    options.add_argument("places", nargs="*", default=["hardex", "apps/hardex_app"], type=Path)
    given = options.parse_args()
    seen = set()
    for place in map(Path, given.places):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix not in (".py", ".html", ".js"):
                continue
            for line, text in texts_of(path, docstrings=given.docstrings):
                words = " ".join(text.split())
                if " " in words and words not in seen:
                    seen.add(words)
                    sys.stdout.write(f"{path}:{line}: {words}\n")


if __name__ == "__main__":
    main()
