"""Code systems as FHIR names them, and the codes that stand on a professional claim.

A code without a system, or of another one (SNOMED, LOINC), is not guessed: nobody can tell a HCPCS code from an ICD-10
one by its looks. It is kept with its words for a coder.
"""

import re

from billing.claim import Diagnosis
from billing.coding import procedure_is_well_formed
from billing.money import Cents
from billing.parting import LINES_OF_A_VISIT
from billing.places import PLACES_OF_SERVICE
from billing.sent_visits import WordKind
from interchange.fhir.nodes import Node

PROCEDURES = frozenset(
    {
        "http://www.ama-assn.org/go/cpt",
        "urn:oid:2.16.840.1.113883.6.12",
        "http://www.cms.gov/medicare/coding/hcpcsreleasecodesets",
        "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets",
        "http://terminology.hl7.org/codesystem/hcpcs",
        "http://terminology.hl7.org/codesystem/hcpcs-all-codes",
        "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
        "urn:oid:2.16.840.1.113883.6.285",
        "urn:oid:2.16.840.1.113883.6.14",
    }
)
"""CPT and HCPCS, in small letters"""
DIAGNOSES = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10",
        "http://terminology.hl7.org/codesystem/icd10",
        "urn:oid:2.16.840.1.113883.6.90",
    }
)
"""ICD-10-CM, and ICD-10, as American systems call it, too"""
MOST_DIAGNOSES, MOST_MODIFIERS, MOST_POINTERS = 12, 4, 4
"""Of a professional claim (005010X222A1)"""
TOO_MANY_LINES = f"more than {LINES_OF_A_VISIT} lines: divide the visit"


def procedure(node: Node, number: int) -> str:
    """The CPT or HCPCS code of a CodeableConcept; empty when it has none, and then line `number` keeps its words.

    What names nothing at all is a fault.
    """
    code = (node.code(PROCEDURES) or "").upper()
    if procedure_is_well_formed(code):
        return code
    if not is_told(node):
        node.told.fault(node, "no code")
    else:
        node.told.keep(WordKind.SERVICE, number, node)
    return ""


def diagnosis(node: Node, number: int) -> Diagnosis | None:
    """The ICD-10-CM code of a CodeableConcept; None when there is none, and then its words are kept for a coder."""
    code = (node.code(DIAGNOSES) or "").upper().replace(".", "")
    if re.fullmatch(r"[A-Z0-9]{3,8}", code, re.ASCII):
        return Diagnosis(code, "ABF")
    if is_told(node):
        node.told.keep(WordKind.DIAGNOSIS, number, node)
    else:
        node.told.note(node, "no diagnosis is named: left out")
    return None


def is_told(node: Node) -> bool:
    """Whether a CodeableConcept says anything: a code of whatever system, or words."""
    return bool(node.code() or node["text"].text(2000) or node.first("coding")["display"].text(2000))


def modifiers(nodes: list[Node]) -> tuple[str, ...]:
    """Two letters or digits each."""
    found: list[str] = []
    for node in nodes:
        code = (node.code() or "").upper()
        if re.fullmatch(r"[A-Z0-9]{2}", code, re.ASCII):
            found.append(code)
        else:
            node.told.fault(node, "no modifier of two letters or digits")
    if len(found) > MOST_MODIFIERS:
        nodes[0].told.fault(nodes[MOST_MODIFIERS], "a line has at most four modifiers")
    return tuple(found[:MOST_MODIFIERS])


def place_of_service(node: Node) -> str | None:
    """Two digits of the CMS place of service code set, whatever system they are said to be of."""
    code = node.code()
    return code if code in PLACES_OF_SERVICE else None


def principal_first(found: list[tuple[int, Diagnosis, bool]]) -> tuple[tuple[Diagnosis, ...], dict[int, int]]:
    """(sequence, diagnosis, whether principal) -> the claim's diagnoses, and sequence -> pointer from 1.

    A code that is given twice stands once.
    """
    ordered = sorted(found, key=lambda item: (not item[2], item[0]))
    codes = list(dict.fromkeys(one.code for _, one, _ in ordered))
    pointers = {sequence: codes.index(one.code) + 1 for sequence, one, _ in ordered}
    return tuple(Diagnosis(code, "ABK" if place == 0 else "ABF") for place, code in enumerate(codes)), pointers


def price(node: Node) -> Cents | None:
    """Money of an element that may be missing."""
    return node.cents() if node else None
