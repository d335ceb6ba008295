"""The words of faults and who is struck; what each does on the wire is in test_fault_wire.py."""

from __future__ import annotations

import pytest

from hsai_kit.sandbox.faults import Faults, FaultSpecError, parse_fault


def list_struck(spec: str, requests: int, *, seed: int = 7, method: str = "GET", path: str = "/v1/models") -> list[int]:
    fault = parse_fault(spec)
    faults = Faults(fault.api, seed)
    faults.add(fault)
    return [number for number in range(requests) if faults.draw(method, path)[1] is not None]


def test_the_words_of_a_fault_are_read_with_all_their_options() -> None:
    fault = parse_fault("openai:rate_limit:rate=0.05:retry_after=1.5:count=3:after=2:path=/v1/responses:method=post")
    assert (fault.api, fault.kind) == ("openai", "rate_limit")
    assert (fault.rate, fault.retry_after, fault.count, fault.after) == (0.05, 1.5, 3, 2)
    assert (fault.path, fault.method) == ("/v1/responses", "POST")


@pytest.mark.parametrize(
    ("spec", "problem", "listed"),
    [
        ("salesforce:500", "no API 'salesforce'", "hubspot, openai"),
        ("openai", "no fault ''", "rate_limit"),
        ("openai:ten_secondly", "no fault 'ten_secondly'", "insufficient_quota"),
        ("hubspot:rate_limit", "no fault 'rate_limit'", "ten_secondly"),
        ("hubspot:500:colour=red", "no option 'colour=red'", "rate=…, count=…, after=…, path=…, method=…"),
        ("hubspot:500:rate", "no option 'rate'", "rate=…"),
        ("hubspot:500:seconds=1", "no option 'seconds=1'", "count=…"),
        ("hubspot:stall:retry_after=1", "no option 'retry_after=1'", "seconds=…"),
    ],
)
def test_an_unknown_word_gets_a_sentence_that_lists_what_there_is(spec: str, problem: str, listed: str) -> None:
    with pytest.raises(FaultSpecError) as error:
        parse_fault(spec)
    assert problem in str(error.value)
    assert listed in str(error.value)


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        ("rate=2", "rate must be a number from 0 to 1, not '2'"),
        ("rate=often", "rate must be a number from 0 to 1, not 'often'"),
        ("count=1.5", "count must be a whole number from 0 up, not '1.5'"),
        ("after=-1", "after must be a whole number from 0 up, not '-1'"),
        ("seconds=inf", "seconds must be a number from 0 up, not 'inf'"),
        ("seconds=nan", "seconds must be a number from 0 up, not 'nan'"),
    ],
)
def test_a_value_out_of_range_is_refused(option: str, wanted: str) -> None:
    with pytest.raises(FaultSpecError, match=wanted):
        parse_fault(f"hubspot:stall:{option}")


def test_count_and_after_bound_who_is_struck() -> None:
    assert list_struck("openai:500:after=2:count=3", 10) == [2, 3, 4]
    assert list_struck("openai:500:count=0", 10) == []


def test_a_rate_strikes_its_share_and_the_same_requests_for_the_same_seed() -> None:
    first = list_struck("openai:500:rate=0.2", 5_000)
    assert 900 < len(first) < 1_100
    assert list_struck("openai:500:rate=0.2", 5_000) == first
    assert list_struck("openai:500:rate=0.2", 5_000, seed=8) != first


def test_path_and_method_pick_the_requests_and_only_those_are_counted() -> None:
    faults = Faults("hubspot", 7)
    faults.add(parse_fault("hubspot:500:path=/batch/update:method=POST:after=1:count=1"))
    kinds = [
        faults.draw(method, path)[1]
        for method, path in [
            ("POST", "/crm/v3/objects/contacts/batch/read"),
            ("GET", "/crm/v3/objects/contacts/batch/update"),
            ("POST", "/crm/v3/objects/contacts/batch/update"),
            ("POST", "/crm/v3/objects/contacts/batch/update"),
            ("POST", "/crm/v3/objects/contacts/batch/update"),
        ]
    ]
    assert [kind is not None for kind in kinds] == [False, False, False, True, False]


def test_the_secondly_limit_strikes_searches_alone_unless_told_otherwise() -> None:
    assert list_struck("hubspot:secondly", 1, path="/crm/v3/objects/contacts") == []
    assert list_struck("hubspot:secondly", 1, path="/crm/v3/objects/contacts/search") == [0]
    assert list_struck("hubspot:secondly:path=/crm", 1, path="/crm/v3/objects/contacts") == [0]


def test_of_several_faults_the_first_strikes_and_the_others_keep_their_count() -> None:
    faults = Faults("openai", 7)
    for spec in ("openai:500:count=1", "openai:502:count=1", "openai:500:count=1"):
        faults.add(parse_fault(spec))
    kinds = [fault.kind if fault else None for fault in (faults.draw("GET", "/")[1] for _ in range(4))]
    assert kinds == ["500", "502", "500", None]
    assert [one["struck"] for one in faults.describe()] == [1, 1, 1]
    assert [one["seen"] for one in faults.describe()] == [4, 4, 4]


def test_delays_add_up_stay_in_their_jitter_and_come_with_faults() -> None:
    faults = Faults("openai", 7)
    faults.set_latency(0.2, 0.1)
    faults.add(parse_fault("openai:latency:seconds=1:jitter=0.5"))
    faults.add(parse_fault("openai:500"))
    draws = [faults.draw("GET", "/") for _ in range(500)]
    assert all(fault is not None and fault.kind == "500" for _, fault in draws)
    delays = [delay for delay, _ in draws]
    assert min(delays) >= 0.6
    assert max(delays) <= 1.8
    assert max(delays) - min(delays) > 0.9


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_an_impossible_latency_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        Faults("openai", 7).set_latency(seconds)
