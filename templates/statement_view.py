"""What a statement says as its page and its PDF show it: one view, every value ready to be read."""

import json
from dataclasses import dataclass

from billing.money import format_dollars
from billing.statement_words import long_day, say
from billing.statements import ServiceRow, Statement, VisitPart
from templates import qr

COLUMNS = ("service", "charged", "plan_paid", "taken_off", "you_paid", "you_owe")


@dataclass(frozen=True, slots=True)
class VisitView:
    """One visit as text."""

    heading: str
    about: str
    table: str
    """What its table is of"""
    rows: tuple[tuple[str, ...], ...]
    """The service and its amounts, as the columns name them"""
    why: tuple[str, ...]
    owed: str
    prompt_pay: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """One paper as text in its language."""

    lang: str
    words: dict[str, str]
    """Headings and labels by their keys in the tables of words"""
    title: str
    number: str
    written_on: str
    pay_by: str
    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    message: str
    total: str
    ways: tuple[str, ...]
    pay_at: str
    columns: tuple[str, ...]
    visits: tuple[VisitView, ...]
    ages: tuple[tuple[str, str], ...]
    agreement: str
    notices: tuple[str, ...]
    prompt_pay: str


LABELS = ("please_pay", "by", "how_to_pay", "qr", "owed_for_visit", "in_parts", "ages", "questions", "rights")


def view(statement: Statement) -> StatementView:
    """The paper as its page shows it."""
    language = statement.language
    questions = say(language, "questions_text")
    return StatementView(
        lang=language,
        words={key: say(language, key) for key in LABELS} | {"questions_text": questions},
        title=say(language, statement.notice),
        number=statement.number,
        written_on=long_day(statement.written_on, language),
        pay_by=long_day(statement.pay_by, language),
        sender=statement.sender,
        addressee=statement.addressee,
        message=statement.message,
        total=format_dollars(statement.total_cents),
        ways=statement.ways or _old_ways(statement),
        pay_at=statement.pay_at,
        columns=tuple(say(language, key) for key in COLUMNS),
        visits=tuple(_visit(one, statement) for one in statement.visits),
        ages=tuple((label, format_dollars(cents)) for label, cents in statement.ages),
        agreement=statement.agreement,
        notices=statement.notices,
        prompt_pay=statement.prompt_pay,
    )


def content(statement: Statement) -> str:
    """The paper as the JSON that its PDF is made of."""
    shown = view(statement)
    language = statement.language
    return json.dumps(
        {
            **{name: getattr(shown, name) for name in StatementView.__slots__ if name != "visits"},
            "visits": [{name: getattr(one, name) for name in VisitView.__slots__} for one in shown.visits],
            "code": qr.svg(statement.pay_at) if statement.pay_at else "",
            "number_line": say(language, "number", number=statement.number),
            "page_of": say(language, "page_of", page="{page}", pages="{pages}"),
        }
    )


def _old_ways(statement: Statement) -> tuple[str, ...]:
    """Papers from before ways to pay stood on them."""
    payee = ", ".join(statement.cheques_to) or statement.sender[0]
    return (say(statement.language, "by_cheque", payee=payee, number=statement.number),)


def _visit(visit: VisitPart, statement: Statement) -> VisitView:
    language = statement.language
    day = long_day(visit.day, language)
    key = "visit_for" if visit.patient else "visit_of"
    return VisitView(
        heading=say(language, key, day=day, provider=visit.provider, patient=visit.patient),
        about=say(language, "visit", number=visit.number, plan=visit.plan),
        table=say(language, "services_of", day=day),
        rows=tuple((row.service, *(format_dollars(cents) for cents in amounts_of(row))) for row in visit.rows),
        why=visit.why,
        owed=format_dollars(visit.owed_cents),
        prompt_pay=visit.prompt_pay if len(statement.visits) > 1 else "",
    )


def amounts_of(row: ServiceRow) -> tuple[int, int, int, int, int]:
    """The amounts of one service in the order that statements print them."""
    return (row.charged_cents, row.plan_paid_cents, row.taken_off_cents, row.you_paid_cents, row.owed_cents)
