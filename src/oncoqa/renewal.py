"""A server keeps up: with the generation in service, and with the hour at which an embargo ends.

What is next is loaded beside what serves, then put in its place by one assignment; requests under
way end on the one they began with. The releases under an embargo that ends soon are loaded ahead,
so that they appear within a tenth of a second after the hour, and never before.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from oncoqa.build import Service, load_service
from oncoqa.errors import OncoqaError
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.generation import current
from oncoqa.retrieval.index import now
from oncoqa.settings import Settings

log = logging.getLogger("oncoqa")

POLL = 1.0  # seconds between two looks at CURRENT
AGAIN = timedelta(seconds=30)  # between two tries at what cannot be loaded
AHEAD = timedelta(minutes=5)  # a thousand releases load within seconds


Prepare = Callable[[Service], Callable[[], None]]


class Renewal:
    """Makes the next service; one thread calls `step`.

    `prepare` does what takes time and gives what puts the service in place, in no time.
    """

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder,
        service: Service,
        prepare: Prepare,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._settings = settings
        self._encoder = encoder
        self._prepare = prepare
        self._clock = clock
        self._served = service
        self._hour = service.index.next_change
        self._next: tuple[Service, Callable[[], None]] | None = None
        self._refused: str | None = None  # a generation that cannot be loaded: told once
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def step(self) -> None:
        """What the moment asks for: another generation, the next view loaded ahead, or its hour."""
        moment = self._clock()
        name = current(self._settings.index_dir)
        if name not in {None, self._served.index.manifest.generation, self._refused}:
            self._renew(str(name), moment)
        if self._hour is None:
            return
        if self._next is None and self._hour - moment <= AHEAD:
            self._next = self._load(self._hour, "the end of an embargo")
            if self._next is None:  # the release stays hidden until it can be loaded
                self._hour = max(self._hour, moment + AGAIN)
        if self._next is not None and self._clock() >= self._hour:
            self._serve(*self._next)

    def _renew(self, name: str, moment: datetime) -> None:
        ready = self._load(moment, f"generation {name}")
        if ready is None:
            self._refused = name
        else:
            self._serve(*ready)

    def _serve(self, service: Service, put_in_place: Callable[[], None]) -> None:
        put_in_place()
        self._served, self._next = service, None
        self._hour = service.index.next_change

    def _load(self, moment: datetime, why: str) -> tuple[Service, Callable[[], None]] | None:
        """None, told in the log, when it cannot be loaded: what serves goes on serving."""
        try:
            service = load_service(self._settings, self._encoder, moment=moment, mend=False)
            return service, self._prepare(service)
        except OncoqaError as error:
            log.warning("%s is not put in service: %s", why, error)
            return None

    def _run(self) -> None:
        while not self._stop.wait(self._pause()):
            try:
                self.step()
            except Exception:  # an embargo to come must not depend on what failed now
                log.exception("what is new is not put in service; what serves goes on")
                self._stop.wait(AGAIN.total_seconds())

    def _pause(self) -> float:
        if self._hour is None:
            return POLL
        return min(POLL, max((self._hour - self._clock()).total_seconds(), 0.05))
