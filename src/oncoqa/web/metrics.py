"""What operators watch, as Prometheus text. No label and no log line holds what a reader wrote."""

import logging
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("oncoqa.access")

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.requests = Counter(
            "oncoqa_requests", "Requests", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "oncoqa_request_seconds", "Time to the first byte", ["route"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.answers = Counter(
            "oncoqa_answers", "Answers given", ["status", "reason"], registry=registry
        )
        self.answer_seconds = Histogram(
            "oncoqa_answer_seconds", "Question to answer", buckets=_SECONDS, registry=registry
        )
        self.releases = Gauge("oncoqa_releases", "Releases in service", registry=registry)
        self.built = Gauge(
            "oncoqa_index_built_timestamp_seconds", "When the index was built", registry=registry
        )

    def text(self) -> bytes:
        return generate_latest(self._registry)


class Measure:
    """ASGI middleware: counts and times requests by route, and logs a line without the query."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"], time.perf_counter() - start)
            await send(message)

        await self._app(scope, receive, watch)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")  # the template: no id, no text
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        log.info("%s %s %d %.0f ms", scope["method"], route, status, seconds * 1000)
