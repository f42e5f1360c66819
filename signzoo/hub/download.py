"""Finds the files of a weight on this machine or fetches them, and proves them before use.

Files are looked for beside the record, then in ``SIGNZOO_HOME/downloads``, then fetched: from
``SIGNZOO_MIRROR``, if it is set, by the path ``NAME/FILE``, then from the address in the record.
Every file's SHA-256 is compared with the record each time the weight is asked for (0.1 s for
30 MB): a file that changed on the disk is noticed before it is used.

A weight is fetched into a hidden folder that takes its name when all of its files are proven, so a
folder that has its name is complete. Two processes that ask for one weight fetch it once.
"""

import logging
import os
import shutil
import time
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from signzoo._files import atomic_path
from signzoo.errors import ChecksumError, DownloadError, UsageError
from signzoo.hub.catalog import CARD, RECORD, RemoteFile, Weights, find_weights
from signzoo.hub.folders import home, is_offline, locked, timeout

Place = Literal["embedded", "cached", "remote"]

# Seconds before each repetition of a download that failed in a way that may pass.
_WAITS = (0.5, 2.0)
_CHUNK = 1 << 16  # bytes
_log = logging.getLogger(__name__)


def locate(source: str | os.PathLike[str]) -> Path:
    """Turn whatever names a checkpoint into its folder on this machine.

    Args:
        source: A name in the catalogue, ``hf://owner/repo[@revision]``, or a folder.

    Raises:
        UsageError: It is none of these.
        DownloadError: The files could not be fetched, or are not what the record promises.
    """
    text = os.fspath(source)
    if text.startswith("hf://"):
        from signzoo.hub.huggingface import fetch_repository

        return fetch_repository(text)
    folder = Path(text).expanduser()
    is_path = isinstance(source, os.PathLike) or text.startswith((".", "~")) or os.sep in text
    if is_path and not folder.is_dir():
        raise UsageError(f"There is no folder {text}.")
    if is_path:
        return folder
    # A bare word is a name first: a folder of that name here must not change what it means.
    try:
        weights = find_weights(text)
    except UsageError:
        if folder.is_dir():
            return folder
        raise
    return fetch(weights)


def fetch(weights: Weights) -> Path:
    """Bring all files of a weight to this machine.

    Returns:
        The folder that holds them, each proven by its SHA-256.

    Raises:
        ChecksumError: A file is not the one that the record promises.
        DownloadError: A file could not be fetched.
        DiskError: The cache could not be written.
    """
    if whereabouts(weights) == "embedded":
        for file in weights.files:
            prove(file, weights.folder / file.path, "Restore it, or install signzoo again")
        return weights.folder
    folder = _cache(weights)
    if not _is_proven(weights, folder):
        with locked(folder):
            # Another process may have fetched it while this one waited.
            if not _is_proven(weights, folder):
                if folder.exists():
                    _log.warning("%s is damaged; it is fetched again.", folder)
                with atomic_path(folder, folder=True) as part:
                    for file in weights.files:
                        _fetch_file(weights, file, part / file.path)
    return folder


def whereabouts(weights: Weights) -> Place:
    """Say where a weight is: beside its record, in the cache, or still to be fetched.

    Only looks whether the files are there; :func:`fetch` proves them.
    """
    if _has_all(weights, weights.folder):
        return "embedded"
    return "cached" if _has_all(weights, _cache(weights)) else "remote"


def copy_to(weights: Weights, folder: Path) -> Path:
    """Copy a weight with its record and card to ``folder/NAME``.

    A folder that holds such copies serves as ``SIGNZOO_MIRROR``.

    Returns:
        The copy. One that is there already, and proven, is left as it is.

    Raises:
        UsageError: Something else is in its place.
    """
    target = folder / weights.name
    if _is_proven(weights, target):
        return target
    if target.exists():
        raise UsageError(f"{target} exists and holds something else; name another folder.")
    source = fetch(weights)
    with atomic_path(target, folder=True) as part:
        for file in weights.files:
            (part / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file.path, part / file.path)
        for name in (RECORD, CARD):
            if (weights.folder / name).is_file():
                shutil.copyfile(weights.folder / name, part / name)
    return target


