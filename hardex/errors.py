"""The errors hardex raises on purpose.

* HardexError
  x DatasetError      images, labels and class names do not fit together, or cannot be read
  x ClassifierError   a model cannot be loaded, or its output is not one distribution per image
  x RunError          a folder is not a run this version can read or may write
    x StorageError    the annotations cannot be read or written now, but perhaps later
    x MisplacedError  what people made is in a database or file that is not this run's or yours
  x AccessError       a link or a session is not valid
    x LinkOverError   the link was valid, but has expired, was revoked or is not confirmed
  x ServingError      the app cannot be served as requested
  x LogError          a training log cannot be read, or holds no curve
  x TrainingError     a training was tried and gave no model: it did not learn, or its code failed

Catch `HardexError` to catch all of them. The command line and the pages show `str(error)`, so each
message is one sentence: what was expected, what was received, and what to do next.

The verb `errors` has the name of this module, so the module can be called: `hardex.errors(run)` is
`hardex.analyze_errors(run)`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class HardexError(ValueError):
    """Base class of every error hardex raises on purpose."""


class DatasetError(HardexError):
    """Images, labels and class names do not fit together, or cannot be read."""


class ClassifierError(HardexError):
    """A model cannot be loaded, or its output is not one distribution per image."""


class RunError(HardexError):
    """A folder is not a run this version can read or may write."""


class StorageError(RunError):
    """Annotations or probes cannot be read or written now: a full disk, a lock, a silent server."""


class MisplacedError(RunError):
    """A database or file is of other data, a newer hardex, something else or another user."""


class AccessError(HardexError):
    """A link or a session is not valid."""


class LinkOverError(AccessError):
    """A link was valid, but has expired, was revoked or is not confirmed; so it was not guessed."""


class ServingError(HardexError):
    """The app cannot be served as requested."""


class LogError(HardexError):
    """A training log cannot be read, or holds no curve."""


class TrainingError(HardexError):
    """A training was tried and gave no model: it did not learn, or its code failed."""


class _Verb(ModuleType):
    """A module that is called like the function of the verb with its name."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call `hardex.analyze_errors`, which is loaded now: nothing below imports it."""
        home = import_module("hardex.error_analysis.analyze")
        return home.analyze_errors(*args, **options)


sys.modules[__name__].__class__ = _Verb
