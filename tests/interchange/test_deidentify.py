"""De-identified copies: nobody is named, nothing unknown passes, and the verdict on the file stays."""

import re
from collections import Counter
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interchange.x12 import deidentify, places, remittance_835, statistics, validate
from interchange.x12.elements import ElementRule
from interchange.x12.grammar import Guide
from interchange.x12.pseudonyms import Pseudonyms
from interchange.x12.syntax import NotX12
from interchange.x12.treatments import TREATMENTS
from tests.interchange import specimen
from tests.interchange.conftest import GOLDEN, golden_files
from tests.interchange.test_damage import FILES

TODAY = date(2026, 11, 2)
NAMES = Pseudonyms(b"a key of this test alone")
FOLDERS = [one.name for one in sorted(GOLDEN.iterdir()) if one.is_dir() and one.name != "LICENSES"]
GROUPS = {"837": "HC", "835": "HP", "270": "HS", "271": "HB", "276": "HR", "277": "HN", "999": "FA"}
EVERY_GUIDE = pytest.mark.parametrize("guide", validate.GUIDES, ids=lambda one: f"{one.transaction} {one.version}")


def copy_of(data: bytes, *, keep_organisations: bool = False, names: Pseudonyms = NAMES) -> bytes:
    parts = deidentify.deidentify(data, names, as_of=TODAY, keep_organisations=keep_organisations)
    return "".join(parts).encode("latin-1")


@pytest.mark.golden(*FOLDERS)
def test_a_copy_has_no_fault_that_the_file_had_not(path: Path) -> None:
    data = path.read_bytes()
    try:
        before = list(validate.validate(data))
    except NotX12:
        with pytest.raises(NotX12):
            copy_of(data)
        return
    after = list(validate.validate(copy_of(data)))
    faults = [
        Counter((one.level, one.code, one.segment_index, one.element) for report in reports for one in report.issues)
        for reports in (before, after)
    ]
    assert faults[1] - faults[0] == Counter()
    assert [one.is_balanced for one in after] == [one.is_balanced for one in before]
    assert [one.claims_count for one in after] == [one.claims_count for one in before]
    money = [
        [(one.charge_cents, one.paid_cents, one.adjustments_cents) for one in statistics.count(text)]
        for text in (data, copy_of(data))
    ]
    assert money[0] == money[1]


@EVERY_GUIDE
def test_no_planted_identifier_is_left(guide: Guide) -> None:
    """Wherever the guide lets ten free characters stand, an identifier is planted; every date is one of its own."""
    planted: list[str] = []
    numbers = count(10_000)

    def plant(segment: str, element: int, component: int, rule: ElementRule) -> str:
        if rule.codes is None and rule.kind == "AN" and rule.maximum >= 10:
            planted.append(f"QJ{next(numbers)}KVX"[: max(rule.minimum, 10)])
        elif rule.codes is None and rule.kind in {"DT", "DH", "PD"}:
            planted.append(f"19{next(numbers) % 90 + 10}1017")
        else:
            return specimen.plain(segment, element, component, rule)
        return planted[-1]

    copied = copy_of(specimen.text(guide, specimen.rows(guide, plant), GROUPS[guide.transaction])).decode()
    assert len(planted) > 5
    elements = set(re.split(r"[*:~^\n-]", copied))
    assert [one for one in planted if one in elements or (one.startswith("QJ") and one in copied)] == []


LISTS = {"balance", "code"}
"""Levels that a specimen of a guide cannot meet: its values are made up"""


@EVERY_GUIDE
def test_the_copy_of_a_whole_guide_is_valid(guide: Guide) -> None:
    data = specimen.text(guide, specimen.rows(guide), GROUPS[guide.transaction])
    wrong = [str(one) for report in validate.validate(copy_of(data)) for one in report.issues if one.level not in LISTS]
    assert wrong == []


@EVERY_GUIDE
def test_every_segment_of_a_guide_has_a_treatment(guide: Guide) -> None:
    assert guide.ids - set(TREATMENTS) == set()


PERSON = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=12).map(lambda text: f"QQ{text}")
DIGITS = st.text("0123456789", min_size=9, max_size=9)


