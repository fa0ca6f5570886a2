"""Plain words for loops, segments and elements: what `zerobalance edi show` says beside an id.

Loops are named per guide, for their ids mean something else in each; segments and elements mean the same everywhere.
Own words, after what the office calls a thing; what has no name here is shown by its id alone.
"""

LOOPS: dict[str, dict[str, str]] = {
    "005010X222A1": {
        "1000A": "submitter",
        "1000B": "receiver",
        "2000A": "billing provider level",
        "2010AA": "billing provider",
        "2010AB": "pay-to address",
        "2010AC": "pay-to plan",
        "2000B": "subscriber level",
        "2010BA": "subscriber",
        "2010BB": "payer",
        "2000C": "patient level",
        "2010CA": "patient",
        "2300": "claim",
        "2310A": "referring provider",
        "2310B": "rendering provider",
        "2310C": "service facility",
        "2310D": "supervising provider",
        "2310E": "ambulance pick-up",
        "2310F": "ambulance drop-off",
        "2320": "other coverage",
        "2330A": "other subscriber",
        "2330B": "other payer",
        "2330C": "other payer's referring provider",
        "2330D": "other payer's rendering provider",
        "2330E": "other payer's service facility",
        "2330F": "other payer's supervising provider",
        "2330G": "other payer's billing provider",
        "2400": "service line",
        "2410": "drug",
        "2420A": "line's rendering provider",
        "2420B": "line's purchased service provider",
        "2420C": "line's service facility",
        "2420D": "line's supervising provider",
        "2420E": "line's ordering provider",
        "2420F": "line's referring provider",
        "2420G": "line's ambulance pick-up",
        "2420H": "line's ambulance drop-off",
        "2430": "line as another payer decided it",
        "2440": "form",
    },
    "005010X223A2": {
        "1000A": "submitter",
        "1000B": "receiver",
        "2000A": "billing provider level",
        "2010AA": "billing provider",
        "2010AB": "pay-to address",
        "2010AC": "pay-to plan",
        "2000B": "subscriber level",
        "2010BA": "subscriber",
        "2010BB": "payer",
        "2000C": "patient level",
        "2010CA": "patient",
        "2300": "claim",
        "2310A": "attending provider",
        "2310B": "operating physician",
        "2310C": "other operating physician",
        "2310D": "rendering provider",
        "2310E": "service facility",
        "2310F": "referring provider",
        "2320": "other coverage",
        "2330A": "other subscriber",
        "2330B": "other payer",
        "2330C": "other payer's attending provider",
        "2330D": "other payer's operating physician",
        "2330E": "other payer's other operating physician",
        "2330F": "other payer's service facility",
        "2330G": "other payer's rendering provider",
        "2330H": "other payer's referring provider",
        "2330I": "other payer's billing provider",
        "2400": "service line",
        "2410": "drug",
        "2420A": "line's operating physician",
        "2420B": "line's other operating physician",
        "2420C": "line's rendering provider",
        "2420D": "line's referring provider",
        "2430": "line as another payer decided it",
    },
    "005010X221A1": {
        "1000A": "payer",
        "1000B": "payee",
        "2000": "heading of claims",
        "2100": "claim payment",
        "2110": "service line payment",
    },
    "005010X279A1": {
        "2000A": "payer level",
        "2100A": "payer",
        "2000B": "provider level",
        "2100B": "provider who asks",
        "2000C": "subscriber level",
        "2100C": "subscriber",
        "2110C": "subscriber's benefit",
        "2115C": "benefit's further detail",
        "2120C": "party to the benefit",
        "2000D": "dependent level",
        "2100D": "dependent",
        "2110D": "dependent's benefit",
        "2115D": "benefit's further detail",
        "2120D": "party to the benefit",
    },
    "005010X231A1": {
        "2000": "answer to a transaction set",
        "2100": "faulty segment",
        "2110": "faulty element",
    },
    "005010X212": {
        "2000A": "payer level",
        "2100A": "payer",
        "2000B": "receiver level",
        "2100B": "who receives the answer",
        "2200B": "why the receiver's inquiry failed",
        "2000C": "provider level",
        "2100C": "provider",
        "2200C": "why the provider's inquiry failed",
        "2000D": "subscriber level",
        "2100D": "subscriber",
        "2200D": "subscriber's claim",
        "2210D": "service line asked about",
        "2220D": "service line answered",
        "2000E": "dependent level",
        "2100E": "dependent",
        "2200E": "dependent's claim",
        "2210E": "service line asked about",
        "2220E": "service line answered",
    },
    "005010X214": {
        "2000A": "sender level",
        "2100A": "payer or clearinghouse",
        "2200A": "transmission",
        "2000B": "receiver level",
        "2100B": "submitter",
        "2200B": "verdict on the batch",
        "2000C": "provider level",
        "2100C": "billing provider",
        "2200C": "verdict on the provider's claims",
        "2000D": "patient level",
        "2100D": "patient",
        "2200D": "verdict on the claim",
        "2220D": "verdict on the line",
    },
}
"""Per guide, loop id to its name"""

