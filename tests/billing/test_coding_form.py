"""The coder's form: what stands in its inputs, and what is said by changing them."""

import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.claim import Claim
from billing.coding_form import ELSEWHERE, input_of, texts_of, typed, with_draft
from billing.corrections import apply_corrections, apply_what_reads, parse_corrections
from billing.task_forms import form_faults
from billing.tasks import LONGEST_QUESTION, TaskType
from tests.builders import a_claim, a_line

CLAIM = a_claim(a_line("99213", modifiers=("25",)), a_line("87880", charge=3920, units=Decimal(2)))


def test_a_form_that_nobody_touched_says_nothing() -> None:
    assert typed(CLAIM, texts_of(CLAIM)).corrections == {}


def test_another_spelling_of_the_same_is_no_change() -> None:
    same = {"line.1.modifiers": " 25 ", "line.2.units": "2.0", "line.2.charge": "$39.20", "diagnoses.1": "j069"}
    assert typed(CLAIM, texts_of(CLAIM) | same).corrections == {}


@pytest.mark.parametrize(
    ("changed", "corrections"),
    [
        ({"diagnoses.2": "Z23"}, {"diagnoses": "J06.9, Z23"}),
        ({"place_of_service": "22"}, {"place_of_service": "22"}),
        ({"line.1.modifiers": "25, 59"}, {"line.1.modifiers": "25, 59"}),
        ({"line.1.modifiers": ""}, {"line.1.modifiers": ""}),
        ({"line.3.procedure": "90471", "line.3.units": "1"}, {"line.3.procedure": "90471", "line.3.units": "1"}),
        ({"line.2.units": "sNaN"}, {"line.2.units": "sNaN"}),
        ({"line.2.units": "3\nmember_id = X"}, {"line.2.units": "3 member_id = X"}),
    ],
)
def test_a_change_is_a_correction_of_its_field(changed: dict[str, str], corrections: dict[str, str]) -> None:
    assert typed(CLAIM, texts_of(CLAIM) | changed).corrections == corrections


@pytest.mark.parametrize(
    ("changed", "at"),
    [({"diagnoses.3": "Z23"}, "diagnoses.2"), ({"line.3.units": "2"}, "line.3.procedure")],
)
def test_what_cannot_be_said_is_a_fault_at_its_input(changed: dict[str, str], at: str) -> None:
    assert list(typed(CLAIM, texts_of(CLAIM) | changed).faults) == [at]


@given(
    st.dictionaries(
        st.sampled_from([name for name in texts_of(CLAIM) if not name.startswith("line.3")]),
        st.text(string.ascii_letters + string.digits + " .,", max_size=6),
    )
)
def test_what_is_sent_makes_the_claim_say_what_the_form_says(changed: dict[str, str]) -> None:
    form = texts_of(CLAIM) | changed
    said = typed(CLAIM, form)
    claim, unread = apply_what_reads(CLAIM, parse_corrections(said.text))
    if not unread and not said.faults:
        assert typed(claim, form).corrections == {}


def test_a_draft_goes_back_into_its_inputs_and_the_rest_beside_them() -> None:
    draft = "diagnoses = E11.9, I10\nline.3.procedure = 90471\nmember_id = X1"
    texts, others = with_draft(texts_of(CLAIM), draft)
    assert (texts["diagnoses.1"], texts["diagnoses.2"], texts["line.3.procedure"]) == ("E11.9", "I10", "90471")
    assert (texts["line.4.procedure"], others) == ("", "member_id = X1")


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("line.2.units", "line.2.units"),
        ("diagnoses", "diagnoses"),
        ("line.2.ndc", "line.2.procedure"),
        ("line.9.procedure", ELSEWHERE),
        ("member_id", ELSEWHERE),
    ],
)
def test_a_finding_stands_at_the_input_that_it_is_about(path: str, at: str) -> None:
    assert input_of(path, texts_of(CLAIM)) == at


def test_corrections_that_read_are_applied_beside_those_that_do_not() -> None:
    claim, unread = apply_what_reads(CLAIM, {"line.1.units": "many", "line.2.units": "4"})
    assert list(unread) == ["line.1.units"]
    assert [line.units for line in claim.lines] == [1, 4]


def test_nothing_left_to_bill_is_a_fault_and_changes_nothing() -> None:
    in_words: Claim = a_claim(a_line(""))
    claim, unread = apply_what_reads(in_words, {"line.1.procedure": "none"})
    assert "void the visit" in unread["line.1.procedure"]
    assert len(claim.lines) == 1
    with pytest.raises(ValueError, match="void the visit"):
        apply_corrections(in_words, {"line.1.procedure": "none"})


@pytest.mark.parametrize(("length", "faults"), [(LONGEST_QUESTION, 0), (LONGEST_QUESTION + 1, 1)])
def test_a_question_has_a_length(length: int, faults: int) -> None:
    found = form_faults(TaskType.CODE_REVIEW, "ask_provider", {"question": "x" * length})
    assert len(found) == faults
    assert all("1,001 characters, and at most 1,000" in one.message for one in found)
