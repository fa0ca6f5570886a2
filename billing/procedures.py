"""Families of procedure codes, by number: what an edit has to know of CPT and HCPCS without anybody's wording."""

import re
from collections.abc import Mapping

LABORATORY = range(80047, 89399)
IMAGING = range(70010, 76500)
ANESTHESIA = range(100, 2000)
EVALUATION = (range(99202, 99500), range(92002, 92015))
"""Evaluation and management, eye examinations among them"""
SURGERY = range(10004, 70000)
BLOOD_DRAWS = range(36400, 36426)
"""Among the operations by number, and paid beside any visit"""
EMERGENCY_DEPARTMENT = range(99281, 99286)
VACCINES = (range(90476, 90760), range(91300, 91400))
VACCINE_ADMINISTRATION = range(90460, 90475)
NEW_PATIENT = (range(99202, 99206), range(99341, 99346), range(99381, 99388), range(92002, 92005, 2))
"""Visits in the office and at home, preventive visits, eye examinations"""
HOSPITAL_VISITS = range(99221, 99240)
FEMALE_ONLY = (range(56405, 59900), range(76801, 76829))
"""Operations on female organs, care of a pregnancy and its ultrasound"""
MALE_ONLY = (range(52441, 52443), range(52601, 52650), range(53850, 53855), range(54000, 55900))
"""Operations on the prostate and male organs"""
PREVENTIVE_AGES: Mapping[int, tuple[int, int]] = {
    1: (0, 0),
    2: (1, 4),
    3: (5, 11),
    4: (12, 17),
    5: (18, 39),
    6: (40, 64),
    7: (65, 200),
}
"""Last digit of 99381 to 99387 (new) and 99391 to 99397 (known patients): years of age, from and to"""
THERAPY = frozenset(
    {
        *range(92521, 92525),
        *(92507, 92508, 92526, 97012, 97016, 97018, 97022, 97024, 97026, 97028),
        *range(97032, 97037),
        *(97039, 97110, 97112, 97113, 97116, 97124, 97139, 97140, 97150),
        *range(97161, 97169),
        *(97530, 97533, 97535, 97537, 97542, 97750, 97755, 97760, 97761, 97763),
    }
)
"""Always therapy, whoever does it"""
UNLISTED = frozenset(
    {
        *("A9999", "B9998", "B9999", "C9399", "E1399", "J3490", "J3590", "J7599", "J7699", "J7799"),
        *("J7999", "J8498", "J8499", "J8597", "J8999", "J9999", "K0108", "K0812", "L0999", "L1499"),
        *("L2999", "L3649", "L3999", "L5999", "L7499", "L8039", "L8499", "L8699", "Q0507", "Q2039"),
        *("Q4082", "V2199", "V2799", "V5298", "V5299"),
    }
)
"""HCPCS codes for what no code describes"""


def number_of(procedure: str) -> int | None:
    """`99213` -> 99213; None for codes with a letter."""
    return int(procedure) if len(procedure) == 5 and procedure.isascii() and procedure.isdecimal() else None


def is_in(procedure: str, *families: range) -> bool:
    """Whether the code belongs to one of the families."""
    number = number_of(procedure)
    return number is not None and any(number in family for family in families)


def is_unlisted(procedure: str) -> bool:
    """Whether the code stands for what no code describes."""
    return procedure in UNLISTED or (number_of(procedure) is not None and procedure.endswith("99"))


def is_new_patient(procedure: str) -> bool:
    """Whether the code is for somebody whom the physician has not seen before."""
    return is_in(procedure, *NEW_PATIENT)


def preventive_ages(procedure: str) -> tuple[int, int] | None:
    """Years of age, from and to, of a preventive visit; None for other codes."""
    is_preventive = len(procedure) == 5 and procedure[:4] in {"9938", "9939"} and procedure[4] in "1234567"
    return PREVENTIVE_AGES[int(procedure[4])] if is_preventive else None


def is_drug(procedure: str) -> bool:
    """HCPCS J codes."""
    return re.fullmatch(r"J\d{4}", procedure) is not None
