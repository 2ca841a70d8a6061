"""What the schema cannot say of a case: that it agrees with the releases, and with the others."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from oncoqa.evals.cases import Answerable, Case, EvalsError, Suite, load_folder
from oncoqa.evals.gold import gold_of, locate
from oncoqa.evals.normalise import contains, normalise
from oncoqa.types import Release


def check(folder: Path, releases: Mapping[str, Release]) -> Suite:
    """The cases of a folder, all in order. Raises `EvalsError` with a line for each problem."""
    suite = load_folder(folder)
    locate(suite, releases)
    problems = [
        f"{suite.places[case.id]}: {case.id}: {problem}"
        for case in suite.cases
        for problem in _disagreements(case)
    ]
    problems.extend(_leaks(suite))
    if problems:
        raise EvalsError(*problems)
    return suite


def check_case(case: Case, releases: Mapping[str, Release]) -> None:
    """The same for a case that no file holds yet."""
    try:
        gold_of(case, releases)
    except ValueError as error:
        raise EvalsError(f"evidence: {error}") from error
    if problems := list(_disagreements(case)):
        raise EvalsError(*problems)


def _disagreements(case: Case) -> Iterator[str]:
    """Every form of a nugget and every accepted answer stands in the evidence."""
    if not isinstance(case, Answerable):
        return
    quotes = [quote.quote for group in case.evidence for quote in group]
    forms = [form for nugget in case.nuggets for form in nugget]
    for name, texts in (("nuggets", forms), ("answers", case.answers)):
        for text in texts:
            if not any(contains(quote, text) for quote in quotes):
                yield f"{name}: {text!r} does not stand in the evidence"
    for bad in case.must_not:
        if any(contains(form, bad) for form in (*forms, *case.answers)):
            yield f"must_not: {bad!r} is part of a good answer"


def _leaks(suite: Suite) -> Iterator[str]:
    """One question under two facts would stand on both sides of the split."""
    facts: dict[str, str] = {}
    for thread in suite.threads:
        case = thread[0]  # a later turn means something else after other turns
        question = normalise(case.question, accents=False)
        fact = facts.setdefault(question, case.fact)
        if fact != case.fact:
            yield (
                f"{suite.places[case.id]}: {case.id}: fact: {case.fact!r}, but the same question "
                f"has {fact!r} elsewhere; give both the same"
            )