_PARTS = "|".join(f"{ordinal} {{}}" for ordinal in ("first", "second", "third", "fourth", "fifth", "sixth"))
_TRIPLETS = "|".join(
    f"{ordinal} reason|its amount|its quantity" for ordinal in ("1st", "2nd", "3rd", "4th", "5th", "6th")
)
_PAIRS = "|".join(
    f"{ordinal} reason and reference|its amount" for ordinal in ("1st", "2nd", "3rd", "4th", "5th", "6th")
)
_NUMBERS = "|".join(f"kind of {ordinal} number|{ordinal} number" for ordinal in ("1st", "2nd", "3rd"))

_TABLE: dict[str, str] = {
    "ISA": "interchange header|authorization qualifier|authorization|security qualifier|security|sender qualifier|"
    "sender|receiver qualifier|receiver|date|time|repetition separator|version|control number|TA1 wanted|"
    "production or test|component separator",
    "IEA": "interchange trailer|number of groups|control number",
    "GS": "group header|kind of group|sender's application|receiver's application|date|time|control number|agency|"
    "guide",
    "GE": "group trailer|number of transaction sets|control number",
    "ST": "transaction set header|transaction set|control number|guide",
    "SE": "transaction set trailer|number of segments|control number",
    "TA1": "interchange acknowledgment|interchange answered|its date|its time|verdict|note",
    "BHT": "beginning of the hierarchy|order of levels|purpose|reference|date|time|kind",
    "HL": "level|number|number of the level above|kind of level|levels below",
    "NM1": "name|role|person or organisation|last name or organisation|first name|middle name|prefix|suffix|"
    "kind of id|id|relation",
    "N1": "organisation|role|name|kind of id|id",
    "N2": "further name|name|name",
    "N3": "street|street|second line",
    "N4": "city|city|state|postal code|country|||subdivision",
    "PER": f"contact|function|name|{_NUMBERS}",
    "REF": "reference|kind|number|description|whose number",
    "PRV": "provider's taxonomy|role|kind of code|taxonomy",
    "CUR": "currency|role|currency",
    "SBR": "coverage|order of payers|relationship|group number|group name|kind of Medicare secondary|||||"
    "filing indicator",
    "PAT": "patient|relationship|||||date of death|unit of weight|weight|pregnant",
    "DMG": "birth and sex|date format|date of birth|sex",
    "INS": "relationship|is the subscriber|relationship|maintenance type|maintenance reason|||||||||||||birth order",
    "CLM": "claim|patient control number|charge|||place of service and frequency|provider signature|assignment|"
    "benefits assigned|release of information|signature source|related causes|special programme|||||||||delay reason",
    "CL1": "admission|kind of admission|source of admission|patient status",
    "DTP": "date|kind|format|date",
    "DTM": "date|kind|date",
    "PWK": "paper to the claim|kind of report|how it is sent|||kind of number|attachment control number",
    "CN1": "contract|kind|amount|percent|code|discount|version",
    "AMT": "amount|kind|amount",
    "QTY": "quantity|kind|quantity",
    "K3": "file information|text",
    "NTE": "note|kind|text",
    "CR1": "ambulance|unit of weight|weight||reason|unit of distance|distance|||"
    "purpose of round trip|purpose of stretcher",
    "CR2": "spinal manipulation||||||||condition||description|description",
    "CR3": "durable equipment|certification|unit|duration",
    "CRC": "conditions|category|applies|first condition|second condition|third condition|fourth condition|"
    "fifth condition",
    "HI": "codes of the patient's health|" + "|".join(["kind and code"] * 12),
    "HCP": "repricing|method|allowed amount|savings|organisation|rate|group|group amount|revenue code|"
    "kind of procedure|procedure|unit|units|rejection|policy|exception",
    "LX": "line number|number",
    "SV1": "professional service|procedure and modifiers|charge|unit|units|place of service||diagnosis pointers||"
    "emergency||EPSDT|family planning|||copay status",
    "SV2": "institutional service|revenue code|procedure and modifiers|charge|unit|units|rate|non-covered charge",
    "SV5": "rented equipment|procedure|unit|length of need|rental price|purchase price|rental period",
    "MEA": "measurement|what|of which kind|value",
    "PS1": "purchased service|provider|charge",
    "LIN": "drug||kind of code|code",
    "CTP": "drug quantity||||quantity|unit",
    "SVD": "line's decision|other payer|paid|procedure and modifiers||paid units|bundled into line",
    "CAS": f"adjustments|group|{_TRIPLETS}",
    "OI": "other coverage's consents|||benefits assigned|signature source||release of information",
    "MOA": "outpatient adjudication|reimbursement rate|HCPCS payable amount|" + _PARTS.format(*["remark"] * 6),
    "MIA": "inpatient adjudication|covered days|operating outlier amount|lifetime psychiatric days|DRG amount|remark",
    "LQ": "code from a list|list|code",
    "FRM": "answer of a form|question|yes or no|text|date|percent",
    "BPR": "payment|handling|amount paid|credit or debit|method|format|kind of sender's bank number|sender's bank|"
    "kind of sender's account|sender's account|sender|supplement|kind of receiver's bank number|receiver's bank|"
    "kind of receiver's account|receiver's account|payment date",
    "TRN": "trace|kind|trace number|originator|supplement",
    "RDM": "remittance delivery|how|name|address",
    "TS3": "provider's totals|provider|kind of facility|fiscal period|claims|charges",
    "TS2": "provider's further totals",
    "CLP": "claim payment|patient control number|status|charge|paid|patient responsibility|filing indicator|"
    "payer's claim number|place of service|frequency||DRG|DRG weight|discharge fraction",
    "SVC": "service line|procedure and modifiers|charge|paid|revenue code|units|submitted procedure|submitted units",
    "PLB": f"provider adjustments|provider|fiscal period|{_PAIRS}",
    "EQ": "what is asked|service types|procedure and modifiers|coverage level||diagnosis pointers",
    "III": "further detail|kind of code|code|category|text",
    "MPI": "military personnel|status|employment|service|description|rank|date format|period",
    "EB": "benefit|information|coverage level|service types|kind of insurance|plan|period|amount|percent|"
    "kind of quantity|quantity|authorization required|in network|procedure and modifiers|diagnosis pointers",
    "HSD": "delivery of the benefit|kind of quantity|quantity|unit|sample|kind of period|periods|frequency|time",
    "AAA": "why it cannot be answered|valid request||reason|what to do next",
    "MSG": "message|text",
    "LS": "head of a list|loop",
    "LE": "end of a list|loop",
    "STC": "status|category, status and entity|date|action|amount||||||second status|third status|text",
    "AK1": "group answered|kind of group|control number|guide",
    "AK2": "transaction set answered|transaction set|control number|guide",
    "IK3": "segment in error|segment|place|loop|error",
    "IK4": "element in error|position|data element|error|copy of the bad data",
    "CTX": "context|what and value|segment|place|loop|position|data element",
    "IK5": "verdict on the transaction set|verdict|" + _PARTS.format(*["error"] * 6),
    "AK9": "verdict on the group|verdict|sets said|sets received|sets accepted|" + _PARTS.format(*["error"] * 6),
}
"""Segment id to its name and, after it, those of its elements in order; an empty name: not used"""

