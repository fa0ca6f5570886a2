"""What no form expects: each field of each form takes it or refuses it in words, and none fails over it."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

import api
from api import errors, practice_form
from api.claim_form import AddressForm, BillingProviderForm, EncounterForm, Part, ProviderForm
from api.errors import Fault
from billing.roles import Role
from tests.api.conftest import Book

ODD = (
    *(None, "", " ", "²", "x" * 5_000, "😀", "1e999999", "1e-999999", "NaN", "9999-12-31", "0001-01-01", "2026-02-30"),
    *(True, 0, -1, 10**30, 1.5, [], [None], {}),
)


def forms(parent: type[Part] = Part) -> Iterator[type[Part]]:
    for one in parent.__subclasses__():
        yield one
        yield from forms(one)


def faults(form: type[Part], body: dict[str, Any]) -> list[Fault]:
    try:
        form.model_validate(body)
    except ValidationError as error:
        return errors.validation_faults(error.errors())
    return []


for module in pkgutil.walk_packages(api.__path__, "api."):
    import_module(module.name)
FORMS = sorted(set(forms()), key=lambda form: form.__name__)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_field_takes_or_refuses_whatever_comes(form: type[Part]) -> None:
    for name in form.model_fields:
        assert all(told.message for odd in ODD for told in faults(form, {name: odd}))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_no_field_takes_a_character_that_no_database_keeps(form: type[Part]) -> None:
    taken = {
        name for name in form.model_fields for odd in ("a\0b", ["a\0b"], {"a": "a\0b"}) if not told_at(form, name, odd)
    }
    assert not taken


def told_at(form: type[Part], name: str, value: Any) -> list[Fault]:
    return [one for one in faults(form, {name: value}) if one.field.split(".")[0] == name]


@pytest.mark.parametrize(
    ("form", "field", "digits"),
    [
        (AddressForm, "postal_code", "٤٣٠٠٤"),
        (ProviderForm, "npi", "١٢٤٥٣١٩٥٩٩"),
        (BillingProviderForm, "tax_id", "١٢٣٤٥٦٧٨٠"),
        (EncounterForm, "place_of_service", "١١"),
        (practice_form.LocationForm, "postal_code", "٤٣٠٠٤"),
    ],
)
def test_digits_are_those_that_can_be_sent(form: type[Part], field: str, digits: str) -> None:
    assert [one for one in told_at(form, field, digits) if "digits" in one.message]


async def test_an_address_with_such_a_character_is_no_request(book: Book) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        answers = [
            await client.get(url) for url in ("/api/v1/patients/a%00b", "/api/v1/patients?q=a%00b", "/sheets?q=%00")
        ]
        plain = await client.get("/api/v1/patients?q=%2500")
    assert [one.status_code for one in answers] == [400, 400, 400]
    assert plain.status_code == 200


async def test_a_form_with_such_a_character_is_refused(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        typed = await browser.post("/setup/policies", data={"policy": "billing_hold_hours", "reason": "a\0b"})
        sheet = await browser.post("/sheets/look", data={"source": "a\0b"}, files={"file": ("a.csv", b"Last\nKern\n")})
        long = await browser.post("/sheets/preview", data={"source": "x" * 500, "csv": "Last\nKern\n"})
    assert (typed.status_code, sheet.status_code, long.status_code) == (422, 422, 422)
    assert "U+0000" in typed.text
    assert "Whose sheet is it?" in sheet.text
    assert "Whose sheet is it?" in long.text
