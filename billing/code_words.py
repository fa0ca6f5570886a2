"""Words of descriptions and of questions, brought to one form: British to American, plural to singular, suffixes off.

Both sides go through the same functions, so a stem need not be a word: it is enough that words of one family meet
(`diabetes`, `diabetic`) and others do not.
"""

import re
import unicodedata
from functools import lru_cache

STOP = frozenset(
    {
        *("an", "and", "as", "at", "by", "due", "for", "from", "had", "has", "have", "her", "his", "in", "is", "it"),
        *(
            "my",
            "nos",
            "of",
            "on",
            "or",
            "patient",
            "pt",
            "that",
            "the",
            "this",
            "to",
            "unspecified",
            "was",
            "with",
            "w",
        ),
    }
)
"""Words that say nothing about the condition"""

_NUMBERS = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "1st": "first",
    "2nd": "second",
    "3rd": "third",
    "4th": "fourth",
    "5th": "fifth",
    "6th": "sixth",
    "7th": "seventh",
    "8th": "eighth",
    "9th": "ninth",
    "10th": "tenth",
    "11th": "eleventh",
    "12th": "twelfth",
}
_IRREGULAR = {"feet": "foot", "teeth": "tooth", "vertebrae": "vertebra", "children": "child", "calculi": "calculus"}
_APOSTROPHES = re.compile("['\u2019`]")
_WORDS = re.compile("[a-z0-9]+")
_BRITISH = (
    (re.compile("[ao]e(?=[a-z])"), "e"),
    (re.compile("our$"), "or"),
    (re.compile("our(?=s$|ed$|ing$|al)"), "or"),
    (re.compile("([bt])re(?=s?$)"), r"\1er"),
    (re.compile("is(?=ed$|ing$|ation|e$)"), "iz"),
    (re.compile("ys(?=ed$|ing$|e$)"), "yz"),
    (re.compile("sulph"), "sulf"),
)
_SHORTEST = 4
"""Letters that a stem keeps"""
_SUFFIXES = (
    *("ations", "ation", "atives", "ative", "ated", "ating", "ates", "ate", "itions", "ition", "ions", "ion"),
    *("ives", "ive", "iness", "ness", "ities", "ity", "ments", "ment", "ically", "ical", "ings", "ing", "ied"),
    *("ful", "ous", "ed", "es", "ic", "al", "ia", "is", "um", "us", "ly", "y", "e", "a"),
)


def words_of(text: str) -> list[str]:
    """The words of a text in order, in lower-case ASCII: apostrophes go, everything else that is no letter divides."""
    folded = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.lower())).encode("ascii", "ignore").decode()
    return [_NUMBERS.get(one, one) for one in _WORDS.findall(folded)]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What the words of one family share; a short word, or one with a digit, stays what it is."""
    if len(word) < _SHORTEST or not word.isalpha():
        return word
    word = american(_IRREGULAR.get(word, word))
    if word.endswith("ies") and len(word) > _SHORTEST:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST:
            return word[: -len(suffix)]
    return word


def american(word: str) -> str:
    """The American spelling of a British one: oedema, haemorrhage, tumour, fibre."""
    if len(word) <= _SHORTEST:
        return word
    for pattern, to in _BRITISH:
        word = pattern.sub(to, word)
    return word


def different(words: list[str]) -> list[str]:
    """The words that say something, each once, in order."""
    return list(dict.fromkeys(one for one in words if one not in STOP))
