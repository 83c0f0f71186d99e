"""The errors hardex raises on purpose.

* HardexError
  x DatasetError      images, labels and class names do not fit together, or cannot be read
  x ClassifierError   a model cannot be loaded, or its output is not one distribution per image
  x RunError          a folder is not a run this version can read or may write
    x StorageError    the annotations cannot be read or written now; later they may be
    x MisplacedError  the annotations lie in a database that is not for this run or this hardex
  x AccessError       a link or a session does not let anybody in
    x LinkOverError   the link was right, but lets nobody in any more
  x ServingError      the app cannot be reached as it was asked to

Catch `HardexError` to catch all of them. The command line and the pages show `str(error)` as it
is, so each message is one sentence that says what was expected, what came, and what to do next.
"""


class HardexError(ValueError):
    """Base class of every error hardex raises on purpose."""


class DatasetError(HardexError):
    """Images, labels and class names do not fit together, or cannot be read."""


class ClassifierError(HardexError):
    """A model cannot be loaded, or its output is not one distribution per image."""


class RunError(HardexError):
    """A folder is not a run this version can read or may write."""


class StorageError(RunError):
    """The annotations cannot be read or written now: a full disk, a lock, a silent server."""


class MisplacedError(RunError):
    """The annotations lie in a database of other data, of a newer hardex or of something else."""


class AccessError(HardexError):
    """A link or a session does not let anybody in."""


class LinkOverError(AccessError):
    """A link was right, but lets nobody in any more: who shows it has guessed nothing."""


class ServingError(HardexError):
    """The app cannot be reached as it was asked to."""
