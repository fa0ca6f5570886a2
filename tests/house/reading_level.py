"""How hard the English texts for patients are to read: the grade of school by Flesch and Kincaid (1975).

0.39 x words a sentence + 11.8 x syllables a word - 15.59. Syllables are counted by groups of vowels, which errs by less
than a twentieth of them on such texts; a number and an address are left out, as a reader does not spell them.
"""

import re

from billing import help_letter_words, help_words
from billing.statement_emails import WORDS
from billing.statement_words import ENGLISH, Language

MOST = 8.0
"""Grade of school: what most adults read with ease"""
LEAST_WORDS = 8
"""Shorter texts are labels"""
VALUES = {
    "call": "call us",
    "payee": "the clinic",
    "reason": "the plan does not cover it",
    "parts": "more parts",
    "practice": "the clinic",
    "day": "that day",
    "first": "that day",
    "last": "that day",
    "why": "you asked us to",
    "help": "half off",
}


def grade(text: str) -> float:
    """The grade of one text."""
    sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
    words = re.findall(r"[A-Za-z’'-]+", text)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; at least one."""
    plain = re.sub(r"[^a-z]", "", word.lower())
    plain = re.sub(r"(?<=[^aeioutdy])ed$|(?<=[^aeiouyl])es?$", "", plain)
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def texts() -> dict[str, str]:
    """Every text of more than a few words, by its key, as a patient reads it."""
    said = {
        **ENGLISH,
        **{f"e-mail {key}": text for key, text in WORDS[Language.ENGLISH].items()},
        **{f"help {key}": text for key, text in help_words.ENGLISH.items()},
        **{f"help letter {key}": text for key, text in help_letter_words.ENGLISH.items()},
    }
    return {key: _filled(text) for key, text in said.items() if len(_filled(text).split()) >= LEAST_WORDS}


def _filled(text: str) -> str:
    told = re.sub(r"\{(\w+)\}", lambda one: VALUES.get(one[1], ""), text)
    return " ".join(re.sub(r"(www\.\S+ or )?\$?\d[\d,-]*(\.\d+)?", "", told).split())
