"""What was read once is remembered, whoever else forgets it meanwhile."""

from threading import Barrier, Thread

from interchange.x12.making import Memory


def test_it_forgets_all_when_it_is_full_but_never_what_nothing_is() -> None:
    memory = Memory(len, 0)
    for number in range(3 * Memory.KEPT):
        assert memory["x" * (number % 7) + str(number)] == number % 7 + len(str(number))
        assert memory[None] == 0
    assert len(memory) <= Memory.KEPT + 2


def test_nothing_is_found_again_where_another_thread_has_just_cleared_it_away() -> None:
    memory = Memory(len, "")
    memory.clear()
    assert memory[None] == ""
    assert Memory(len)[None] is None


def test_threads_share_it() -> None:
    memory = Memory(len, 0)
    memory.KEPT = 3  # type: ignore[misc]
    start, faults = Barrier(4), []

    def ask() -> None:
        start.wait()
        for number in range(5_000):
            text = str(number % 11)
            if memory[text] != len(text) or memory[None] != 0:
                faults.append(text)

    def guarded() -> None:
        try:
            ask()
        except BaseException as error:
            faults.append(repr(error))
            raise

    threads = [Thread(target=guarded) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []
