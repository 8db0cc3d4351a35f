"""Find the source on written claims: how many true ones get their sentence, how many false ones are given one.

    python benchmarks/claims.py --part report2
    python benchmarks/claims.py --part tune report --each   # and every claim that is treated wrongly

The claims lie in tests/data/community/claims.jsonl: "tune" and "report" are what the rule was made on, "report2" was
written before the first run on it and is for measuring only.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from qabot.config import Config
from qabot.engine import Engine

COMMUNITY = Path(__file__).parent.parent / "tests" / "data" / "community"


def main() -> None:
    """Print the counts of each part that was asked for."""
    options = _options()
    rows = [json.loads(line) for line in (COMMUNITY / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(COMMUNITY / "seeds", Path(folder) / "seeds")
        engine = Engine.open(Config(root=Path(folder)), threads=1)
        for part in options.part:
            print(_counts(engine, [row for row in rows if row["part"] == part], part, each=options.each))
        engine.close()


def _counts(engine: Engine, rows: list[dict[str, object]], part: str, *, each: bool) -> str:
    """One line for the part, and one for each claim that was treated wrongly if ``each`` is wished."""
    found = [engine.find_source(str(row["claim"])) for row in rows]
    shown = [any(one.quote is not None for one in claims) for claims in found]
    rights = [has == row["supported"] for has, row in zip(shown, rows, strict=True)]
    true, false = (
        [has for has, row in zip(shown, rows, strict=True) if row["supported"] is is_so] for is_so in (True, False)
    )
    lines = [f"{part}: found {sum(true)} of {len(true)} true claims, took {sum(false)} of {len(false)} false ones"]
    for row, claims, right in zip(rows, found, rights, strict=True):
        if each and not right:
            quotes = " | ".join(one.quote.text for one in claims if one.quote is not None)
            lines.append(f"  {'missed' if row['supported'] else 'taken '}  {row['claim']}  {quotes and '<- ' + quotes}")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="+", default=["tune", "report", "report2"])
    parser.add_argument("--each", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
