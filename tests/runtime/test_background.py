"""The background loop: callable from anywhere, stopped by Ctrl-C without losing what is in flight."""

from __future__ import annotations

import asyncio
import inspect
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import pytest

from hsai_kit.errors import WorkStopped
from hsai_kit.runtime import background
from hsai_kit.runtime.console import ask_yes_no
from hsai_kit.runtime.progress import Progress, quiet, say

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one child alone")


def counting(total: int, each: float = 0.01):
    """Work like that of the steps: one thing after the other, looking at the gate between two."""

    async def work(control):
        control.progress.total = total
        for _ in range(total):
            if not await control.gate():
                break
            await asyncio.sleep(each)
            control.progress.done += 1
        return control.progress.done

    return work


def within(work):
    """The same work as a part of other work, as a judge that asks."""

    async def whole(control):
        handle = background.start(work)
        control.join(handle._control)
        return await handle

    return whole


def soon(condition, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.005)
    return False


async def thread_of_the_loop() -> threading.Thread:
    return threading.current_thread()


def test_run_gives_the_result_and_raises_what_the_coroutine_raised():
    async def fine():
        return 5

    async def broken():
        raise LookupError("no such thing")

    assert background.run(fine()) == 5
    with pytest.raises(LookupError, match="no such thing"):
        background.run(broken())


