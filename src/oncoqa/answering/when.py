"""What a question says of when releases were published: bounds, or that the latest is wanted.

Only where it speaks of publication: "parus depuis janvier", "annoncé l'an dernier". A date
elsewhere in a question is of its subject ("la réforme de 2027"), and bounds nothing.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from oncoqa.answering.intent import plain
from oncoqa.types import Evidence, Filters

AS_RELEVANT = 0.3  # how near the best a newer release must score to be taken for the latest
_MONTHS = (
    "janvier january|fevrier february|mars march|avril april|mai may|juin june|juillet july"
    "|aout august|septembre september|octobre october|novembre november|decembre december"
)
_MONTH_OF = {
    name: number for number, both in enumerate(_MONTHS.split("|"), 1) for name in both.split()
}
_MONTH = "|".join(_MONTH_OF)
_SPOKEN = (
    r"communiques?|publie(?:e?s?)|parue?s?|annonce(?:e?s?)|releases?|published|announced|issued"
)
_SIDE = r"en|in|depuis|since|apres|after|avant|before"
_NEAR = (
    r"l an (?:dernier|passe)|l annee (?:derniere|passee)|last year|cette annee|this year"
    r"|le mois (?:dernier|passe)|last month|ce mois(?: ci)?|this month"
    r"|la semaine (?:derniere|passee)|last week|cette semaine|this week"
    r"|hier|yesterday|aujourd hui|today"
)
_PUBLISHED = re.compile(
    rf"\b(?:{_SPOKEN})\b(?: \w+){{0,3}}? (?:(?P<side>{_SIDE}) "
    rf"(?:(?P<month>{_MONTH})(?: (?P<of>20\d\d))?|(?P<year>20\d\d)|(?P<then>{_NEAR}))"
    rf"|(?P<near>{_NEAR}))\b"
)
_NEWS = (
    r"(?:communiqu[ée]s?(?: de presse)?|nouvelles?|actualit[ée]s?|annonces?|publications?"
    r"|(?:press )?releases?|news|announcements?)"
)
_LATEST = re.compile(
    rf"\b(?:derni[eè]re?s?|plus r[ée]cente?s?|latest|newest|most recent|last) {_NEWS}\b"
    rf"|\b{_NEWS}(?: les?| la)? plus r[ée]cente?s?\b|\blatest (?=on\b|about\b)",
    re.IGNORECASE,
)


def with_dates(filters: Filters, question: str, today: date) -> Filters:
    """Bounds on publication that the question itself gives, unless there are some already.

    Nothing is published after today: "annoncé pour entrer en vigueur en 2030" bounds nothing.
    """
    found = _PUBLISHED.search(plain(question))
    if found is None or filters.published_from or filters.published_to:
        return filters
    first, last = _period(found, today)
    if first > today:
        return filters
    match found["side"]:
        case "depuis" | "since":
            return replace(filters, published_from=first)
        case "apres" | "after":
            return replace(filters, published_from=last + timedelta(days=1))
        case "avant" | "before":
            return replace(filters, published_to=first - timedelta(days=1))
        case _:
            return replace(filters, published_from=first, published_to=last)


def without_dates(question: str) -> str:
    """The question without the words that bound publication: no release answers by them."""
    said = plain(question)
    found = _PUBLISHED.search(said)
    tokens = list(re.finditer(r"[\w%]+", question))
    if found is None or len(tokens) != len(said.split()):
        return question
    dated = found.start("near") if found["near"] else found.start("side")
    starts = [match.start() for match in re.finditer(r"\S+", said)]
    for token, word, at in reversed(list(zip(tokens, said.split(), starts, strict=True))):
        spoken = found.start() <= at < dated and re.fullmatch(_SPOKEN, word)
        if spoken or dated <= at < found.end():
            question = question[: token.start()] + question[token.end() :]
    return question


def _period(found: re.Match[str], today: date) -> tuple[date, date]:
    """The first and last day of what is named; a month without its year is the last such one."""
    if found["year"]:
        return _year(int(found["year"]))
    if found["month"]:
        month = _MONTH_OF[found["month"]]
        year = int(found["of"] or today.year - (month > today.month))
        return _month(year, month)
    match (found["near"] or found["then"]).split():
        case ["l", "an" | "annee", _] | ["last", "year"]:
            return _year(today.year - 1)
        case ["cette", "annee"] | ["this", "year"]:
            return _year(today.year)
        case ["le", "mois", _] | ["last", "month"]:
            before = today.replace(day=1) - timedelta(days=1)
            return _month(before.year, before.month)
        case ["ce", *_] | ["this", "month"]:
            return _month(today.year, today.month)
        case ["la", "semaine", _] | ["last", "week"]:
            return _week(today - timedelta(days=7))
        case ["cette", "semaine"] | ["this", "week"]:
            return _week(today)
        case ["hier" | "yesterday"]:
            return (today - timedelta(days=1),) * 2
        case _:
            return today, today


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _week(day: date) -> tuple[date, date]:
    """From Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def latest(question: str) -> tuple[bool, str]:
    """Whether the latest release is wanted, and the question without the words that say so.

    >>> latest("Que dit le dernier communiqué sur HEROES ?")
    (True, "Que dit le  sur HEROES ?")
    """
    bare = _LATEST.sub("", question)
    return bare != question, bare


def of_the_newest(ranked: Sequence[Evidence]) -> list[Evidence]:
    """Of sentences, best first, those of the newest release that holds one as relevant as the best.

    A release without a date is older than any.
    """
    if not ranked:
        return []
    relevant = [e.passage.release for e in ranked if e.score >= ranked[0].score - AS_RELEVANT]
    newest = max(relevant, key=lambda release: release.published or date.min).id
    return [evidence for evidence in ranked if evidence.passage.release.id == newest]
