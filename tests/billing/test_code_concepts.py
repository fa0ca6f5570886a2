"""Conditions behind codes: what is one, what its names are, and which code is the usual one."""

from datetime import date

from billing.code_concepts import Concept, concepts, weighed
from billing.code_tables import CodeEntry, CodeTerm, TermKind

DAY = date(2026, 10, 1)


def entry(code: str, title: str, *, billable: bool = True) -> CodeEntry:
    return CodeEntry(code, title[:60], title, billable, DAY, None)


def usual(found: list[Concept]) -> list[tuple[str, str]]:
    return [(one.leaves[0].code, one.wordings[0].text) for one in found]


def test_sides_and_encounters_are_codes_of_one_condition_the_open_and_first_ones_first() -> None:
    sides = {"1": "right", "2": "left", "9": "unspecified"}
    sevenths = {"A": "initial encounter", "D": "subsequent encounter", "S": "sequela"}
    entries = [
        entry(f"S9340{side}{seventh}", f"Sprain of unspecified ligament of {word} ankle, {meaning}")
        for side, word in sides.items()
        for seventh, meaning in sevenths.items()
    ]
    [found] = concepts(entries, [])
    assert found.wordings[0].text == "Sprain of unspecified ligament of unspecified ankle"
    assert [one.code for one in found.leaves][:4] == ["S93409A", "S93409D", "S93409S", "S93401A"]
    assert found.leaves[3].says == ("right", "initi", "encounter")


def test_a_condition_of_one_side_only_stays_by_itself() -> None:
    entries = [
        entry("M170", "Bilateral primary osteoarthritis of knee"),
        entry("M1710", "Unilateral primary osteoarthritis, unspecified knee"),
        entry("M1711", "Unilateral primary osteoarthritis, right knee"),
    ]
    assert usual(concepts(entries, [])) == [
        ("M170", "Bilateral primary osteoarthritis of knee"),
        ("M1710", "Unilateral primary osteoarthritis, unspecified knee"),
    ]


def test_a_heading_names_the_code_below_it_that_says_least() -> None:
    entries = [
        entry("E11", "Type 2 diabetes mellitus", billable=False),
        entry("E118", "Type 2 diabetes mellitus with unspecified complications"),
        entry("E119", "Type 2 diabetes mellitus without complications"),
        entry("O300", "Twin pregnancy", billable=False),
        entry("O30009", "Twin pregnancy, unspecified number of placenta and unspecified number of sacs"),
        entry("O30029", "Conjoined twin pregnancy"),
    ]
    found = {one.leaves[0].code: one for one in concepts(entries, [CodeTerm("E11", "diabetes NOS", TermKind.INCLUDES)])}
    assert [one.text for one in found["E119"].wordings][1:] == ["Type 2 diabetes mellitus", "diabetes NOS"]
    assert [one.text for one in found["O30009"].wordings][1:] == ["Twin pregnancy"]
    assert len(found["E118"].wordings) == len(found["O30029"].wordings) == 1


def test_words_weigh_by_what_leaving_them_unsaid_would_mean() -> None:
    weights = {word: weight for word, _, weight in weighed("Hypertension (primary) of newborn, unspecified cause")}
    assert weights == {"hypertension": 1.0, "primary": 0.0, "newborn": 2.0, "unspecified": 0.0, "cause": 0.2}


def test_with_and_without_are_different_words() -> None:
    denied = {root for _, root, _ in weighed("Child examination without abnormal findings")}
    there = {root for _, root, _ in weighed("Child examination with abnormal findings")}
    assert denied - there == {"withoutabnorm"}