@given(PERSON, PERSON, DIGITS, DIGITS, st.emails().filter(lambda text: not set(text) & set("*:~^")))
def test_people_of_every_kind_are_replaced_alike(last: str, first: str, ssn: str, digits: str, email: str) -> None:
    number, phone = f"W{digits}", f"7{digits}"
    claim = (GOLDEN / "x222a1" / "made-dependent-and-telehealth.edi").read_text()
    claim = claim.replace("RIVERA*MARIA****MI*M1001", f"{last}*{first}*Z***MI*{number}")
    claim = claim.replace(
        "DMG*D8*19800229*F~", f"DMG*D8*19310611*F~REF*SY*{ssn}~PER*IC*{last}*TE*{phone}*EM*{email}~", 1
    )
    claim = claim.replace("N3*7 OAK AVE~", f"N3*{digits} {last} ST*APT {ssn}~")
    claim = claim.replace("HI*ABK:J069~", f"NTE*ADD*{first} {last} CALLED {phone}~HI*ABK:J069~K3*{ssn}~ODD*{last}~")
    claim = claim.replace("CLM*ACC622*", f"CLM*{digits}*")
    payment = (GOLDEN / "x221a1" / "made-bundled-cents.edi").read_text()
    payment = re.sub(r"NM1\*QC\*[^~]*~", f"NM1*QC*1*{last}*{first}****MI*{number}~", payment)
    copies = [copy_of(text.encode()).decode() for text in (claim, payment)]
    for secret in (last, first, ssn, phone, email.upper(), email, number, digits, "19310611"):
        assert secret not in copies[0] + copies[1]
    [name] = set(re.findall(r"NM1\*QC\*1\*(\w+\*\w+)\*\*\*\*MI\*\w+~", copies[1]))
    assert f"NM1*IL*1*{name}*" in copies[0].replace("\n", ""), "the same person in both"
    assert "DMG*D8*19360101*F" in copies[0], "older than ninety is told as ninety"


def test_the_dates_of_a_patient_move_together(golden: Path) -> None:
    for name in ("x222a1/made-dependent-and-telehealth.edi", "x221a1/made-reversal-correction.edi"):
        data = (golden / name).read_bytes()
        pairs = zip(places.place(data), places.place(copy_of(data)), strict=True)
        moved: dict[str | None, set[int]] = {}
        for old, new in pairs:
            segment = old.segment
            if segment.id in {"DTP", "DTM"} and old.control_number:
                days = [date.fromisoformat(one.elements[-1][:8]) for one in (segment, new.segment)]
                moved.setdefault(old.control_number, set()).add((days[0] - days[1]).days)
        assert moved
        assert all(len(days) == 1 and 1 <= min(days) <= 365 for days in moved.values())
        assert len({min(days) for days in moved.values()}) == 2, "both files have two patients"


def test_organisations_stay_when_asked_and_people_never(golden: Path) -> None:
    data = (golden / "x222a1" / "made-dependent-and-telehealth.edi").read_bytes()
    kept = copy_of(data, keep_organisations=True)
    for organisation in (
        b"LAKESIDE FAMILY PRACTICE",
        b"1456789019",
        b"SAMPLE MUTUAL HEALTH",
        b"12 LAKE ST",
        b"REF*EI*471234567",
    ):
        assert organisation in kept
        assert organisation not in copy_of(data)
    for person in (b"OKAFOR", b"RIVERA", b"CHEN*LI", b"WELLS", b"M1001", b"OAK AVE", b"ACC621"):
        assert person in data
        assert person not in kept


def test_only_the_key_repeats_a_copy(golden: Path) -> None:
    data = (golden / "x222a1" / "made-dependent-and-telehealth.edi").read_bytes()
    assert copy_of(data) == copy_of(data)
    assert copy_of(data) != copy_of(data, names=Pseudonyms(b"another key of this test"))


def test_no_damage_ends_it() -> None:
    for data in FILES:
        for cut in range(0, len(data), 211):
            try:
                copy_of(data[:cut] + data[cut + 7 :])
            except NotX12:
                continue


def test_a_remittance_is_read_from_its_copy(golden: Path) -> None:
    for path in golden_files("x221a1"):
        before, after = (
            list(remittance_835.read_remittances(text)) for text in (path.read_bytes(), copy_of(path.read_bytes()))
        )
        assert [one.is_balanced for one in before] == [one.is_balanced for one in after]
