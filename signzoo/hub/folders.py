"""Where signzoo keeps its files, and the switches that say so.

==================  ==============================================================================
``SIGNZOO_HOME``    folder of the user's own weights (``checkpoints/``) and of what was fetched
                    (``downloads/``, ``repositories/``); by default the user's cache folder
``SIGNZOO_MIRROR``  where weights are fetched from, before the address in their record: the
                    address of a web server (``http://`` or ``https://``) or a folder
``SIGNZOO_OFFLINE`` ``1``: never open a socket
``SIGNZOO_TIMEOUT`` seconds of silence after which a download is given up; 30 by default
==================  ==============================================================================
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import signzoo
from signzoo._files import clear_disk_errors
from signzoo.errors import SignzooError, UsageError


def package_folder(name: Literal["checkpoints", "configs"]) -> Path:
    """Find a top-level folder that comes with signzoo.

    An installed wheel carries it inside the package. In a checkout, from where an editable install
    runs too, it lies beside the package.

    Raises:
        SignzooError: This installation lacks it.
    """
    package = Path(signzoo.__file__).parent
    inside, beside = package / name, package.parent / name
    if inside.is_dir():
        return inside
    # A `checkpoints` in site-packages would be somebody else's: only a checkout has a setup.cfg.
    if beside.is_dir() and (package.parent / "setup.cfg").is_file():
        return beside
    raise SignzooError(f"This installation of signzoo lacks its {name}/ folder; install it again.")


def home() -> Path:
    """The folder of what belongs to this user: ``SIGNZOO_HOME``, or the user's cache folder."""
    chosen = os.environ.get("SIGNZOO_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("signzoo", appauthor=False)


def is_offline() -> bool:
    """Whether ``SIGNZOO_OFFLINE`` forbids to open a socket."""
    return os.environ.get("SIGNZOO_OFFLINE", "") not in ("", "0")


def timeout() -> float:
    """Seconds of silence after which a download is given up.

    Raises:
        UsageError: ``SIGNZOO_TIMEOUT`` is not a positive number.
    """
    text = os.environ.get("SIGNZOO_TIMEOUT") or "30"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"SIGNZOO_TIMEOUT must be a positive number of seconds, not {text!r}.")
    return seconds


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time make ``folder``, while the others wait.

    The lock is a hidden file beside the folder; the system frees it when its holder ends, however
    that happens. What a killed holder had written so far is removed.

    Raises:
        DiskError: The lock could not be written.
    """
    from filelock import FileLock

    with clear_disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            # The temporary folders of atomic_path; nobody else makes this folder while we hold it.
            for left in folder.parent.glob(f".{folder.name}.{'?' * 8}"):
                shutil.rmtree(left, ignore_errors=True)
            yield
