import os
import signal
import subprocess
import sys
import time

import pytest

from signzoo._files import atomic_path, write_text
from signzoo.errors import DiskError


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    with atomic_path(tmp_path / "a" / "b.txt") as part:
        part.write_text("whole")
        assert part.suffix == ".txt"
        assert not (tmp_path / "a" / "b.txt").exists()
    assert (tmp_path / "a" / "b.txt").read_text() == "whole"
    assert os.listdir(tmp_path / "a") == ["b.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    for content in ("old", "new"):
        with atomic_path(tmp_path / "folder", folder=True) as part:
            (part / f"{content}.txt").write_text(content)
    assert os.listdir(tmp_path / "folder") == ["new.txt"]
    assert os.listdir(tmp_path) == ["folder"]


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(DiskError, match=r"out\.mp4.*folder"):
        write_text(tmp_path / "out.mp4", "")


def test_no_space_left_is_one_clear_line_and_no_file(tmp_path):
    """A limit on the size of files is a full disk as far as a process can tell (EFBIG, ENOSPC)."""
    code = (
        "import resource, signal, sys\n"
        "from signzoo._files import write_text\n"
        "from signzoo.errors import DiskError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_text(sys.argv[1], 'x' * 100000)\n"
        "except DiskError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "big.txt")], capture_output=True, text=True
    )
    assert "Cannot write" in done.stdout, done.stderr
    assert os.listdir(tmp_path) == []


def test_ctrl_c_while_writing_leaves_nothing(tmp_path):
    code = (
        "import sys, time\nfrom signzoo._files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as part:\n"
        "    part.write_text('half'); print('writing', flush=True); time.sleep(30)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a.txt")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    assert os.listdir(tmp_path)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert os.listdir(tmp_path) == []
