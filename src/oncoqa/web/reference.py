"""A citation as a journalist pastes it."""

from oncoqa.web.payload import CitationPayload
from oncoqa.web.words import Words


def reference(citation: CitationPayload, words: Words) -> str:
    """`« … » — speaker, publisher, title, date`: its spaces do not break."""
    release = citation.release
    parts = (citation.speaker, release.publisher, release.title, words.date(release.published))
    return f"«\u00a0{citation.quote}\u00a0» — {', '.join(part for part in parts if part)}"