ROLES: dict[str, str] = {
    "03": "dependent",
    "1P": "provider",
    "2B": "third-party administrator",
    "36": "employer",
    "40": "receiver",
    "41": "submitter",
    "45": "drop-off place",
    "71": "attending provider",
    "72": "operating physician",
    "74": "corrected patient",
    "77": "service place",
    "80": "hospital",
    "82": "rendering provider",
    "85": "billing provider",
    "87": "pay-to address",
    "AY": "clearinghouse",
    "DK": "ordering provider",
    "DN": "referring provider",
    "DQ": "supervising provider",
    "FA": "facility",
    "GB": "other insured",
    "IL": "subscriber",
    "P3": "primary care provider",
    "PE": "payee",
    "PR": "payer",
    "PW": "pick-up place",
    "QB": "purchased service provider",
    "QC": "patient",
    "TT": "crossover payer",
    "ZZ": "other operating physician",
}
"""NM101 and N101 to the party's role"""


def loop_name(version: str, loop: str) -> str:
    """The loop's name in the guide `version`, `""` when it has none."""
    return LOOPS.get(version, {}).get(loop, "")


def segment_name(segment: str) -> str:
    """The segment's name, `""` when it has none."""
    return _TABLE.get(segment, "").partition("|")[0]


def element_name(segment: str, element: int) -> str:
    """The name of element `element` (from 1) of a segment, `""` when it has none."""
    names = _TABLE.get(segment, "").split("|")
    return names[element] if element < len(names) else ""
