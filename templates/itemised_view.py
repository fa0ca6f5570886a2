"""What an itemised bill says as its page and its PDF show it: one view, every value ready to be read."""

import json
from typing import Any

from billing.itemised_bills import ItemisedBill, ItemisedLine, ItemisedVisit
from billing.money import format_dollars
from billing.statement_words import Language, long_day, say
from templates.statement_view import amounts_of

COLUMNS = ("date", "code", "service", "units", "charged", "plan_paid", "taken_off", "you_paid", "with_plan", "you_owe")


def view(bill: ItemisedBill) -> dict[str, Any]:
    """The bill as text in its language."""
    language = bill.language
    return {
        "lang": language,
        "title": say(language, "itemised"),
        "message": say(language, "itemised_message"),
        "written_on": long_day(bill.written_on, language),
        "sender": list(bill.sender),
        "addressee": list(bill.addressee),
        "columns": [say(language, key) for key in COLUMNS],
        "payments": say(language, "payments"),
        "visits": [_visit(one, language) for one in bill.visits],
        "page_of": say(language, "page_of", page="{page}", pages="{pages}"),
    }


def content(bill: ItemisedBill) -> str:
    """The bill as the JSON that its PDF is made of."""
    return json.dumps(view(bill))


def _visit(visit: ItemisedVisit, language: Language) -> dict[str, Any]:
    day = long_day(visit.day, language)
    paid = [
        say(language, "payment", day=long_day(one.day, language), amount=format_dollars(one.cents))
        for one in visit.payments
    ]
    key = "visit_for" if visit.patient else "visit_of"
    sums = [sum(each) for each in zip(*(_amounts(one) for one in visit.lines), strict=True)]
    return {
        "heading": say(language, key, day=day, provider=visit.provider, patient=visit.patient),
        "about": say(language, "visit", number=visit.number, plan=visit.plan),
        "table": say(language, "services_of", day=day),
        "rows": [
            [one.day.isoformat(), one.code, one.amounts.service, one.units, *map(format_dollars, _amounts(one))]
            for one in visit.lines
        ],
        "total": [say(language, "total"), "", "", "", *map(format_dollars, sums)],
        "payments": paid or [say(language, "nothing_paid")],
    }


def _amounts(line: ItemisedLine) -> tuple[int, ...]:
    *before, owed = amounts_of(line.amounts)
    return (*before, line.with_plan_cents, owed)
