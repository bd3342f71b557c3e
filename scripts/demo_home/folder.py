"""The demo's data folder: kept between runs, used by one run at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
from pathlib import Path
import shutil

from .errors import DemoError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the folder; raise `DemoError` if another run has it. The kernel releases the lock with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise DemoError("another scripts/demo runs in this checkout: stop it first (Ctrl-C where it runs)") from err
        yield


def forget(folder: Path) -> None:
    """Delete the content of a locked folder, except the lock file."""
    for part in folder.iterdir():
        if part.is_dir():
            shutil.rmtree(part)
        elif part.name != "lock":
            part.unlink()
