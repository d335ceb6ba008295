"""Runs through storms of faults, paused, stopped, broken off and killed: nothing lost, nothing paid twice.

What must hold is in `tests/bench/storms.py`; `python tests/bench/soak.py` does the same with 20,000 rows.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, example, given, settings

PLACE = Path(__file__).parents[1] / "bench" / "storms.py"
SPEC = importlib.util.spec_from_file_location("storms", PLACE)
storms = importlib.util.module_from_spec(SPEC)
sys.modules["storms"] = storms  # where its dataclasses look for their own annotations
SPEC.loader.exec_module(storms)

ROWS = 120
EVERYTHING = storms.Storm(
    storms.everything(ROWS).faults, (("kill", 0.05), ("pause", 0.3), ("break off", 0.7)), latency=0.02
)


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(storm=storms.storms(ROWS))
@example(storm=EVERYTHING)
@example(storm=storms.Storm(EVERYTHING.faults, (("cancel", 0.5),), "decisions"))
def test_no_storm_loses_a_row_or_pays_one_twice(running, tmp_path_factory, storm):
    through = storms.weather(running, tmp_path_factory.mktemp("storm") / "workspace", storm, ROWS)
    if storm == EVERYTHING:
        assert set(through.struck) == set(storms.KINDS)
        assert through.requests > ROWS
        assert through.in_flight == 2 * storms.IN_FLIGHT, "it was over before it could be killed"
