"""Dates, datelines and embargoes as releases write them. The hour is that of Paris."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from oncoqa.text import fold

PARIS = ZoneInfo("Europe/Paris")
_FRENCH = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
_ENGLISH = "january february march april may june july august september october november december"
_MONTHS = {
    name: number
    for names in (_FRENCH, _ENGLISH)
    for number, name in enumerate(names.split(), start=1)
}
_MONTH = "|".join(_MONTHS)
# On folded text. "1er janvier 2024", "12 January 2024", "January 12, 2024", "12/01/2024".
_DAY = (
    rf"(?:(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)?\s+(?P<month>{_MONTH})\s+(?P<year>\d{{4}})"
    rf"|(?P<month2>{_MONTH})\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year2>\d{{4}})"
    r"|(?P<day3>\d{1,2})/(?P<month3>\d{1,2})/(?P<year3>\d{4}))"
)
_HOUR = r"(?:(?P<hour>\d{1,2})\s*(?:h|:)\s*(?P<minute>\d{2})?)"
_WEEKDAY = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+)?"
_ANY_DAY = re.compile(_DAY)
_DATELINE = re.compile(
    rf"(?P<place>[^\W\d_][^\d,.:;()]{{1,40}}?),?\s+(?:le\s+)?{_WEEKDAY}{_DAY}\s*(?P<dash>[-–—:]|$)"
)
_WITHIN = frozenset("de du des d' la le les sur sous en et lès lez l' aux".split())
_EMBARGO = re.compile(
    r"(?:sous\s+)?embargo\s+(?:jusqu'?\s*(?:au|a)|until|:)?|ne pas (?:publier|diffuser) avant"
)
_AT = re.compile(rf"^\W*(?:a|at|,)?\s*{_HOUR}")


def find_day(text: str) -> date | None:
    """The first date of a text, if any calendar has it."""
    match = _ANY_DAY.search(fold(text))
    return _day(match) if match else None


def find_dateline(text: str) -> tuple[str, date] | None:
    """The place and date that open a release: "Reims, 28 novembre 2025 – La Convention …"."""
    head = text[:160]
    # A character for a character, so that the place can be cut out as it is written.
    folded = "".join(f if len(f := fold(c)) == 1 else c for c in head)
    match = _DATELINE.match(folded)
    day = _day(match) if match else None
    if match is None or day is None:
        return None
    place = head[match.start("place") : match.end("place")].strip()
    return (place, day) if _is_place(place) else None


def _is_place(text: str) -> bool:
    """ "Clermont-Ferrand", "Le Mans", "Boulogne-sur-Mer", but not "Le congrès a lieu"."""
    words = text.split()
    named = all(word[:1].isupper() or word.casefold() in _WITHIN for word in words)
    return named and text[:1].isupper() and len(words) <= 5


def find_embargo(text: str) -> tuple[datetime, bool] | None:
    """When an embargo ends, in Paris, and whether the hour is written: else it is midnight after.

    The hour that the clock goes through twice, one night in October, is taken for the later one.
    """
    folded = fold(text)
    mention = _EMBARGO.search(folded)
    match = _ANY_DAY.search(folded, mention.end(), mention.end() + 60) if mention else None
    day = _day(match) if match else None
    if match is None or day is None:
        return None
    at = _AT.match(folded[match.end() :])
    hour, minute = (int(at["hour"]), int(at["minute"] or 0)) if at else (23, 59)
    if hour > 23 or minute > 59:
        return None
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS, fold=1)
    return moment, at is not None


def is_embargo(text: str) -> bool:
    return _EMBARGO.search(fold(text)) is not None


def _day(match: re.Match[str]) -> date | None:
    month = match["month"] or match["month2"]
    day = match["day"] or match["day2"] or match["day3"]
    year = match["year"] or match["year2"] or match["year3"]
    try:
        return date(int(year), _MONTHS[month] if month else int(match["month3"]), int(day))
    except ValueError:
        return None
