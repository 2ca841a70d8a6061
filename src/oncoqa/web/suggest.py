"""Questions that the releases answer, to begin with. Each is asked before it is shown."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from oncoqa.assistant import Assistant
from oncoqa.types import Release
from oncoqa.web.words import french

SHOWN = 4
TRIED = 12  # at a hundredth of a second or so each

# What announces a name, and the question that fits it. The name is as the release writes it.
_NAMED = (
    (r"l['’]étude", "Sur quoi porte l’étude {} ?"),
    (r"l['’]essai clinique", "Que cherche l’essai clinique {} ?"),
    (r"[Ll]e projet", "Qu’est-ce que le projet {} ?"),
    (r"la plateforme", "À quoi sert la plateforme {} ?"),
)
_NAME = r"\s+([A-Z][\w’'/-]*[A-Z0-9][\w’'/-]*)"


def suggestions(assistant: Assistant) -> tuple[str, ...]:
    """A few questions, taken in turn from each release, whose answer names what they ask about."""
    tried = islice(_in_turn(candidates(r) for r in assistant.releases.values()), TRIED)
    kept = (french(question) for question, name in tried if answers(assistant, question, name))
    return tuple(islice(kept, SHOWN))


def _in_turn(sources: Iterable[Iterator[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    """One from each, then again; none is looked for before its turn, of thousands of releases."""
    waiting = deque(sources)
    while waiting:
        source = waiting.popleft()
        for pair in islice(source, 1):
            yield pair
            waiting.append(source)


def candidates(release: Release) -> Iterator[tuple[str, str]]:
    """Questions made from a release, each with the name that its answer must hold."""
    seen = set()
    for heading in dict.fromkeys(h for section in release.sections for h in section.headings):
        subject = heading.partition(" : ")[0].strip()
        if subject != heading and len(subject.split()) <= 3:
            yield f"Qu’est-ce que {subject} ?", subject
    for before, question in _NAMED:
        for match in re.finditer(before + _NAME, release.text):
            name = match[1].rstrip("’'/-")
            if name not in seen:
                seen.add(name)
                yield question.format(name), name


def answers(assistant: Assistant, question: str, name: str) -> bool:
    answer = assistant.ask(question, language="fr")
    return bool(answer.statements) and name.casefold() in answer.statements[0].text.casefold()