def prove(file: RemoteFile, path: Path, advice: str, source: str | Path | None = None) -> None:
    """Compare a file with what its record promises.

    Args:
        file: The promise.
        path: The file.
        advice: What to do if it is another one.
        source: Where it came from, for the message; by default ``path``.

    Raises:
        ChecksumError: It is another one.
    """
    import pooch  # type: ignore[import-untyped]

    found = pooch.file_hash(str(path), alg="sha256")
    if found != file.sha256:
        size = path.stat().st_size
        length = f"{size} bytes, expected {file.size}, and " if size != file.size else ""
        raise ChecksumError(
            f"{source or path} has {length}SHA-256 {found[:12]}…, expected {file.sha256[:12]}…. "
            f"{advice}."
        )


def _cache(weights: Weights) -> Path:
    return home() / "downloads" / weights.name


def _has_all(weights: Weights, folder: Path) -> bool:
    return all((folder / file.path).is_file() for file in weights.files)


def _is_proven(weights: Weights, folder: Path) -> bool:
    if not _has_all(weights, folder):
        return False
    try:
        for file in weights.files:
            prove(file, folder / file.path, "")
    except ChecksumError:
        return False
    return True


def _fetch_file(weights: Weights, file: RemoteFile, target: Path) -> None:
    """Fetch one file from the first source that has the right one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    failures: list[DownloadError] = []
    for source in _sources(weights, file):
        try:
            if isinstance(source, Path):
                _copy(source, target)
            else:
                _download(source, file, target)
            advice = "The download was removed; try again, and report it if it repeats"
            return prove(file, target, advice, source)
        except DownloadError as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise DownloadError(" ".join(str(failure) for failure in failures))


def _sources(weights: Weights, file: RemoteFile) -> list[str | Path]:
    """Where a file can be had: the mirror, then the record's own address."""
    mirror = os.environ.get("SIGNZOO_MIRROR", "").rstrip("/")
    found: list[str | Path] = []
    if mirror.startswith(("http://", "https://")):
        found.append(f"{mirror}/{weights.name}/{quote(file.path)}")
    elif mirror:
        found.append(Path(mirror).expanduser() / weights.name / file.path)
    if file.url:
        found.append(file.url)
    if is_offline():
        found = [source for source in found if isinstance(source, Path)]
    if found:
        return found
    if is_offline():
        raise DownloadError(
            f"Weights {weights.name!r} are not on this machine, and SIGNZOO_OFFLINE forbids to "
            "fetch them. Unset it, or set SIGNZOO_MIRROR to a folder that holds them."
        )
    raise DownloadError(
        f"Weights {weights.name!r} are not on this machine, and their record names no address for "
        f"{file.path}. Set SIGNZOO_MIRROR to a server or folder with {weights.name}/{file.path}."
    )


def _copy(source: Path, target: Path) -> None:
    if not (source.is_file() and os.access(source, os.R_OK)):
        raise DownloadError(f"Cannot fetch {source}: there is no such file that can be read.")
    shutil.copyfile(source, target)


def _download(url: str, file: RemoteFile, target: Path) -> None:
    """Fetch one address over HTTP, again when the failure may pass."""
    import requests

    for wait in (*_WAITS, None):
        try:
            return _download_once(url, file, target)
        except requests.RequestException as error:
            reason = _reason(error)
            if isinstance(error, requests.exceptions.ChunkedEncodingError):
                reason = f"only {target.stat().st_size} of {file.size} bytes arrived"
            if wait is None or not _may_pass(error):
                raise DownloadError(
                    f"Cannot fetch {url}: {reason}. Try again later, or set SIGNZOO_MIRROR to "
                    "another place that has it."
                ) from error
            _log.info("Cannot fetch %s: %s. Trying again in %g s.", url, reason, wait)
            time.sleep(wait)


def _download_once(url: str, file: RemoteFile, target: Path) -> None:
    import pooch  # type: ignore[import-untyped]
    import requests
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    with tqdm(
        total=file.size, desc=file.path, unit="B", unit_scale=True, disable=None, leave=False
    ) as bar:
        pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=timeout())(
            url, str(target), None
        )
    if target.stat().st_size < file.size:  # urllib3 says so itself only from version 2 on
        raise requests.exceptions.ChunkedEncodingError("the answer ended early")


def _may_pass(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return status >= 500 or status in (408, 429)
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing)


def _reason(error: Exception) -> str:
    """Say in a few words why a request failed."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    # requests reports silence in the middle of an answer as a ConnectionError with this inside
    if isinstance(error, requests.Timeout) or "Read timed out" in str(error):
        return f"no answer for {timeout():g} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return str(error)
