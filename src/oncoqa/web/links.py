"""Addresses of the site that hold more than a path."""

import hashlib
from urllib.parse import quote as percent


def to_words(passage_id: str, start: int, end: int, quote: str) -> str:
    """A release, opened at the words quoted. `v` is how its page knows that they still stand."""
    release_id, _, anchor = passage_id.partition("#")
    span = f"hl={start}-{end}&v={fingerprint(quote)}"
    return f"/communiques/{percent(release_id)}?{span}#{percent(anchor)}"


def fingerprint(quote: str) -> str:
    """Short: it tells one edition of a sentence from another, it is no proof."""
    return hashlib.sha256(quote.encode()).hexdigest()[:8]
