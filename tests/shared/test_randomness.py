"""Random bytes by the page: every byte is given once."""

import os
from concurrent.futures import ThreadPoolExecutor

from shared.randomness import random_bytes


def test_it_gives_as_many_as_asked_for_across_the_pages_ends() -> None:
    assert [len(random_bytes(count)) for count in (0, 1, 7, 4095, 4096, 4097, 100_000)] == [
        *(0, 1, 7, 4095, 4096, 4097, 100_000)
    ]


def test_threads_are_never_given_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda _: random_bytes(10), range(50_000)))
    assert len(set(drawn)) == len(drawn)


def test_a_forked_process_does_not_go_on_with_its_parents_page() -> None:
    random_bytes(1)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, random_bytes(16))
        os._exit(0)
    ours = random_bytes(16)
    os.waitpid(child, 0)
    theirs = os.read(reading, 16)
    os.close(reading)
    os.close(writing)
    assert len(theirs) == 16
    assert theirs != ours
