"""What operators measure: requests by route, their time, and the outbox. Labels are templates, never ids."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route"]
        self.requests = Counter(
            "zerobalance_http_requests", "Requests answered", [*labels, "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "zerobalance_http_request_seconds", "Seconds per request", labels, registry=self.registry
        )
        self.outbox_rows = Gauge("zerobalance_outbox_rows", "Messages to workflows not sent", registry=self.registry)
        self.unabsorbed_facts = Gauge(
            "zerobalance_unabsorbed_facts", "Facts that wait for an encounter", registry=self.registry
        )

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class Meter:
    """Counts and times each request under its route's template."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noting_status)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if route != "none" else "any"
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.seconds.labels(method, route).observe(time.perf_counter() - started)
