"""What becomes of each element when a file is de-identified: one row of words per segment. What has no word is blanked.

Kept only in a form that cannot hold a name:
    code     one of the guide's codes; where the guide lists none, a short code
    amt      a number        time  digits       version  the name of a guide
    proc     procedure, drug or revenue code    diag     diagnosis or condition code
    reason   adjustment reason or remark        taxonomy a provider's taxonomy
    context  the name of a context in a 999     state    two letters, or a country
Replaced:
    id       a number of the same shape         orgid    the same, of an organisation
    payee    a provider's number without a qualifier: a valid NPI when it looks like one
    name     a person's or employer's name      org      an organisation's name
    party    a person's or an organisation's name, as NM102 says; `person` NM104 and NM105
    partyid, ref, contact: numbers after the qualifier before them
    street, city, zip, text                     appid    the sender's or receiver's id
    mark     a separator that ISA names: kept
Moved:
    day      back by the patient's days, or by the run's outside of a patient
    runday   back by the run's days             birth    to the first day of its year
"""

_PROCEDURE = "(code;proc;code;code;code;code;text;proc)"
_STATUS = "(code;code;code;code)"
_POINTERS = "(amt;amt;amt;amt)"
_POSITION = "(amt;amt;amt)"

_TABLE: dict[str, str] = {
    "ISA": "code - code - code appid code appid runday time mark time id code code mark",
    "IEA": "amt id",
    "GS": "code appid appid runday time id code version",
    "GE": "amt id",
    "ST": "code id version",
    "SE": "amt id",
    "TA1": "id runday time code code",
    "BHT": "code code id runday time code",
    "HL": "amt amt code amt",
    "NM1": "code code party person person - - code partyid code",
    "N1": "code org code partyid",
    "N2": "party party",
    "N3": "street -",
    "N4": "city state zip state - - state",
    "PER": "code name code contact code contact code contact",
    "REF": "code ref text (code;id)",
    "PRV": "code code taxonomy",
    "CUR": "code code",
    "SBR": "code code id name code - - - code",
    "PAT": "code code code code code day code amt code",
    "DMG": "code birth code",
    "INS": "code code code code" + " -" * 12 + " amt",
    "CLM": "id amt - - (code;code;code) code code code code code (code;code;code;state;state) code"
    + " -" * 7
    + " code",
    "CL1": "code code code",
    "DTP": "code code day",
    "DTM": "code day",
    "PWK": "code code - - code id",
    "CN1": "code amt amt id amt id",
    "AMT": "code amt code",
    "QTY": "code amt",
    "K3": "text",
    "NTE": "code text",
    "MSG": "text",
    "CR1": "code amt - code code amt - - text text",
    "CR2": "amt amt code code code amt amt code code text text code",
    "CR3": "code code amt",
    "CRC": "code code code code code code code",
    "HI": " ".join(["(code;diag;code;day;amt;amt;-;-;code)"] * 12),
    "HCP": "code amt amt id amt id amt proc code proc code amt code code code",
    "LX": "amt",
    "SV1": f"{_PROCEDURE} amt code amt code - {_POINTERS} - code - code code - - code",
    "SV2": f"proc {_PROCEDURE} amt code amt amt amt",
    "SV5": f"{_PROCEDURE} code amt amt amt code",
    "MEA": "code code amt",
    "PS1": "partyid amt",
    "LIN": "- code proc",
    "CTP": "- - - amt (code)",
    "SVD": f"orgid amt {_PROCEDURE} proc amt amt",
    "CAS": "code" + " reason amt amt" * 6,
    "OI": "- - code code - code",
    "MOA": "amt amt reason reason reason reason reason amt amt",
    "MIA": "amt amt amt amt reason" + " amt" * 14 + " reason reason reason reason amt",
    "LQ": "code reason",
    "FRM": "diag code text day amt",
    "BPR": "code amt code code code code id code id orgid id code id code id runday",
    "TRN": "code id orgid id",
    "RDM": "code name text",
    "TS3": "payee code runday" + " amt" * 21,
    "TS2": "amt" + " amt" * 18,
    "CLP": "id code amt amt amt code id code code - code amt amt",
    "SVC": f"{_PROCEDURE} amt amt proc amt {_PROCEDURE} amt",
    "PLB": "payee runday" + " (code;id) amt" * 6,
    "EQ": f"code {_PROCEDURE} code - {_POINTERS}",
    "III": "code diag code text",
    "MPI": "code code code text code code day",
    "EB": f"code code code code text code amt amt code amt code code {_PROCEDURE} {_POINTERS}",
    "HSD": "code amt code amt code amt code code",
    "AAA": "code - code code",
    "LS": "code",
    "LE": "code",
    "STC": f"{_STATUS} day code amt amt day code day id {_STATUS} {_STATUS} text",
    "AK1": "code id version",
    "AK2": "code id version",
    "IK3": "code amt code code",
    "IK4": f"{_POSITION} amt code -",
    "CTX": f"(context;id) code amt code {_POSITION} (code;code)",
    "IK5": "code code code code code code",
    "AK3": "code amt code code code code code code",
    "AK4": f"{_POSITION} amt code -",
    "AK5": "code code code code code code",
    "AK9": "code amt amt amt code code code code code",
}
"""Segment id to a word per element, a composite's words in brackets"""


def parts(word: str) -> tuple[str, ...]:
    """The words of a composite's components; a single word for a simple element."""
    return tuple(word[1:-1].split(";")) if word.startswith("(") else (word,)


TREATMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    segment: tuple(parts(word) for word in words.split()) for segment, words in _TABLE.items()
}
"""Segment id to its elements, each a tuple of words: one for a simple element, one per component for a composite"""
