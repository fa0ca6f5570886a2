"""Words as people speak, made ready for a search in the descriptions of codes.

A search is case-blind and accent-blind; each word is the beginning of a word of the description, and all must be
there. What a clinic says in two words or three letters is first put into the descriptions' own words.
"""

import re
import unicodedata
from dataclasses import dataclass

WORDS = 6
"""So many words of a question are looked at"""
LONGEST = 80
"""Characters of a question"""

SPOKEN = {
    "afib": "atrial fibrillation",
    "bph": "benign prostatic hyperplasia",
    "cad": "coronary artery",
    "chf": "heart failure",
    "ckd": "chronic kidney disease",
    "copd": "chronic obstructive pulmonary disease",
    "dm": "diabetes mellitus",
    "dvt": "embolism thrombosis deep veins",
    "flu": "influenza",
    "gerd": "gastro esophageal reflux disease",
    "heart attack": "myocardial infarction",
    "high blood pressure": "hypertension",
    "htn": "hypertension",
    "annual physical": "general adult medical examination",
    "strep throat": "streptococcal pharyngitis",
    "stroke": "cerebral infarction",
    "t2dm": "type 2 diabetes mellitus",
    "uri": "upper respiratory infection",
    "uti": "urinary tract infection",
}
"""What people say, and how ICD-10-CM says it; own list"""

_CODE = re.compile(r"[A-Z][0-9A][0-9A-Z]{0,5}|[0-9]{2}[0-9A-Z]{0,3}")


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for: codes that begin so, or descriptions with all the words."""

    prefix: str
    """Upper case, without the dot; empty: it is no beginning of a code"""
    words: tuple[str, ...]
    """None when all are single letters: nearly every description has them"""


def plain_words(text: str) -> tuple[str, ...]:
    """The different words of a text in lower-case ASCII, in order: what is stored to be searched."""
    folded = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return tuple(dict.fromkeys(re.findall("[a-z0-9]+", folded)))


def question(text: str) -> Question:
    """Read what somebody typed."""
    text = text[:LONGEST].strip()
    code = text.upper().replace(".", "")
    spoken = f" {' '.join(plain_words(text))} "
    for said, meant in SPOKEN.items():
        spoken = spoken.replace(f" {said} ", f" {meant} ")
    words = tuple(dict.fromkeys(spoken.split()))[:WORDS]
    is_enough = any(len(word) > 1 for word in words)
    return Question(code if _CODE.fullmatch(code) else "", words if is_enough else ())
