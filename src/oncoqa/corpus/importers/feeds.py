"""Feeds: the REST interface of WordPress (JSON), RSS and Atom. Each entry is a release."""

import json
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from oncoqa.corpus.importers.draft import Found
from oncoqa.corpus.importers.html import fragment_blocks, plain
from oncoqa.corpus.importers.plain import decode
from oncoqa.errors import ImportRefused

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_wordpress(data: bytes) -> list[Found]:
    """`GET /wp-json/wp/v2/posts`, or one post."""
    try:
        posts = json.loads(decode(data))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ImportRefused("ce n'est pas du JSON") from error
    posts = posts if isinstance(posts, list) else [posts]
    try:
        return [_post(post) for post in posts]
    except (KeyError, TypeError, AttributeError) as error:
        raise ImportRefused("ce n'est pas une liste d'articles de WordPress") from error


def _post(post: dict[str, Any]) -> Found:
    content = post["content"]
    notes = ("article protégé : texte incomplet",) if content.get("protected") else ()
    return Found(
        blocks=fragment_blocks(content["rendered"]),
        title=plain(post["title"]["rendered"]),
        published=_iso_day(str(post.get("date", ""))),
        url=post.get("link"),
        notes=notes,
    )


def read_feed(data: bytes) -> list[Found]:
    if b"<!DOCTYPE" in data[:2048].upper():
        raise ImportRefused("un flux n'a pas de DOCTYPE")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    try:
        root = etree.fromstring(data.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ImportRefused("le flux n'est pas du XML lisible") from error
    items = [_rss(item) for item in root.iter("item")]
    entries = [_atom(entry) for entry in root.iter(f"{_ATOM}entry")]
    if not items and not entries:
        raise ImportRefused("ni RSS ni Atom : aucun article")
    return [*items, *entries]


def _rss(item: Any) -> Found:
    whole = item.findtext(_CONTENT)
    text = whole or item.findtext("description") or ""
    return Found(
        blocks=fragment_blocks(text),
        title=plain(item.findtext("title") or ""),
        published=_mail_day(item.findtext("pubDate")) or _iso_day(item.findtext(f"{_DC}date")),
        language=item.findtext(f"{_DC}language"),
        url=(item.findtext("link") or "").strip() or None,
        notes=() if whole else ("le flux n'a que le résumé : importez la page",),
    )


def _atom(entry: Any) -> Found:
    content = entry.find(f"{_ATOM}content")
    links = {link.get("rel", "alternate"): link.get("href") for link in entry.iter(f"{_ATOM}link")}
    day = entry.findtext(f"{_ATOM}published") or entry.findtext(f"{_ATOM}updated")
    whole = content is not None
    return Found(
        blocks=fragment_blocks(_inner(content if whole else entry.find(f"{_ATOM}summary"))),
        title=plain(_inner(entry.find(f"{_ATOM}title"))),
        published=_iso_day(day),
        url=links.get("alternate"),
        notes=() if whole else ("le flux n'a que le résumé : importez la page",),
    )


def _inner(element: Any) -> str:
    """What an element holds, as HTML: written out, or escaped."""
    if element is None:
        return ""
    if element.get("type") == "xhtml":
        return "".join(etree.tostring(child, encoding="unicode") for child in element)
    return element.text or ""


def _iso_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        return None


def _mail_day(text: str | None) -> date | None:
    try:
        return parsedate_to_datetime((text or "").strip()).date()
    except (ValueError, TypeError, IndexError):
        return None
