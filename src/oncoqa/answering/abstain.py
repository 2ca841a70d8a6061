"""Why oncoqa does not answer, and what could have been meant."""

from collections.abc import Sequence

from oncoqa.answering.lexicon import Lexicon
from oncoqa.text import words
from oncoqa.types import Hit, Query, Reason

MOST_CHOICES = 3
FOREIGN = 0.5  # share of the content words that no release holds: then it is another subject


def why_not(query: Query, lexicon: Lexicon) -> Reason:
    """A question whose words the releases mostly do not hold is off topic.

    English words are strange to French releases whatever the subject: only names tell there.
    """
    content = [word for word in words(query.meant, query.language) if not word.stop]
    strange = [w for w in content if not any(term in lexicon.frequency for term in w.terms)]
    named = any(word.terms[0] in lexicon.names for word in content)
    return "off_topic" if not named and len(strange) > FOREIGN * len(content) else "not_in_releases"


def could_be_meant(query: Query, hits: Sequence[Hit], lexicon: Lexicon) -> tuple[str, ...]:
    """An unclear question made clear by each of the names that the best passages hold."""
    vague = any(lexicon.is_vague(word.terms[0]) for word in words(query.question) if not word.stop)
    if query.refusal != "unclear" or not vague:
        return ()
    names = (name for hit in hits for name in lexicon.names_in(hit.passage.text)[:1])
    question = query.question.rstrip(" \u00a0?")
    mark = "\u00a0?" if query.language == "fr" else "?"
    distinct = list(dict.fromkeys(names))[:MOST_CHOICES]
    return tuple(f"{question} ({name}){mark}" for name in distinct)