def test_everything_runs_on_one_daemon_thread_whoever_starts_it():
    found = []
    threads = [threading.Thread(target=lambda: found.append(background.run(thread_of_the_loop()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({thread.ident for thread in found}) == 1
    assert found[0].daemon
    assert found[0] is not threading.current_thread()


def test_it_works_inside_a_running_loop_as_in_a_notebook():
    async def cell():
        handle = background.start(counting(5))
        return background.run(thread_of_the_loop()), handle.wait(), handle.result()

    thread, waited, result = asyncio.run(cell())
    assert thread is not threading.current_thread()
    assert (waited, result) == (5, 5)


def test_start_returns_at_once_with_a_handle_that_follows_the_work():
    release = threading.Event()

    async def work(control):
        control.progress.total, control.progress.done = 10, 3
        while not release.is_set():
            await asyncio.sleep(0.005)
        return "ended"

    handle = background.start(work, Progress("Pulling"))
    assert not handle.done
    assert soon(lambda: handle.progress.done == 3)
    assert handle.progress.label == "Pulling"
    release.set()
    assert handle.result(5) == "ended"
    assert handle.done


@pytest.mark.parametrize("work", [counting(100), within(counting(100))], ids=["alone", "within"])
def test_a_pause_sends_nothing_more_until_resume(work):
    handle = background.start(work)
    assert soon(lambda: handle.progress.done > 0)
    handle.pause()
    assert handle.progress.note == "paused"
    time.sleep(0.1)
    held = handle.progress.done
    time.sleep(0.15)
    assert handle.progress.done == held < 100
    handle.resume()
    assert handle.progress.note == ""
    assert handle.result(10) == 100


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("work", [counting(100_000), within(counting(100_000))], ids=["alone", "within"])
def test_cancel_ends_the_work_with_what_it_has_also_while_paused(work, paused):
    handle = background.start(work)
    assert soon(lambda: handle.progress.done > 0)
    if paused:
        handle.pause()
    handle.cancel()
    done = handle.result(5)
    assert 0 < done < 100_000


def test_a_time_out_of_the_work_itself_is_raised_and_not_taken_for_waiting():
    async def work(control):
        raise TimeoutError("HubSpot did not answer")

    for wait in (lambda: background.start(work).wait(), lambda: background.run(work(None))):
        with pytest.raises(TimeoutError, match="HubSpot did not answer"):
            wait()


def test_waiting_for_a_result_with_a_time_limit_leaves_the_work_running():
    handle = background.start(counting(20))
    with pytest.raises(TimeoutError):
        handle.result(0.01)
    assert handle.result(5) == 20


def test_an_error_is_raised_each_time_the_result_is_asked_for():
    async def work(control):
        raise LookupError("gone")

    handle = background.start(work)
    for _ in range(2):
        with pytest.raises(LookupError, match="gone"):
            handle.wait()


def test_work_that_would_wait_for_itself_is_refused_instead_of_hanging():
    async def inside(control):
        with pytest.raises(RuntimeError, match="wait for itself"):
            background.run(thread_of_the_loop())
        with pytest.raises(RuntimeError, match="wait for itself"):
            background.start(counting(1)).wait()
        with pytest.raises(RuntimeError, match="wait for itself"):
            background.start(counting(1)).result()
        return True

    assert background.start(inside).result(5)


def test_the_loop_goes_on_after_work_that_failed_or_was_stopped():
    async def broken(control):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        background.start(broken).wait()
    assert background.start(counting(2)).wait() == 2


CHILD = """
import asyncio, signal, sys
from hsai_kit.runtime import background
from hsai_kit.errors import WorkStopped
from hsai_kit.runtime.progress import Progress

signal.signal(signal.SIGINT, signal.default_int_handler)

async def work(control):
    control.progress.total = 1000
    print("ready", flush=True)
    while await control.gate():
        await asyncio.sleep({each})
        control.progress.done += 1
        print("kept", control.progress.done, flush=True)

try:
    background.start(work, Progress("Asking")).wait("Ask the same again to go on.")
except WorkStopped as stopped:
    print(stopped, flush=True)
    sys.exit(7)
"""


def interrupted(each: float, times: int) -> tuple[int, list[str], str, float]:
    """Run the work in a process, press Ctrl-C as often as told once it is under way, and return how that ended."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD.replace("{each}", str(each)))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.1)
        pressed = time.monotonic()
        for _ in range(times):
            child.send_signal(signal.SIGINT)
            time.sleep(0.3)
        out, err = child.communicate(timeout=20)
    return child.returncode, out.splitlines(), err, time.monotonic() - pressed


@POSIX
def test_ctrl_c_keeps_what_is_in_flight_and_says_how_to_go_on():
    code, lines, err, _ = interrupted(each=0.4, times=1)
    kept = [line for line in lines if line.startswith("kept")]
    assert code == 7
    assert kept, "what was in flight when Ctrl-C came was lost"
    assert lines[-1] == f"Stopped after {len(kept)} of 1,000. Ask the same again to go on."
    assert err == ""


@POSIX
def test_a_second_ctrl_c_does_not_wait_for_what_is_in_flight():
    code, lines, err, seconds = interrupted(each=15, times=2)
    assert code == 7
    assert lines == ["Stopped after 0 of 1,000. Ask the same again to go on."]
    assert err == ""
    assert seconds < 10


def test_stopped_is_no_ordinary_error_so_a_run_of_all_cells_ends_there():
    assert issubclass(WorkStopped, KeyboardInterrupt)
    assert not issubclass(WorkStopped, Exception)


def count(total: int, *, each: float = 0.01) -> int:
    """Count, as a step of the kit would."""
    say("about to count")
    return background.start(counting(total, each), Progress("Counting")).wait()


start_count = background.in_background(count)


def test_a_step_started_in_the_background_returns_a_handle_with_the_progress_of_its_work():
    handle = start_count(5)
    assert not handle.done
    assert handle.result(5) == 5
    assert (handle.progress.label, handle.progress.done) == ("Counting", 5)
    assert start_count(3).wait() == 3


def test_a_start_function_shows_the_arguments_of_its_step():
    assert start_count.__name__ == "start_count"
    assert str(inspect.signature(start_count)) == "(total: 'int', *, each: 'float' = 0.01) -> 'Handle[int]'"
    assert "what `count` does" in str(start_count.__doc__)


@pytest.mark.parametrize("early", [True, False])
def test_a_step_in_the_background_is_paused_and_stopped_by_its_handle(early):
    handle = start_count(1000)
    assert early or soon(lambda: handle.progress.done > 0)
    handle.pause()
    time.sleep(0.2)
    held = handle.progress.done
    time.sleep(0.1)
    assert handle.progress.done == held < 1000
    handle.resume()
    assert soon(lambda: handle.progress.done > held)
    handle.cancel()
    assert held < handle.result(5) < 1000


def test_a_step_in_the_background_raises_where_its_result_is_read_and_asks_nobody(capsys):
    def step() -> bool | None:
        said = ask_yes_no("Go on?")
        if said is None:
            raise LookupError("nobody")
        return said

    with pytest.raises(LookupError, match="nobody"):
        background.in_background(step)().result(5)
    with quiet():
        handle = start_count(1)
    handle.result(5)
    assert capsys.readouterr().out == ""


def test_wait_is_still_taken_with_a_warning():
    step = background.accept_wait(count)
    assert step(1) == 1
    instead = r"call count\(\.\.\.\) to wait, and start_count\(\.\.\.\)"
    with pytest.warns(DeprecationWarning, match=instead) as warned:
        assert step(2, wait=True) == 2  # type: ignore[call-arg]
    assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=instead):
        handle: Any = step(3, wait=False)  # type: ignore[call-arg]
    assert handle.result(5) == 3
    assert "wait" not in inspect.signature(step).parameters
