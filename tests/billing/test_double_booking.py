"""Minutes that belong to two appointments."""

from datetime import date

import pytest

from billing.double_booking import NOT_NAMED, Slot, clashes

DAY = date(2026, 3, 2)
ONE = Slot("one", "ada", "Dr. Curie", DAY, "09:30", 20)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Slot("two", "eva", "Dr. Curie", DAY, "09:49", 5), "Dr. Curie has another patient from 09:49 to 09:54"),
        (Slot("two", "eva", "dr.  CURIE", DAY, "09:00", 31), "dr.  CURIE has another patient from 09:00 to 09:31"),
        (
            Slot("two", "ada", "Dr. Who", DAY, "09:35", 5),
            "the patient is expected from 09:35 to 09:40, provider Dr. Who",
        ),
        (Slot("two", "eva", "Dr. Curie", DAY, "09:50", 20), None),
        (Slot("two", "eva", "Dr. Curie", DAY, "09:00", 30), None),
        (Slot("two", "eva", "Dr. Who", DAY, "09:30", 20), None),
        (Slot("two", "ada", "Dr. Curie", date(2026, 3, 3), "09:30", 20), None),
        (Slot("one", "ada", "Dr. Curie", DAY, "09:30", 20), None),
    ],
)
def test_a_minute_of_both_is_told(other: Slot, words: str | None) -> None:
    assert clashes(ONE, [other]) == ([words] if words else [])


def test_a_night_goes_on_after_midnight() -> None:
    late = Slot("late", "eva", "Dr. Curie", date(2026, 3, 1), "23:50", 480)
    assert clashes(Slot("early", "ada", "Dr. Curie", DAY, "07:49", 5), [late]) != []
    assert clashes(Slot("early", "ada", "Dr. Curie", DAY, "07:50", 5), [late]) == []


def test_who_is_not_named_has_no_time_that_is_taken() -> None:
    assert clashes(Slot("a", "ada", NOT_NAMED, DAY, "09:30", 20), [Slot("b", "eva", NOT_NAMED, DAY, "09:30", 20)]) == []
