"""Runs jobs in several processes, so that Ctrl-C ends them at once and a crash costs one job."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    _Pipe = Connection[Any, Any]

Job = TypeVar("Job")
Result = TypeVar("Result")

# How long a worker may take to tidy up once it is told to end.
_TIDY_SECONDS = 5.0


def run_jobs(
    function: Callable[[Job], Result],
    on_crash: Callable[[Job, int | None], Result],
    jobs: Sequence[Job],
    workers: int,
) -> Generator[tuple[int, Result], None, None]:
    """Run a function over jobs in worker processes; with one worker or one job, in this process.

    Workers are spawned, not forked: native libraries with threads do not survive a fork. A script
    that calls this needs the usual ``if __name__ == "__main__":``. Each worker keeps to its share
    of the processor's cores (on Linux), since two processes whose threads wander over the same
    cores slow each other down.

    Args:
        function: Module-level; arguments, result and what it raises must pickle.
        on_crash: Gives the result of a job whose process died, from the job and the exit code.
        jobs: What to run.
        workers: How many processes, at least 1.

    Yields:
        The index of each job and its result, as they finish.

    Raises:
        Exception: What ``function`` raised; the other workers are ended.
    """
    if workers == 1 or len(jobs) < 2:
        yield from ((index, function(job)) for index, job in enumerate(jobs))
        return
    waiting = deque(range(len(jobs)))
    busy: dict[_Pipe, int] = {}  # to the index of its job
    started: dict[_Pipe, tuple[BaseProcess, int]] = {}  # to its process and slot

    def start(slot: int) -> None:
        pipe, process = _start(function, _share_of_cores(slot, workers))
        started[pipe] = process, slot
        give(pipe)

    def give(pipe: "_Pipe") -> None:
        busy[pipe] = waiting.popleft()
        pipe.send(jobs[busy[pipe]])

    try:
        for slot in range(min(workers, len(jobs))):
            start(slot)
        while busy:
            for pipe in cast("list[_Pipe]", wait(list(busy))):
                index = busy.pop(pipe)
                try:
                    result = pipe.recv()
                except (EOFError, ConnectionResetError):
                    process, slot = started.pop(pipe)
                    process.join()
                    result = on_crash(jobs[index], process.exitcode)
                    if waiting:
                        start(slot)
                else:
                    if isinstance(result, Exception):
                        raise result
                    if waiting:
                        give(pipe)
                yield index, result
    finally:
        _end(started)


def _start(function: Callable[[Any], Any], cores: set[int]) -> tuple["_Pipe", BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, function, cores), daemon=True)
    with _interrupts_ignored():
        process.start()
    theirs.close()  # so that a dead worker is an end of file for us, and a dead parent for it
    return ours, process


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let processes that start here inherit that Ctrl-C is none of their business."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _share_of_cores(slot: int, workers: int) -> set[int]:
    """The cores of one worker, all disjoint while there are enough; empty where unknown."""
    if not hasattr(os, "sched_getaffinity"):
        return set()
    cores = sorted(os.sched_getaffinity(0))
    return set(cores[slot::workers]) or {cores[slot % len(cores)]}


def keep_to_cores(cores: set[int]) -> None:
    """Keep this process to some cores (on Linux), before native libraries start their threads."""
    os.sched_setaffinity(0, cores)
    # Mesa draws with a thread for each core of the machine, whatever a process may use of it.
    os.environ.setdefault("LP_NUM_THREADS", str(len(cores)))


def _serve(pipe: "_Pipe", function: Callable[[Any], Any], cores: set[int]) -> None:
    """Work off jobs until the other end goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so half-written files go
    if cores:
        keep_to_cores(cores)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            result = function(job)
        except Exception as error:
            result = error
        pipe.send(result)


def _end(started: "Mapping[_Pipe, tuple[BaseProcess, int]]") -> None:
    for process, _ in started.values():
        process.terminate()
    for process, _ in started.values():
        process.join(_TIDY_SECONDS)
        if process.is_alive():
            process.kill()
