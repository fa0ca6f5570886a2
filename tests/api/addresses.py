"""Addresses of routes with ids of real rows in them."""

import re

from tests.api.rows import Row

TABLES = {
    "appeal_id": "appeal",
    "application_id": "assistance_application",
    "appointment_id": "appointment",
    "agency_id": "agency",
    "authorization_id": "payer_authorization",
    "batch_id": "batch",
    "contract_id": "contract",
    "edit_id": "practice_edit",
    "encounter_id": "encounter",
    "estimate_id": "estimate",
    "invoice_id": "fee_invoice",
    "letter_id": "letter",
    "merge_id": "patient_merge",
    "message_id": "inbound_message",
    "movement_id": "bank_movement",
    "note_id": "note",
    "notice_id": "noncoverage_notice",
    "patient_id": "patient",
    "payer_id": "payer",
    "payment_id": "patient_payment",
    "placement_id": "placement",
    "reader_id": "figure_reader",
    "receipt_id": "account_receipt",
    "remittance_id": "remittance_file",
    "resubmission_id": "resubmission",
    "run_id": "statement_run",
    "search_id": "search_text",
    "stop_id": "stop_code",
    "subject_id": "encounter",
    "task_id": "task",
    "user_id": "app_user",
}
"""parameter -> the table whose id it is"""

BY_PLACE = {
    ("/accounts/", "hold_id"): "account_hold",
    ("/submissions/", "hold_id"): "sending_hold",
    ("authorization", "rule_id"): "authorization_rule",
    ("notice", "rule_id"): "notice_rule",
    ("/agencies/", "file_id"): "agency_file",
    ("/files/", "file_id"): "attachment",
}
"""(part of the path, parameter) -> the table, where one name is used for several"""

NUMBERS = {
    "control_number": ("submission", "control_number"),
    "key": ("command", "idempotency_key"),
    "number": ("letter", "id"),
}
"""parameter -> the table and its column, where it is no id"""

WORDS = {
    "act": "close",
    "change": "deactivate",
    "day": "2026-03-02",
    "end": "arrived",
    "month": "2026-02",
    "name": "roll-forward",
    "source": "x",
    "subject": "encounter",
}
"""parameter -> a value of one's own that names no row of anybody"""


class ParameterUnknown(LookupError):
    """A route has a parameter of which no table above tells what it is: add it."""


def has_id(path: str) -> bool:
    """Whether the route's address names a row. Raises ParameterUnknown."""
    return any(name not in WORDS and place(path, name) for name in re.findall(r"\{(.*?)\}", path))


def filled(path: str, rows: dict[str, Row]) -> str:
    """The route's address with the numbers of these rows. Raises ParameterUnknown."""

    def value(match: re.Match[str]) -> str:
        if match[1] in WORDS:
            return WORDS[match[1]]
        table, column = place(path, match[1])
        return str(rows[table][column])

    return re.sub(r"\{(.*?)\}", value, path)


def place(path: str, name: str) -> tuple[str, str]:
    """The table and column of which a parameter is a value. Raises ParameterUnknown."""
    if name in TABLES:
        return TABLES[name], "id"
    if name in NUMBERS:
        return NUMBERS[name]
    for (part, parameter), table in BY_PLACE.items():
        if parameter == name and part in path:
            return table, "id"
    raise ParameterUnknown(f"{name} of {path}")
