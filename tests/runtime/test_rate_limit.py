"""The pacer: never more at once, never more in a window, and one pause that holds everybody."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from hsai_kit.errors import KeyRefused, ModelError, NoQuota
from hsai_kit.llm.client import LLMClient
from hsai_kit.runtime.rate_limit import Budget, Pacer, Window, Withdrawal, backoff

if TYPE_CHECKING:
    from hsai_kit.sandbox import Sandbox


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


def test_nothing_is_held_back_by_a_budget_that_is_not_known_yet():
    budget = Budget()
    budget.take(10**9)
    assert budget.wait(10**9) == 0


def test_a_budget_holds_what_the_headers_say_and_refills_by_the_minute():
    budget = Budget()
    budget.learn(limit=6000, left=2)
    assert budget.wait(1) == 0
    budget.take(2)
    assert 0 < budget.wait(1) <= 0.01
    assert 0.9 < budget.wait(100) <= 1
    time.sleep(0.05)
    assert budget.wait(1) == 0


def test_a_later_answer_cannot_say_that_more_is_left_than_what_is_in_flight_leaves():
    budget = Budget()
    budget.learn(limit=60, left=10)
    budget.take(8)
    budget.learn(limit=60, left=9)  # that answer left the server before those eight arrived
    assert budget.wait(2) == 0
    assert budget.wait(5) > 2


def test_tokens_that_were_reserved_and_not_used_can_be_used_at_once():
    budget = Budget()
    budget.learn(limit=6000, left=1000)
    budget.take(1000)
    assert budget.wait(600) > 5
    budget.settle(1000, 300)
    assert budget.wait(600) == 0


def test_one_send_larger_than_the_whole_budget_waits_for_a_full_one_and_not_for_ever():
    budget = Budget()
    budget.learn(limit=600, left=600)
    assert budget.wait(10_000) == 0
    budget.take(10_000)
    assert budget.wait(1) > 60


def test_a_server_that_refuses_although_it_says_there_is_room_gets_sends_spread_evenly():
    budget = Budget()
    budget.learn(limit=600, left=600)
    budget.tighten()
    assert 0 < budget.wait(1) <= 0.11
    budget.learn(limit=600, left=600)  # what it says of the minute no longer counts
    assert budget.wait(1) > 0


async def at_once(pacer: Pacer, tries: int = 100) -> int:
    """Return how many places there are now, by taking all of them."""
    held: list = []
    for _ in range(tries):
        turn = pacer.turn()
        try:
            async with asyncio.timeout(0.01):
                await turn.__aenter__()
        except TimeoutError:
            break
        held.append(turn)
    for turn in held:
        await turn.__aexit__(None, None, None)
    return len(held)


def test_a_slow_start_lets_one_more_through_for_each_answer_up_to_the_most():
    async def main() -> list[int]:
        pacer = Pacer(12, first=8)
        found = [await at_once(pacer)]
        for _ in range(2):
            pacer.record_answer(0.05)
        found.append(await at_once(pacer))
        for _ in range(20):
            pacer.record_answer(0.05)
        return [*found, await at_once(pacer)]

    assert asyncio.run(main()) == [8, 10, 12]


def test_no_more_are_let_through_while_answers_become_slow():
    async def main() -> int:
        pacer = Pacer(64, first=8)
        for _ in range(4):
            pacer.record_answer(0.05)
        for _ in range(40):
            pacer.record_answer(2.0)
        return await at_once(pacer)

    assert asyncio.run(main()) < 25


def test_questions_that_take_longer_than_the_first_ones_are_let_through_in_the_end():
    async def main() -> int:
        pacer = Pacer(64, first=8)
        for _ in range(4):
            pacer.record_answer(0.05)
        for _ in range(5000):
            pacer.record_answer(2.0)
        return await at_once(pacer)

    assert asyncio.run(main()) == 64


def test_a_refusal_leaves_fewer_at_a_time_but_never_none():
    async def main() -> list[int]:
        pacer = Pacer(20)
        found = []
        for _ in range(4):
            pacer.record_refusal(0.0)
            found.append(await at_once(pacer))
        pacer.record_answer(0.05)
        return [*found, await at_once(pacer)]

    assert asyncio.run(main()) == [12, 4, 1, 1, 2]


def test_places_in_use_when_fewer_are_allowed_are_given_up_as_they_end():
    async def main() -> int:
        pacer, now, most = Pacer(10), 0, 0

        async def one(number: int) -> None:
            nonlocal now, most
            async with pacer.turn():
                now += 1
                if number >= 10:
                    most = max(most, now)
                await asyncio.sleep(0.01)
                now -= 1

        tasks = [asyncio.create_task(one(number)) for number in range(30)]
        await asyncio.sleep(0.001)
        pacer.record_refusal(0.0)
        await asyncio.gather(*tasks)
        return most

    assert asyncio.run(main()) == 2


def test_a_refusal_now_and_then_does_not_hold_the_others_back():
    async def main() -> float:
        pacer = Pacer(64)
        started = time.monotonic()
        for number in range(200):
            if number % 14 == 0:
                pacer.record_refusal(30.0)
            else:
                pacer.record_answer(0.05)
        await sends(pacer, 5)
        return time.monotonic() - started

    assert asyncio.run(main()) < 1


@pytest.mark.parametrize("everybody", [True, False])
def test_all_wait_where_the_account_has_nothing_left_or_a_quarter_of_all_is_refused(everybody):
    async def main() -> float:
        pacer = Pacer(64)
        started = time.monotonic()
        for _ in range(1 if everybody else 12):
            pacer.record_refusal(0.3, everybody=everybody)
        return min(await sends(pacer, 3)) - started

    assert asyncio.run(main()) >= 0.29


def test_what_waits_is_withdrawn_when_the_work_is_stopped_and_its_place_is_free_again():
    async def main() -> float:
        pacer, going = Pacer(2), True
        pacer.pause(1.0)

        async def go_on() -> bool:
            return going

        async def one() -> None:
            async with pacer.turn(0, go_on):
                raise AssertionError

        waiting = [asyncio.create_task(one()) for _ in range(5)]
        resting = asyncio.create_task(pacer.rest(60, go_on))
        await asyncio.sleep(0.05)
        going, stopped = False, time.monotonic()
        found = await asyncio.gather(*waiting, resting, return_exceptions=True)
        took = time.monotonic() - stopped
        assert [type(one) for one in found] == [Withdrawal] * 6
        async with asyncio.timeout(3):
            assert len(await sends(pacer, 4)) == 4
        return took

    assert asyncio.run(main()) < 0.6


def asked(sandbox: Sandbox, count: int = 1, body: bytes = b'{"model": "sandbox-luna", "input": "Texas"}') -> list:
    """Post questions at once with a client of its own, and return what each got or raised."""

    async def main() -> list:
        client = LLMClient(SecretStr(sandbox.openai_key), base_url=sandbox.openai_url)
        try:
            posts = (client.post("/responses", body, tokens=100) for _ in range(count))
            return await asyncio.gather(*posts, return_exceptions=True)
        finally:
            await client.close()

    return asyncio.run(main())


def statuses(sandbox: Sandbox) -> dict[str, int]:
    return sandbox.counts()["openai"].get("POST /v1/responses", {})


@pytest.mark.parametrize(
    ("fault", "status"),
    [("insufficient_quota", "429"), ("billing_hard_limit_reached", "429"), ("401", "401")],
)
def test_what_waiting_does_not_help_against_is_never_tried_again(sandbox, fault, status):
    sandbox.fault(f"openai:{fault}:path=/responses:count=5")
    (found,) = asked(sandbox)
    assert isinstance(found, NoQuota | KeyRefused)
    assert statuses(sandbox) == {status: 1}


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"model": "sandbox-luna"}', "400"), (b'{"model": "nobody", "input": "x"}', "404")]
)
def test_a_wrong_request_is_never_tried_again(sandbox, body, status):
    (found,) = asked(sandbox, body=body)
    assert isinstance(found, ModelError)
    assert statuses(sandbox) == {status: 1}


def test_a_refused_request_waits_as_long_as_it_is_told_to_the_millisecond(sandbox):
    sandbox.fault("openai:rate_limit:path=/responses:count=2:retry_after=0.2")
    started = time.monotonic()
    (found,) = asked(sandbox)
    took = time.monotonic() - started
    assert found.body
    assert 0.4 <= took < 2
    assert statuses(sandbox) == {"429": 2, "200": 1}


def test_an_account_that_is_used_up_is_waited_for_by_all_and_hardly_asked_meanwhile(sandbox):
    sandbox.limits("openai", requests_per_minute=240)
    asked(sandbox, 240)
    before = statuses(sandbox).get("429", 0)
    found = asked(sandbox, 12)
    assert all(one.body for one in found)
    # Four a second come back: all have to wait, and few of them have to be told so.
    assert statuses(sandbox).get("429", 0) - before <= 10


def test_a_send_with_room_goes_at_once_while_others_wait_for_the_window():
    async def main() -> tuple[float, list[float]]:
        pacer = Pacer(8, (Window(4, 0.4),))
        async with pacer.room(2) as room:
            async with pacer.turn(room=room):
                pass
            others = asyncio.create_task(sends(pacer, 4))
            await asyncio.sleep(0.1)
            asked = time.monotonic()
            async with pacer.turn(room=room):
                waited = time.monotonic() - asked
            return waited, await others

    waited, at = asyncio.run(main())
    assert waited < 0.1
    # Two of the four had to leave the room that was held.
    assert most_within(at, 0.4) <= 3
    assert at[-1] - at[0] > 0.2


def test_room_that_was_not_used_is_given_back_and_room_for_more_than_fits_is_still_room():
    async def main() -> list[float]:
        pacer = Pacer(8, (Window(2, 5.0),))
        for _ in range(3):
            async with pacer.room(5) as room:
                assert room.left == 5
        return await sends(pacer, 2)

    at = asyncio.run(main())
    assert at[1] - at[0] < 1
