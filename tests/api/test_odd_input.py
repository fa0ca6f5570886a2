"""What no form expects: each field of each form takes it or refuses it in words, and none fails over it."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

import api
from api import errors
from api.claim_form import Part
from api.errors import Fault

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
