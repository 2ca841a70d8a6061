"""Pages: templates, the language they are in, the addresses of static files."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from oncoqa.types import Language
from oncoqa.web.reference import reference
from oncoqa.web.site import edition_of, site_of
from oncoqa.web.wording import ABSTENTIONS, FEEDBACK_REASONS
from oncoqa.web.words import LANGUAGES, words_in

LANGUAGE_COOKIE = "oncoqa_language"
YEAR = 365 * 24 * 3600

_ENVIRONMENT = Environment(
    loader=PackageLoader("oncoqa.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)


def language_of(request: Request) -> Language:
    """The reader's choice (`?lang=`, then the cookie), then the browser's, then French."""
    wishes = [request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)]
    accepted = request.headers.get("accept-language", "")
    wishes += [part.split(";")[0].strip()[:2].lower() for part in accepted.split(",")]
    return next((known for wish in wishes for known in LANGUAGES if wish == known), "fr")


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page. Its language is kept when the reader has just chosen it."""
    language = language_of(request)
    html = _ENVIRONMENT.get_template(template).render(
        _shared(request, language) | {"status": status} | context
    )
    response = HTMLResponse(html, status, {"Content-Language": language})
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.headers["Cache-Control"] = "private, no-cache"
    if request.query_params.get("lang") == language:
        secure = request.url.scheme == "https"
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=YEAR, httponly=True, samesite="lax", secure=secure
        )
    return response


def render_xml(request: Request, template: str, media_type: str, **context: Any) -> Response:
    """The feed and the site map, for machines: always in French."""
    xml = _ENVIRONMENT.get_template(template).render(_shared(request, "fr") | context)
    return Response(xml, media_type=media_type)


def _shared(request: Request, language: Language) -> dict[str, Any]:
    words = words_in(language)
    edition = edition_of(request)
    return {
        "_": words,
        "ngettext": words.plural,
        "words": words,
        "language": language,
        "index": edition.index,
        "standing_of": edition.standing,
        "press_contact": site_of(request).settings.press_contact_url,
        "abstentions": ABSTENTIONS,
        "feedback_reasons": FEEDBACK_REASONS,
        "asset": asset,
        "reference": reference,
        "now": datetime.now(UTC),
        "epoch": datetime.fromtimestamp(0, UTC),
        "origin": str(request.base_url).rstrip("/"),
        "canonical": str(request.url.replace(query="")),
        "in_language": lambda other: _in_language(request, other),
    }


def _in_language(request: Request, language: Language) -> str:
    """This very page in a language."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return f"{request.url.path}?{urlencode([*kept, ('lang', language)])}"


@cache
def asset(name: str) -> str:
    """The address of a static file, which changes with its content."""
    content = (resources.files("oncoqa.web") / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


class Assets(StaticFiles):
    """Static files: kept for a year under the address of their content, else asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        lasting = "public, max-age=31536000, immutable"
        response.headers["Cache-Control"] = lasting if versioned else "no-cache"
        return response
