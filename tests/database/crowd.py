"""Many threads that begin at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def together(count: int, act: Callable[[int], Result]) -> list[Result]:
    """Call `act(0) .. act(count - 1)` on as many threads at once; raises what any of them raised."""
    start = Barrier(count)

    def begin(number: int) -> Result:
        start.wait(timeout=30)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return [done.result(timeout=60) for done in [threads.submit(begin, number) for number in range(count)]]
