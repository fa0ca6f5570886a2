"""Every defect is found on claims of every kind, and claims without defects are let through."""

from datetime import date

import pytest

import edit_proof
from simulator.defects import DEFECTS, Defect
from simulator.subjects import EVERY_PROFILE, valid_subjects

SUBJECTS = valid_subjects(len(EVERY_PROFILE) * 4, seed=7, today=date(2026, 11, 2))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: f"{one.edit} {one.says}")
def test_a_defect_is_found_whatever_the_claim(defect: Defect) -> None:
    tally = edit_proof.tried_singly(defect, edit_proof.bases_for(defect, SUBJECTS))
    assert (tally.found, tally.missed) == (tally.tried, [])


def test_claims_without_a_defect_are_let_through() -> None:
    assert [edit_proof.errors_of(one) for one in SUBJECTS] == [set()] * len(SUBJECTS)


def test_a_claim_with_a_defect_counts_as_held() -> None:
    wrong = next(one for one in DEFECTS if one.edit == "C02")
    figures = edit_proof.blocks_of([SUBJECTS[0].claim, wrong.put_on(SUBJECTS[0]).claim])
    assert (figures["claims"], figures["blocked"], figures["by_edit"]) == (2, 1, {"C02": 1})


def test_every_edit_of_the_list_has_a_defect() -> None:
    assert len({one.edit for one in DEFECTS}) == 82
