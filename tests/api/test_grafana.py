"""Every metric that the Grafana file draws is in the scrape of a running application."""

import json
import re

from billing.roles import Role
from tests.api.conftest import Book
from tests.house.source import ROOT

METRIC = re.compile(r"zerobalance_\w+|temporal_\w+")


async def test_every_metric_of_the_dashboard_is_scraped(book: Book) -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    drawn = {name for one in dashboard["panels"] for each in one["targets"] for name in METRIC.findall(each["expr"])}
    async with book.connect(Role.SUPERVISOR) as client:
        await client.get("/healthz")
        scraped = (await client.get("/metrics")).text
    assert len(drawn) == 4
    assert {one for one in drawn if not re.search(rf"^{one}[ {{]", scraped, re.MULTILINE)} == set()
