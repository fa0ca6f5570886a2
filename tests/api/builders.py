"""A visit as a client sends it, and the claim it becomes."""

from typing import Any

from api.claim_form import EncounterForm
from billing.claim import Claim

SURNAME = "Zwiebelturm"
MEMBER_ID = "QX99887766"
"""Values that must never show up in a refusal, a log or an address"""


def visit(**changes: Any) -> dict[str, Any]:
    """A complete visit with two lines."""
    body: dict[str, Any] = {
        "external_id": "VISIT-1",
        "patient": {
            "last_name": SURNAME,
            "first_name": "Ottilie",
            "birth_date": "1970-05-01",
            "sex": "F",
            "address": {"street": "1 Main St", "city": "Springfield", "state": "IL", "postal_code": "62701"},
        },
        "coverage": {"payer": {"id": "60054", "name": "Plain Health"}, "member_id": MEMBER_ID},
        "providers": {
            "billing": {
                "npi": "1993999998",
                "last_name": "Family Practice",
                "tax_id": "12-3456780",
                "address": {"street": "2 Main St", "city": "Springfield", "state": "IL", "postal_code": "627010001"},
            },
            "rendering": {"npi": "1245319599", "last_name": "Curie", "first_name": "Mary"},
        },
        "diagnoses": ["J06.9"],
        "lines": [
            {"procedure": "99213", "service_date": "2026-03-01", "charge": "150.00"},
            {"procedure": "87880", "service_date": "2026-03-01", "charge": "39.2", "modifiers": ["qw"]},
        ],
    }
    return body | changes


def claim(**changes: Any) -> Claim:
    """The claim of `visit`."""
    return EncounterForm.model_validate(visit(**changes)).claim()
