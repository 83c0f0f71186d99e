"""Files of `people/`, opened only if they are what they seem: real files of this user.

A run folder may come from somebody else, who could have put a link to another file, a named pipe or
a device in it. Such a file would make hardex overwrite, reveal or wait for something that is not
the run's.

On Windows, links and junctions are refused; owners are not compared, as files there have other
rules of access.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from hardex.errors import MisplacedError
from hardex.text import plain_text

PEOPLE = "people"

_NEVER_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)  # for the other end of a pipe
_BINARY = getattr(os, "O_BINARY", 0)
Kind = Callable[[int], bool]  # whether a mode is that of a file, or of a folder
OF_A_RUN = "copy the run with an account that may read it and use the copy"  # the way out
_REPARSE_TAGS = (0xA000000C, 0xA0000003)  # a symbolic link and a junction on Windows


@dataclass(frozen=True)
class PeopleFolder:
    """The folder `people/` of a run, or one in it.

    Its files and itself are opened only if they are this user's, or the administrator's, who can
    change them anyway. Every method raises a `MisplacedError` otherwise.

    Attributes:
        run: the run folder, which itself may be a link.
        below: the names of the folders below `people/`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as run:
        ...     folder = PeopleFolder(Path(run))
        ...     folder.create("notes.txt", b"first")
        ...     folder.create("notes.txt", b"second")
        ...     folder.read("notes.txt", most=100)
        b'first'
    """

    run: Path
    below: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.run.joinpath(PEOPLE, *self.below)

    def exists(self) -> bool:
        """Whether it exists."""
        return all(_state(folder, stat.S_ISDIR) is not None for folder in self._folders())

    def make(self) -> None:
        """Create it if there is none, for this user alone; narrow the access to an existing one."""
        for folder in self._folders():
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            narrow(folder, _state(folder, stat.S_ISDIR), 0o700)

    def state(self, name: str) -> os.stat_result | None:
        """The state of a file, or None if there is none."""
        return state_of(self.path / name) if self.exists() else None

    def open(self, name: str, flags: int) -> int:
        """Open a file and return its descriptor; a new file is for this user alone.

        Raises:
            OSError: it does not exist or cannot be opened.
        """
        self.exists()
        return open_own(self.path / name, flags)

    def read(self, name: str, most: int) -> bytes:
        """The first bytes of a file.

        Raises:
            OSError: it does not exist or cannot be read.
        """
        self.exists()
        return read_own(self.path / name, most)

    def create(self, name: str, content: bytes) -> None:
        """Write a new file, whole or not at all; one that exists stays.

        Raises:
            OSError: it cannot be written.
        """
        self.make()
        create_own(self.path / name, content)

    def replace(self, name: str, content: bytes, aside: str = "") -> None:
        """Write a file in one step, in place of one that exists.

        Args:
            name: of the file.
            content: all of it.
            aside: a name for the unfinished file, if only one thread of one process writes it at a
                time; what a crash left there is replaced. By default a new name each time.

        Raises:
            OSError: it cannot be written.
        """
        self.make()
        path = self.path / name
        state_of(path)
        partial = path.with_name(aside or f".{name}.{token_hex(8)}")
        partial.unlink(missing_ok=True)
        try:
            _write_new(partial, content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def narrow(self, name: str) -> None:
        """Let only this user read and write a file, if it exists and is theirs."""
        narrow(self.path / name, self.state(name), 0o600)

    def _folders(self) -> list[Path]:
        """It and those above it, up to `people/`, from the top."""
        names = (PEOPLE, *self.below)
        return [self.run.joinpath(*names[:count]) for count in range(1, len(names) + 1)]


def state_of(path: Path, advice: str = OF_A_RUN) -> os.stat_result | None:
    """The state of a file, or None if there is none; its folder is not checked.

    Raises:
        MisplacedError: it is no regular file, or not this user's.
    """
    return _state(path, stat.S_ISREG, advice)


def open_own(path: Path, flags: int, advice: str = OF_A_RUN) -> int:
    """Open a file and return its descriptor; its folder is not checked.

    Args:
        path: of the file.
        flags: of `os.open`. A file that is written in place must have no other name.
        advice: what to do, apart from deleting it, if it is refused.

    Raises:
        MisplacedError: it is no regular file, or not this user's.
        OSError: it does not exist or cannot be opened.
    """
    state_of(path, advice)  # before it is opened: opening a device may do something
    opened = os.open(path, flags | _NEVER_FOLLOW | _NEVER_WAIT | _BINARY, 0o600)
    try:
        found = os.fstat(opened)
        _check(path, found, stat.S_ISREG, advice)
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        if writes and found.st_nlink > 1:
            raise _foreign(path, "is another file's second name", advice)
        if writes:
            narrow(path, found, 0o600)
    except BaseException:
        os.close(opened)
        raise
    return opened


def read_own(path: Path, most: int, advice: str = OF_A_RUN) -> bytes:
    """The first bytes of a file; its folder is not checked.

    Raises:
        MisplacedError: it is no regular file, or not this user's.
        OSError: it does not exist or cannot be read.
    """
    with os.fdopen(open_own(path, os.O_RDONLY, advice), "rb") as file:
        return file.read(most)


def create_own(path: Path, content: bytes) -> None:
    """Write a new file for this user alone, whole or not at all; one that exists stays.

    Of several that are written at once, the first one wins.

    Raises:
        OSError: it cannot be written.
    """
    if os.path.lexists(path):
        return
    aside = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        _write_new(aside, content)
        try:
            os.link(aside, path)  # in one step, and never replaces a file
        except OSError:
            if not os.path.lexists(path):  # a file system without hard links
                aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    flush_names(path.parent)


def flush_names(folder: Path) -> None:
    """Make new names survive a power cut; not every system can open a folder for that."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _write_new(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NEVER_FOLLOW | _BINARY
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


# ---------------------------------------------------------------------- checks


def _state(path: Path, is_kind: Kind, advice: str = OF_A_RUN) -> os.stat_result | None:
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    _check(path, found, is_kind, advice)
    return found


def _check(path: Path, found: os.stat_result, is_kind: Kind, advice: str) -> None:
    wrong = _what_is_wrong(found, is_kind)
    if wrong:
        raise _foreign(path, wrong, advice)


def _what_is_wrong(found: os.stat_result, is_kind: Kind) -> str:
    """What a file is in place of what it should be; "" if nothing is wrong."""
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _REPARSE_TAGS:
        return "is a link"
    if not is_kind(found.st_mode):
        kinds = ((stat.S_ISDIR, "folder"), (stat.S_ISREG, "file"), (stat.S_ISFIFO, "pipe"))
        return f"is a {next((name for is_it, name in kinds if is_it(found.st_mode)), 'device')}"
    if hasattr(os, "geteuid") and found.st_uid not in (os.geteuid(), 0):
        return "belongs to another user of this computer"
    return ""


def _foreign(path: Path, wrong: str, advice: str) -> MisplacedError:
    kind = "folder" if path.name in (PEOPLE, "probes") else "file"
    return MisplacedError(
        f"{plain_text(str(path))} must be a real {kind} of yours; it {wrong}, and nothing was read "
        f"and nothing was stored; delete it, or {advice}."
    )


def narrow(path: Path, found: os.stat_result | None, mode: int) -> None:
    """Leave at most a mode to a file or folder, if it is this user's."""
    if found is None or not hasattr(os, "geteuid") or found.st_uid != os.geteuid():
        return
    if stat.S_IMODE(found.st_mode) & ~mode:
        with suppress(OSError):  # some disks have no modes
            os.chmod(path, stat.S_IMODE(found.st_mode) & mode)
