"""Dates as people write them in headers, found and normalised to ISO 8601; impossible and ambiguous ones are none."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_FORMS = (
    r"(?P<y0>\d{4})-(?P<m0>\d{2})-(?P<d0>\d{2})",
    r"(?P<y1>\d{4})/(?P<m1>\d{1,2})/(?P<d1>\d{1,2})",
    r"(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4})",
    rf"(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[ \t]+{_MONTH.format('m3')}\.?,?[ \t]+(?P<y3>\d{{4}})",
    rf"{_MONTH.format('m4')}\.?[ \t]+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[ \t]+(?P<y4>\d{{4}})",
)
# "03/04/2022" is left out on purpose: March or April depends on who wrote it.
_DATE = re.compile(rf"(?<![\w.-])(?:{'|'.join(_FORMS)})(?=T\d|[^\w]|$)(?!-\d|\.\d|/\d)", re.IGNORECASE)
WRITTEN_DATE = r"\d{4}-\d{2}-\d{2}"


class FoundDate(NamedTuple):
    """A date and where the text states it."""

    iso: str  # YYYY-MM-DD
    start: int
    end: int


def find_date(text: str, start: int, end: int) -> FoundDate | None:
    """The first possible date in ``text[start:end]``."""
    for match in _DATE.finditer(text, start, end):
        iso = _iso(match)
        if iso is not None:
            return FoundDate(iso, match.start(), match.end())
    return None


def _iso(match: re.Match[str]) -> str | None:
    year, month, day = (
        next(value for name, value in match.groupdict().items() if name[0] == part and value) for part in "ymd"
    )
    number = int(month) if month.isdigit() else 1 + _MONTHS.index(month[:3].lower())
    try:
        return date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None  # 30 February
