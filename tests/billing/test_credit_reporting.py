"""No debt is told to a credit bureau but where the practice wants it and no state forbids it."""

import pytest

from billing.credit_reporting import DO_NOT_REPORT, FORBIDDING, MAY_REPORT, credit_flag


@pytest.mark.parametrize("state", ["OH", "NY", None])
def test_by_default_nothing_is_reported(state: str | None) -> None:
    assert credit_flag(state, is_switched_on=False) == DO_NOT_REPORT


@pytest.mark.parametrize("state", sorted(FORBIDDING))
def test_no_practice_can_switch_it_on_where_the_state_forbids_it(state: str) -> None:
    assert credit_flag(state.lower(), is_switched_on=True) == DO_NOT_REPORT
    assert credit_flag("OH", state, is_switched_on=True) == DO_NOT_REPORT, "where the patient lives counts too"


def test_where_no_state_is_known_nothing_is_reported() -> None:
    assert credit_flag("OH", None, is_switched_on=True) == DO_NOT_REPORT


def test_elsewhere_the_practice_may_switch_it_on() -> None:
    assert credit_flag("OH", "OH", is_switched_on=True) == MAY_REPORT
