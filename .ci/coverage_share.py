"""Print which share of the kit the tests ran, lines and branches, and fail where too few lines were run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

LEAST_LINES = 92.0


def main(report: Path) -> int:
    """Read what `coverage json` wrote; return 1 where fewer lines were run than must be."""
    measured = json.loads(report.read_text("utf-8"))
    files, totals = measured["files"], measured["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    for name in sorted(files, key=lambda one: -files[one]["summary"]["missing_lines"])[:10]:
        summary = files[name]["summary"]
        print(f"{summary['missing_lines']:5} of {summary['num_statements']:4} lines not run  {name}")
    print(f"Lines: {lines:.1f} % of {totals['num_statements']:,} (at least {LEAST_LINES:.0f} %)")
    print(f"Branches: {branches:.1f} % of {totals['num_branches']:,}")
    return int(lines < LEAST_LINES)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
