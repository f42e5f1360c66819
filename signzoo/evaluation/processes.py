"""Runs signzoo's own commands, for evaluations that train networks on their way."""

import os
import subprocess
import sys
from pathlib import Path

from signzoo.errors import SignzooError


def run_signzoo(*command: str) -> None:
    """Run a command in a process of its own: one thread, twice as fast as two for sizes so small.

    Raises:
        SignzooError: It failed.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    whole = [sys.executable, "-m", "signzoo", *command]
    if subprocess.run(whole, env=environment, check=False).returncode:
        raise SignzooError(f"signzoo {' '.join(command)} failed; what is done is kept.")


def export_last(runs: Path, network: Path) -> None:
    """Export the checkpoint that was written latest under the folder of a training.

    Raises:
        SignzooError: It failed.
    """
    checkpoints = sorted(runs.rglob("last.ckpt"), key=lambda path: path.stat().st_mtime)
    run_signzoo("export", str(checkpoints[-1]), str(network))
