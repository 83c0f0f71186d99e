"""The errors hardex raises on purpose.

* HardexError
  x DatasetError      images, labels and class names do not fit together, or cannot be read
  x ClassifierError   a model cannot be loaded, or its output is not one distribution per image
  x RunError          a folder is not a run this version can read or may write
    x StorageError    the annotations cannot be read or written now, but perhaps later
    x MisplacedError  the annotations are in a database for other data or another hardex
  x AccessError       a link or a session is not valid
    x LinkOverError   the link was valid, but has expired or was revoked
  x ServingError      the app cannot be served as requested

Catch `HardexError` to catch all of them. The command line and the pages show `str(error)`, so each
message is one sentence: what was expected, what was received, and what to do next.
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
    """Annotations or probes cannot be read or written now: a full disk, a lock, a silent server."""


class MisplacedError(RunError):
    """The annotations are in a database of other data, of a newer hardex or of something else."""


class AccessError(HardexError):
    """A link or a session is not valid."""


class LinkOverError(AccessError):
    """A link was valid, but has expired or was revoked; so it was not guessed."""


class ServingError(HardexError):
    """The app cannot be served as requested."""
