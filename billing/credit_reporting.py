"""Whether an agency may tell credit bureaus of a patient's debt: never, unless the practice switched it on, and never
for who lives in a state that forbids it.

The laws are listed from memory and are to be verified, each with its name: a state that is listed wrongly only keeps a
debt from being reported. Where no state is known, nothing is reported.
"""

FORBIDDING: dict[str, str] = {
    "CA": "SB 1061 of 2024: Cal. Civ. Code 1785.27",
    "CO": "HB23-1126: Colo. Rev. Stat. 5-18-109",
    "CT": "Public Act 24-6 of 2024",
    "DE": "SB 156 of 2025",
    "IL": "Public Act 103-0648: 815 ILCS 505",
    "MD": "Fair Medical Debt Reporting Act of 2025",
    "ME": "LD 558 of 2025",
    "MN": "Debt Fairness Act of 2024: Minn. Stat. 332C",
    "NJ": "Louisa Carman Medical Debt Relief Act of 2024",
    "NY": "Fair Medical Debt Reporting Act of 2023: N.Y. Pub. Health Law 4926",
    "OR": "SB 605 of 2025",
    "RI": "Public Laws of 2024: R.I. Gen. Laws 6-60",
    "VA": "Acts of 2024: Va. Code 59.1",
    "VT": "Act of 2025 on medical debt",
    "WA": "SB 5480 of 2025",
}
"""States whose law forbids it, with the law to look at"""
DO_NOT_REPORT, MAY_REPORT = "do not report", "may report"


def credit_flag(*states: str | None, is_switched_on: bool) -> str:
    """What the agency's file says of one debt. `states`: where the patient and who answers live, two letters; None: not
    known."""
    known = [(one or "").upper() for one in states]
    if not is_switched_on or "" in known or any(one in FORBIDDING for one in known):
        return DO_NOT_REPORT
    return MAY_REPORT
