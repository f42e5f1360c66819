import os
import signal
import subprocess
import sys
import time

import pytest

from signzoo.media.workers import run_jobs

# Workers import their function by name, so the jobs of these tests live in a script.
SCRIPT = """
import os, sys, time
from pathlib import Path
from signzoo.media.workers import run_jobs

def work(job):
    if job == "crash":
        os._exit(3)
    if job == "raise":
        raise ValueError("this job cannot be done")
    if job == "cores":
        return sorted(os.sched_getaffinity(0)), os.environ["LP_NUM_THREADS"]
    if isinstance(job, Path):
        try:
            job.with_suffix(".pid").write_text(str(os.getpid()))
            job.touch()
            time.sleep(60)
        finally:
            job.unlink()
    return job * 2

def crashed(job, exit_code):
    return f"{job} died with {exit_code}"

if __name__ == "__main__":
    jobs = eval(sys.argv[1])
    print(sorted(run_jobs(work, crashed, jobs, 2), key=lambda pair: pair[0]))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def run(script, jobs):
    return subprocess.run([sys.executable, script, repr(jobs)], capture_output=True, text=True)


def test_every_job_is_done_and_a_crash_costs_only_its_own(script):
    done = run(script, [1, 2, "crash", 3, "crash", 4, 5])
    expected = [2, 4, "crash died with 3", 6, "crash died with 3", 8, 10]
    assert eval(done.stdout) == list(enumerate(expected)), done.stderr


def test_what_a_job_raises_is_raised_here(script):
    done = run(script, [1, "raise", 2])
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ValueError: this job cannot be done")


def test_no_jobs_start_no_process():
    assert list(run_jobs(len, len, [], 4)) == []


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores are shared out on Linux")
def test_workers_do_not_share_cores_while_there_are_enough(script):
    done = run(script, ["cores", "cores"])
    (first, threads), (second, _) = (found for _, found in eval(done.stdout))
    assert int(threads) == len(first)
    ours = sorted(os.sched_getaffinity(0))
    assert set(first) | set(second) <= set(ours)
    if len(ours) > 1 and first != second:  # one worker may have done both
        assert not set(first) & set(second)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("everyone", [True, False])
def test_an_interrupt_ends_the_workers_at_once_and_they_tidy_up(script, tmp_path, everyone):
    marks = [tmp_path / "one", tmp_path / "two"]
    jobs = "[" + ", ".join(f"Path({str(mark)!r})" for mark in marks) + "]"
    process = subprocess.Popen(
        [sys.executable, script, jobs], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not all(mark.exists() for mark in marks) and time.monotonic() < deadline:
        time.sleep(0.02)
    # Ctrl-C on a terminal reaches every process; `kill -INT` only the first.
    (os.killpg if everyone else os.kill)(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert errors.count("Traceback") == 1  # ours, not one a worker
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert not any(mark.exists() for mark in marks)
    for mark in marks:
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.with_suffix(".pid").read_text()), 0)
