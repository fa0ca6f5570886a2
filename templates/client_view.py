"""What a practice is given about a month, as its pages and papers show it: the report pack and the fee invoice."""

import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from billing.board import Unit
from billing.client_packs import Pack
from billing.comparison import COLUMNS, Beside, Compared, cells
from billing.csv_file import write_rows
from billing.fees import ROUNDING, Invoice, percent
from billing.money import format_dollars
from billing.reports import Column, Holds, Report, as_csv
from templates import documents

FIGURES = "figures-compared"


def invoice(found: Invoice) -> dict[str, Any]:
    """A fee invoice as text."""
    terms = found.agreed.terms
    counted = ["payers"] * terms.of_payers + ["patients"] * terms.of_patients
    sums = [
        ["Collected in the month, net", format_dollars(found.receipts_cents)],
        ["Carried from the invoice before", format_dollars(found.carried_in_cents)],
        ["Base", format_dollars(found.base_cents)],
        [f"Share of the base, {percent(terms.basis_points)}", format_dollars(found.share_cents)],
    ]
    if terms.minimum_cents:
        sums.append(["The least that is asked for a month", format_dollars(terms.minimum_cents)])
    notes = [ROUNDING]
    if found.carried_out_cents:
        carried = format_dollars(found.carried_out_cents)
        notes.append(f"The base lies below zero: no share is asked, and {carried} is carried into the next invoice.")
    if terms.excluded_payers:
        notes.append("Payments of the payers that the agreement excludes are no part of it.")
    notes.append(f"Made of the entries of the ledger above number {found.after_entry}, up to {found.through_entry}.")
    return {
        "title": f"Invoice {found.number}, {found.month}",
        "sender": [one for one in (found.agreed.biller, *found.agreed.biller_address.splitlines()) if one],
        "addressee": found.practice,
        "written_on": str(found.made_on),
        "about": [
            f"For billing in {found.month}: {percent(terms.basis_points)} of what {' and '.join(counted)} paid, by the "
            "day of posting, less what was refunded, reversed, returned or taken back.",
            f"To be paid by {found.pay_by}.",
        ],
        "columns": ["Receipts", "Class", "Payer", "Entries", "Amount"],
        "rows": [
            [one.words, one.payer_class, one.payer, str(one.entries), format_dollars(one.cents)] for one in found.lines
        ],
        "sums": sums,
        "total": ["To be paid", format_dollars(found.fee_cents)],
        "notes": notes,
    }


def invoice_pdf(found: Invoice) -> bytes:
    """The same as a tagged PDF."""
    return documents.pdf("clients/invoice", json.dumps(invoice(found)))


def pack_pdf(pack: Pack) -> bytes:
    """Every report of a pack as one tagged PDF."""
    content = {
        "title": f"Report of {pack.month.key}",
        "practice": pack.practice,
        "about": _about(pack),
        "sections": [_compared(pack.compared), *map(_section, pack.reports)],
    }
    return documents.pdf("clients/pack", json.dumps(content))


def pack_zip(pack: Pack) -> bytes:
    """The PDF, each report as a CSV, and the invoice of the month, where one was made."""
    files = {"report.pdf": pack_pdf(pack)}
    files |= {f"{one.name.replace('_', '-')}.csv": as_csv(one).encode() for one in pack.reports}
    files[f"{FIGURES}.csv"] = write_rows(COLUMNS, map(cells, pack.compared)).encode()
    if pack.invoice:
        files[f"invoice-{pack.invoice.number}.pdf"] = invoice_pdf(pack.invoice)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, body in files.items():
            folder.writestr(zipfile.ZipInfo(f"{pack.month.key}/{name}"), body, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _about(pack: Pack) -> list[str]:
    stands = (
        "Its figures re-add from the ledger, entry by entry."
        if not pack.changed
        else "The ledger does not give the figures any more with which it was closed: ask before you rely on them."
    )
    invoiced = f"Invoice {pack.invoice.number} was made of it." if pack.invoice else "No invoice was made of it."
    return [f"The month was closed on {pack.closed_on}. {stands}", invoiced]


def _section(report: Report) -> dict[str, Any]:
    return {
        "heading": report.title,
        "words": report.words,
        "columns": [one.words for one in report.columns],
        "aligned": ["right" if one.is_summed else "left" for one in report.columns],
        "rows": [_written(report.columns, row.cells) for row in report.rows],
        "total": _written(report.columns, report.total),
        "checks": [
            f"{one.words}: {format_dollars(one.ledger_cents)}, here {format_dollars(one.report_cents)}"
            f"{', which agrees' if one.agrees else ': THEY DO NOT AGREE'}."
            for one in report.checks
        ],
    }


def _written(columns: Iterable[Column], values: Iterable[str | int]) -> list[str]:
    return [
        format_dollars(int(value)) if column.holds == Holds.CENTS and value != "" else str(value)
        for column, value in zip(columns, values, strict=True)
    ]


def _compared(compared: list[Compared]) -> dict[str, Any]:
    return {
        "heading": "Figures, compared",
        "words": "Each figure of the month beside the month before, the same month a year ago, and the average of the "
        "three months before; a dash where there is nothing to divide by.",
        "columns": ["Figure", "Month", "Before", "", "A year ago", "", "Average", ""],
        "aligned": ["left", "right", *["right", "left"] * 3],
        "rows": [_figure(one) for one in compared],
        "total": [],
        "checks": [],
    }


def _figure(one: Compared) -> list[str]:
    unit = " %" if one.figure.unit == Unit.PERCENT else " days"

    def told(beside: Beside) -> tuple[str, str]:
        return ("–" if beside.value is None else f"{beside.value}{unit}", beside.words)

    value = "–" if one.figure.value is None else f"{one.figure.value}{unit}"
    return [one.figure.title, value, *told(one.before), *told(one.year_ago), *told(one.average)]
