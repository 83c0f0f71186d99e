"""The public names, and what importing them loads."""

import subprocess
import sys

import pytest

import hardex
from hardex import errors

HEAVY = ("tensorflow", "keras", "gradio", "pandas", "pyarrow", "sklearn", "scipy", "PIL")


def loaded_by(program):
    """Which heavy libraries a fresh Python has loaded at the end of a program."""
    ending = f"\nimport sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program + ending], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "program",
    [
        "import hardex; dir(hardex); hardex.HardexError",
        "from hardex import rank, load",
        "import sys\nfrom hardex.cli.main import main\nsys.argv = ['hardex', '--help']\n"
        "try: main()\nexcept SystemExit: pass",
    ],
)
def test_importing_hardex_and_help_load_no_heavy_library(program):
    assert loaded_by(program) == "[]"


@pytest.mark.parametrize("name", hardex.__all__)
def test_every_public_name_is_the_one_in_its_module(name):
    assert getattr(hardex, name) is not None
    assert name in dir(hardex)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'hardex' has no attribute 'shuffle'"):
        _ = hardex.shuffle


def test_the_verbs_stay_functions_after_every_module_was_imported():
    program = (
        "import importlib, pkgutil, hardex\n"
        "for module in pkgutil.walk_packages(hardex.__path__, 'hardex.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name)\n"
        "from types import FunctionType as F\n"
        "print([type(getattr(hardex, n)) is F for n in ('rank', 'load', 'serve', 'demo')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[True, True, True, True]\n", done.stderr


def family():
    return [
        kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type)
        and kind.__module__ == errors.__name__
        and not name.startswith("_")
    ]


@pytest.mark.parametrize("kind", family())
def test_every_error_is_a_hardex_error_and_is_in_the_drawing(kind):
    assert issubclass(kind, errors.HardexError) and issubclass(kind, ValueError)
    assert f" {kind.__name__}" in errors.__doc__
    assert getattr(hardex, kind.__name__) is kind
