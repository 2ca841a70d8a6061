"""Addresses of the site that hold more than a path."""

import hashlib
from urllib.parse import quote as percent

from oncoqa.web.payload import CitationPayload


def citation(citation: CitationPayload) -> str:
    """A release, opened at the words cited. `v` is how the page knows that they are still there."""
    release_id, _, anchor = citation.passage_id.partition("#")
    span = f"{citation.start}-{citation.end}"
    version = fingerprint(citation.quote)
    return f"/communiques/{percent(release_id)}?hl={span}&v={version}#{percent(anchor)}"


def fingerprint(quote: str) -> str:
    """Short: it tells one edition of a sentence from another, it is no proof."""
    return hashlib.sha256(quote.encode()).hexdigest()[:8]
