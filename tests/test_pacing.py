"""The pacer: never more at once, never more in a window, and one pause that holds everybody."""

from __future__ import annotations

import asyncio
import time

import pytest

from hsai_kit.pacing import Pacer, Window, backoff


async def sends(pacer: Pacer, count: int, seconds: float = 0.0) -> list[float]:
    """Send `count` things as fast as the pacer lets them, and return when each went."""
    at: list[float] = []

    async def one() -> None:
        async with pacer.turn():
            at.append(time.monotonic())
            await asyncio.sleep(seconds)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())
    return at


def most_within(at: list[float], seconds: float) -> int:
    # A timer may come a hair early, which no server would notice.
    return max(sum(1 for other in at if one <= other < one + seconds - 0.01) for one in at)


def taken(window: Window, tries: int) -> int:
    """Take as many places as there are without waiting, and return how many that were."""
    count = 0
    for _ in range(tries):
        if window.wait() == 0:
            window.take()
            count += 1
    return count


def test_waiting_times_double_up_to_the_most():
    assert [backoff(attempt) for attempt in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert [backoff(attempt, first=2, most=10) for attempt in (1, 2, 3, 4)] == [2, 4, 8, 10]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_never_more_at_once_than_allowed(concurrency):
    async def main() -> int:
        pacer, now, most = Pacer(concurrency), 0, 0

        async def one() -> None:
            nonlocal now, most
            async with pacer.turn():
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.005)
                now -= 1

        await asyncio.gather(*(one() for _ in range(12)))
        return most

    assert asyncio.run(main()) == concurrency


def test_a_place_is_given_back_after_a_failure():
    async def main() -> None:
        pacer = Pacer(1)
        for _ in range(3):
            with pytest.raises(LookupError):
                async with pacer.turn():
                    raise LookupError
        async with asyncio.timeout(2), pacer.turn():
            pass

    asyncio.run(main())


def test_no_window_of_time_has_more_sends_than_its_limit():
    at = asyncio.run(sends(Pacer(50, (Window(4, 0.15),)), 13))
    assert len(at) == 13
    assert most_within(at, 0.15) <= 4
    assert at[-1] - at[0] >= 0.44


def test_what_fits_the_window_is_not_held_back():
    at = asyncio.run(sends(Pacer(50, (Window(100, 10),)), 40))
    assert at[-1] - at[0] < 2


def test_several_windows_hold_together():
    at = asyncio.run(sends(Pacer(50, (Window(3, 0.1), Window(5, 0.3))), 11))
    assert most_within(at, 0.1) <= 3
    assert most_within(at, 0.3) <= 5


def test_a_larger_limit_that_is_learned_on_the_way_counts_from_then_on():
    window = Window(1, 30)
    assert taken(window, 2) == 1
    assert window.wait() > 29
    window.limit = 190
    assert taken(window, 200) == 189
    assert window.wait() > 29


def test_a_smaller_limit_that_is_learned_on_the_way_holds_what_is_already_too_much():
    window = Window(10, 0.2)
    assert taken(window, 8) == 8
    window.limit = 2
    assert taken(window, 1) == 0
    time.sleep(0.21)
    assert taken(window, 3) == 2


def test_a_pause_holds_everything_back_and_ends():
    async def main() -> tuple[float, list[float]]:
        pacer = Pacer(8)
        started = time.monotonic()
        pacer.pause(0.25)
        return started, await sends(pacer, 5)

    started, at = asyncio.run(main())
    assert min(at) - started >= 0.24


@pytest.mark.parametrize(("first", "second"), [(0.3, 0.05), (0.05, 0.3)])
def test_of_two_pauses_the_longer_one_holds(first, second):
    async def main() -> float:
        pacer = Pacer(8)
        started = time.monotonic()
        pacer.pause(first)
        pacer.pause(second)
        return min(await sends(pacer, 2)) - started

    assert asyncio.run(main()) >= 0.29


def test_a_pause_that_begins_while_others_wait_for_a_window_holds_them_too():
    async def main() -> list[float]:
        pacer = Pacer(8, (Window(1, 0.1),))
        started = time.monotonic()
        sending = asyncio.create_task(sends(pacer, 2))
        await asyncio.sleep(0.05)
        pacer.pause(0.4)
        return [moment - started for moment in await sending]

    first, second = asyncio.run(main())
    assert first < 0.4
    assert second >= 0.44


def test_what_is_under_way_goes_on_during_a_pause():
    async def main() -> float:
        pacer = Pacer(2)
        started = time.monotonic()
        async with pacer.turn():
            pacer.pause(5)
        return time.monotonic() - started

    assert asyncio.run(main()) < 2
