"""Writes outputs so that an interruption never leaves half a file behind."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signzoo.errors import DiskError

# What the system says when an output cannot be written for reasons of its own.
_DISK_ERRORS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than the system allows",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the disk is read-only",
    errno.EISDIR: "that is a folder; name a file in it",
    errno.ENOTDIR: "a part of that path is a file, not a folder",
    errno.ENOENT: "no folder can be made there",
    errno.EEXIST: "a part of that path is a file, not a folder",
}


@contextmanager
def atomic_path(target: str | os.PathLike[str], folder: bool = False) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` when the block ends without an error.

    The temporary path lies beside the target and keeps its suffix, which many writers read the
    format from. Whatever ends the block early, Ctrl-C too, removes what was written so far.

    Args:
        target: Where the output belongs. Missing parent folders are made.
        folder: Make the temporary path a folder. A target folder that exists is replaced.

    Raises:
        DiskError: Nothing could be written there.
    """
    target = Path(target)
    with clear_disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir() and not folder:
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        part = scratch / target.name
        try:
            if folder:
                part.mkdir()
            yield part
            if folder and target.is_dir():
                os.replace(target, scratch / "replaced")
            os.replace(part, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def clear_disk_errors(target: Path) -> Iterator[None]:
    """Turn what the system says when ``target`` cannot be written into one clear line."""
    try:
        yield
    except OSError as error:
        reason = _DISK_ERRORS.get(error.errno or 0)
        if "No space left" in str(error) or "requested and" in str(error):
            reason = _DISK_ERRORS[errno.ENOSPC]  # h5py and numpy drop the error's number
        if reason is None:
            raise
        raise DiskError(f"Cannot write {target}: {reason}. Nothing was left behind.") from error


def write_text(target: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8 in one atomic step."""
    with atomic_path(target) as part:
        part.write_text(text, encoding="utf-8")
