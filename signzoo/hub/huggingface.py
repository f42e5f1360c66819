"""Fetches a checkpoint folder from a model repository, named ``hf://owner/repo[@revision]``.

Such a repository has no record here, so its own listing says which commit the revision is and what
each file's hash must be. Only JSON, safetensors and the card are fetched, never code: checkpoints
of signzoo, and language models and encoders of transformers. The ``HF_*`` settings of
huggingface_hub hold, the server's address ``HF_ENDPOINT`` and the user's token among them.
"""

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from signzoo._files import atomic_path, write_text
from signzoo.errors import ChecksumError, DownloadError, SignzooError, UsageError
from signzoo.hub.folders import home, is_offline, locked, timeout

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

_ADDRESS = re.compile(r"hf://(\w[\w.-]*/\w[\w.-]*?)(?:@(\w[\w./-]*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
# The folders inside a checkpoint in which a whole language model and an encoder's pooling are.
_WANTED = re.compile(
    r"README\.md|\w[\w.-]*\.(json|safetensors)|(language_model|1_Pooling)/\w[\w.-]*\.json"
)
_log = logging.getLogger(__name__)


def fetch_repository(address: str) -> Path:
    """Bring a repository's checkpoint to this machine.

    Args:
        address: ``hf://owner/repo``, with ``@`` and a branch, tag or commit if it is not ``main``.

    Returns:
        The folder that holds its files. The server is asked each time what a branch or tag means;
        offline, or when it does not answer, that is the commit that it meant last time.

    Raises:
        UsageError: That is no such address.
        ChecksumError: A file is not the one that the repository lists.
        DownloadError: It could not be fetched.
        DiskError: The cache could not be written.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or ".." in address:
        raise UsageError(f"{address} is no address; write hf://owner/repo or hf://owner/repo@v1.")
    repository, revision = match[1], match[2] or "main"
    cache = home() / "repositories" / repository.replace("/", "--")
    cached = _cached_commit(cache, revision)
    if cached and (is_offline() or cached.name == revision):
        return cached
    if is_offline():
        raise DownloadError(
            f"{address} is not on this machine, and SIGNZOO_OFFLINE forbids to fetch it. Unset it."
        )
    try:
        with _clear_errors(address):
            listing = _list(repository, revision)
    except DownloadError as error:
        if cached is None:
            raise
        _log.warning("%s Using commit %s, fetched before.", error, cached.name)
        return cached
    folder = cache / str(listing.sha)
    with locked(folder):
        if not folder.is_dir():
            with _clear_errors(address), atomic_path(folder, folder=True) as part:
                _fetch(address, listing, part)
    write_text(_reference(cache, revision), str(listing.sha))
    return folder


def _cached_commit(cache: Path, revision: str) -> Path | None:
    """The folder of the commit that a revision is, or was when it was last asked for."""
    reference = _reference(cache, revision)
    commit = reference.read_text("utf-8") if reference.is_file() else revision
    folder = cache / commit
    return folder if _COMMIT.fullmatch(commit) and folder.is_dir() else None


def _reference(cache: Path, revision: str) -> Path:
    return cache / "revisions" / revision.replace("/", "--")


def _list(repository: str, revision: str) -> "ModelInfo":
    from huggingface_hub import HfApi

    # Read now, as signzoo's own settings are; huggingface_hub alone reads it when it is imported.
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    return api.model_info(repository, revision=revision, files_metadata=True, timeout=timeout())


def _fetch(address: str, listing: "ModelInfo", folder: Path) -> None:
    from huggingface_hub import hf_hub_download

    siblings = listing.siblings or ()
    files = {each.rfilename: each for each in siblings if _WANTED.fullmatch(each.rfilename)}
    tensors = [name for name in files if name.endswith(".safetensors")]
    if "config.json" not in files or not tensors:
        missing = "safetensors file" if "config.json" in files else "config.json"
        raise DownloadError(f"{address} is no checkpoint that signzoo opens: it has no {missing}.")
    for name, file in files.items():
        path = hf_hub_download(
            listing.id,
            name,
            revision=listing.sha,
            local_dir=folder,
            endpoint=os.environ.get("HF_ENDPOINT"),
        )
        _prove(address, file, Path(path))
    shutil.rmtree(folder / ".cache")  # huggingface_hub's notes on the download


def _prove(address: str, file: "RepoSibling", path: Path) -> None:
    """Compare a file with the listing: SHA-256 of large files, git's SHA-1 of the others."""
    import pooch  # type: ignore[import-untyped]

    if file.lfs is not None:
        found, expected = pooch.file_hash(str(path), alg="sha256"), file.lfs.sha256
    else:
        content = path.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        expected = str(file.blob_id)
    if found != expected:
        raise ChecksumError(
            f"{file.rfilename} of {address} has hash {found[:12]}…, expected {expected[:12]}…. "
            "The download was removed; try again, and report it if it repeats."
        )


@contextmanager
def _clear_errors(address: str) -> Iterator[None]:
    """Turn what huggingface_hub raises into one line.

    Depending on its version it lets the errors of one HTTP library or of another through, so they
    are told apart by what they carry.
    """
    try:
        yield
    except SignzooError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's
        response, kind = getattr(error, "response", None), type(error).__name__
        if response is not None:
            reason = f"the server answered {response.status_code}"
        elif "Timeout" in kind:
            reason = "no answer in time"
        elif "Connect" in kind:
            reason = "no connection to the server"
        else:
            reason = str(error).strip().split("\n")[0] or kind
        raise DownloadError(
            f"Cannot fetch {address}: {reason}. Check the address, or try again later."
        ) from error
