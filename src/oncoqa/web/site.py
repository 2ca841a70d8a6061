"""What requests share. `Site.edition` is the one place that says which generation is in service."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Request
from itsdangerous import URLSafeSerializer

from oncoqa.assistant import Assistant
from oncoqa.conversations import ConversationStore
from oncoqa.settings import Settings
from oncoqa.types import Audience, Release
from oncoqa.web.metrics import Metrics
from oncoqa.web.payload import IndexPayload

T = TypeVar("T")


@dataclass(frozen=True)
class Edition:
    """A generation in service and what the site shows of it. A request takes it once.

    What only time can change, the end of an embargo, is asked each time of the few that have one:
    every answer tells how many releases there are, and there may be thousands.
    """

    assistant: Assistant
    built_at: datetime | None
    suggestions: tuple[str, ...] = ()
    audience: Audience = "public"

    @property
    def index(self) -> IndexPayload:
        return IndexPayload(
            generation=self.assistant.generation,
            built_at=self.built_at,
            releases=len(self._listed) - len(self._held_back()),
        )

    def releases(self) -> list[Release]:
        """Those that readers may see, the newest first, then the undated."""
        held_back = self._held_back()
        return [r for r in self._listed if r.id not in held_back]

    def _held_back(self) -> set[str]:
        return {release.id for release in self._embargoed if not self.may_see(release)}

    @cached_property
    def _listed(self) -> list[Release]:
        shown = [r for r in self.assistant.releases.values() if r.status != "withdrawn"]
        return sorted(shown, key=lambda r: (-(r.published or date.min).toordinal(), r.id))

    @cached_property
    def _embargoed(self) -> list[Release]:
        return [release for release in self._listed if release.embargo_until is not None]

    @cached_property
    def _replacing(self) -> dict[str, list[Release]]:
        """By the id of what they replace, in the order of `releases`."""
        found: defaultdict[str, list[Release]] = defaultdict(list)
        for release in self._listed:
            if release.supersedes is not None:
                found[release.supersedes].append(release)
        return found

    def release(self, release_id: str) -> Release | None:
        """One that readers may see, or that was withdrawn."""
        release = self.assistant.releases.get(release_id)
        return release if release is not None and self.may_see(release) else None

    def may_see(self, release: Release) -> bool:
        return self.audience == "staff" or is_public(release)

    def successor(self, release: Release) -> Release | None:
        """The release that replaces this one."""
        return next(filter(self.may_see, self._replacing.get(release.id, ())), None)

    def standing(self, release_id: str) -> "Standing":
        """What has become of a release that an answer quotes, kept answers included."""
        release = self.release(release_id)
        if release is None:
            return Standing("gone")
        if release.status == "withdrawn":
            return Standing("withdrawn", release)
        if successor := self.successor(release):
            return Standing("replaced", release, successor)
        if not is_public(release):
            return Standing("embargo", release)
        return Standing("corrected" if release.status == "corrected" else "published", release)


@dataclass(frozen=True, slots=True)
class Standing:
    kind: Literal["published", "corrected", "replaced", "withdrawn", "embargo", "gone"]
    release: Release | None = None
    successor: Release | None = None


def is_public(release: Release) -> bool:
    return release.embargo_until is None or release.embargo_until <= datetime.now(UTC)


class Site:
    def __init__(
        self,
        edition: Edition,
        *,
        settings: Settings,
        conversations: ConversationStore,
        signer: URLSafeSerializer,
    ) -> None:
        self.edition = edition  # replaced whole, by one assignment: see `app.publish`
        self.settings = settings
        self.conversations = conversations
        self.signer = signer
        self.metrics = Metrics()
        self._searching = ThreadPoolExecutor(os.cpu_count(), "searching")
        self._answering = ThreadPoolExecutor(os.cpu_count(), "answering")

    async def in_turn(self, call: Callable[..., T], *args: Any, first: bool = False) -> T:
        """Call what answers in a thread, first come first served, as many at once as cores.

        Answering is work for the processor: forty threads at it, as a route that is a plain
        function would have, only take it from one another. The `first` event of a stream has a
        line of its own: searching is a fifth of an answer, and who waits sees that work is done.
        """
        line = self._searching if first else self._answering
        return await asyncio.get_running_loop().run_in_executor(line, call, *args)


def site_of(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


def edition_of(request: Request) -> Edition:
    """The edition of this request: the same from its first use to its end."""
    if not hasattr(request.state, "edition"):
        request.state.edition = site_of(request).edition
    edition = request.state.edition
    assert isinstance(edition, Edition)
    return edition


# As dependencies they are coroutines: a plain function would wait for a thread to be free.


async def _site(request: Request) -> Site:
    return site_of(request)


async def _edition(request: Request) -> Edition:
    return edition_of(request)


TheSite = Annotated[Site, Depends(_site)]
TheEdition = Annotated[Edition, Depends(_edition)]
