"""Progress bars of commands that take long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(
    task: str, total: int | None, quiet: bool, unit: str = "clip"
) -> Iterator[Callable[[int], object]]:
    """A progress bar, where somebody watches; what it gives is told how many more are done.

    Args:
        task: What is done, in a word.
        total: How many there are, if that is known.
        quiet: Show nothing.
        unit: One of them.
    """
    from tqdm import tqdm

    disable = True if quiet else None  # None: where nobody watches
    with tqdm(desc=task, total=total, unit=unit, leave=False, disable=disable) as shown:
        yield shown.update
