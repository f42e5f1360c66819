"""Keeps arrays that take seconds to make, as ``.npz``, so that the next start takes none."""

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path
from signzoo.hub.folders import home

logger = logging.getLogger(__name__)


def cache_path(kind: str, key: Any) -> Path:
    """Where something is kept: ``SIGNZOO_HOME/avatar/<kind>-<hash of the key>.npz``.

    Args:
        kind: What it is.
        key: Plain values that give other arrays when they are others.
    """
    content = json.dumps(key, sort_keys=True)
    return home() / "avatar" / f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:16]}.npz"


def cached_arrays(
    path: Path, names: Mapping[str, Any], make: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Read arrays, or make and keep them; a file that is no good is made anew.

    Args:
        path: Where they are kept; see :func:`cache_path`.
        names: Has the names of all arrays as keys.
        make: Makes them.

    Raises:
        DiskError: They could not be kept.
    """
    if path.is_file():
        try:
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in names}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            logger.warning("%s is not readable (%s); it is made anew.", path, error)
    made = {name: value for name, value in make().items() if name in names}
    with atomic_path(path) as part:
        np.savez(part, **made)
    return made
