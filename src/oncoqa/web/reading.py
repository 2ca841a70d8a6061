"""The reading room: the list of releases, each one on its page, and what machines read of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from oncoqa.corpus.split import split
from oncoqa.types import Filters, Hit, Language, Passage, Release
from oncoqa.web.article import Highlight, article, find_highlight
from oncoqa.web.problems import NO_RELEASE, Problem, checked_question
from oncoqa.web.security import public
from oncoqa.web.site import Edition, TheEdition, TheSite
from oncoqa.web.view import language_of, render, render_xml
from oncoqa.web.words import words_in

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

FOUND = 20  # passages shown for a search


@dataclass(frozen=True, slots=True)
class Search:
    """What the list was asked for; each field is empty when it was not."""

    q: str
    langue: Language | None
    du: date | None
    au: date | None

    def accepts(self, release: Release) -> bool:
        if self.langue is not None and release.language != self.langue:
            return False
        return Filters(published_from=self.du, published_to=self.au).accept(release)


def wanted(q: str = "", langue: str = "", du: str = "", au: str = "") -> Search:
    """A form sends empty fields: an empty one is no filter, nor is a date no calendar has."""
    language: Language | None = "fr" if langue == "fr" else "en" if langue == "en" else None
    return Search(q.strip(), language, _day(du), _day(au))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.get("/communiques")
def releases(
    request: Request, edition: TheEdition, search: Annotated[Search, Depends(wanted)]
) -> Response:
    hits: Sequence[Hit] = ()
    problem = None
    if search.q:
        try:
            filters = Filters(published_from=search.du, published_to=search.au)
            found = edition.assistant.search(checked_question(search.q), FOUND, filters=filters)
            hits = [hit for hit in found if search.accepts(hit.passage.release)]
        except Problem as refused:
            problem = refused.told(words_in(language_of(request)))
    return render(
        request,
        "releases.html",
        status=422 if problem else 200,
        search=search,
        hits=_by_release(hits),
        listed=[release for release in edition.releases() if search.accepts(release)],
        problem=problem,
    )


def _by_release(hits: Sequence[Hit]) -> list[tuple[Release, list[Passage]]]:
    """The passages found, three of a release at most, the best release first."""
    groups: dict[str, list[Passage]] = {}
    for hit in hits:
        groups.setdefault(hit.passage.release.id, []).append(hit.passage)
    return [(passages[0].release, passages[:3]) for passages in groups.values()]


@router.get("/communiques.atom")
def feed(request: Request, edition: TheEdition) -> Response:
    return render_xml(
        request, "feed.xml", "application/atom+xml; charset=utf-8", listed=edition.releases()
    )


@router.get("/sitemap.xml")
def site_map(request: Request, edition: TheEdition) -> Response:
    return render_xml(request, "sitemap.xml", "application/xml", listed=edition.releases())


@router.get("/robots.txt")
def robots(request: Request) -> PlainTextResponse:
    """Releases are for everyone; conversations and what was shared of them are not to be found."""
    origin = str(request.base_url)
    private = "\n".join(f"Disallow: {path}" for path in ("/api/", "/conversations", "/partages"))
    return PlainTextResponse(f"User-agent: *\n{private}\nSitemap: {origin}sitemap.xml\n")


@router.get("/communiques/{release_id}")
def release(
    release_id: str,
    request: Request,
    site: TheSite,
    edition: TheEdition,
    hl: str | None = None,
    v: str | None = None,
) -> Response:
    found = edition.release(release_id)
    if found is None:
        raise NO_RELEASE
    successor = edition.successor(found)
    if found.status == "withdrawn":
        return render(request, "withdrawn.html", status=410, release=found, successor=successor)
    highlight = find_highlight(found, hl, v)
    passages = split(found, max_words=site.settings.max_words)
    nodes = article(found, passages, highlight.span if highlight else None)
    return render(
        request,
        "release.html",
        release=found,
        successor=successor,
        nodes=nodes,
        highlight=highlight,
        target=_passage_at(passages, highlight),
        related=related(edition, found),
        structured=structured(found, f"{request.base_url}communiques/{found.id}"),
    )


def _passage_at(passages: Sequence[Passage], highlight: Highlight | None) -> str | None:
    """The anchor of the passage that holds the highlighted words."""
    if highlight is None or highlight.span is None:
        return None
    span = highlight.span
    ids = (p.id for p in passages if p.start <= span.start < p.end)
    return next(ids, "").partition("#")[2] or None


def related(edition: Edition, release: Release) -> list[Release]:
    """The other releases that its title finds, three at most."""
    hits = edition.assistant.search(release.title[:500], 30)
    others = {h.passage.release.id: h.passage.release for h in hits if h.passage.release != release}
    shown = {r.id for r in edition.releases()}
    return [other for other in others.values() if other.id in shown][:3]


def structured(release: Release, address: str) -> dict[str, Any]:
    """The release as schema.org's NewsArticle. A date that the source lacks is left out."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": release.title,
        "inLanguage": release.language,
        "datePublished": release.published.isoformat() if release.published else None,
        "dateline": release.place,
        "publisher": {"@type": "Organization", "name": release.publisher},
        "mainEntityOfPage": address,
        "isBasedOn": release.url,
    }
    return {key: value for key, value in data.items() if value is not None}


@router.get("/favicon.ico")
def favicon() -> RedirectResponse:
    return RedirectResponse("/static/favicon.svg", 308)
