"""What the office makes of the reasons a payer gives: category, usual ways out, and a few words of its own.

Claim adjustment reason codes (CARC) and remittance advice remark codes (RARC) are published by X12; their wording is
not repeated here. A row says: code, category, ways out in the order they are tried (`-` none: no denial by itself),
words.
"""

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What kind of matter a refused amount is; decides who works it."""

    ELIGIBILITY = "eligibility"
    AUTHORIZATION = "authorization"
    CODING = "coding"
    DUPLICATE = "duplicate"
    TIMELY_FILING = "timely_filing"
    MEDICAL_NECESSITY = "medical_necessity"
    COORDINATION = "coordination"
    """Another payer comes first, or another payer's answer is missing"""
    BUNDLING = "bundling"
    DOCUMENTATION = "documentation"
    CONTRACT = "contract"
    PATIENT_SHARE = "patient_share"
    PROVIDER = "provider"
    """Number, taxonomy or enrolment of a provider"""
    BENEFIT = "benefit"
    """Limit reached or service excluded"""
    CLAIM_DATA = "claim_data"
    PAYMENT = "payment"
    LIABILITY = "liability"
    """Somebody else's insurance is liable"""
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One CARC as the office reads it."""

    category: Category
    ways_out: tuple[str, ...]
    """Names of resolutions of `denial_review`"""
    words: str


_CARCS = """\
1 | patient_share | - | deductible
2 | patient_share | - | coinsurance
3 | patient_share | - | copayment
4 | coding | replace | modifier missing/inconsistent with procedure
5 | coding | replace | place of service conflicts with procedure
6 | coding | replace | age conflicts with procedure
7 | coding | replace | sex conflicts with procedure
8 | provider | replace | provider type/taxonomy conflicts with procedure
9 | coding | replace | diagnosis conflicts with age
10 | coding | replace | diagnosis conflicts with sex
11 | coding | replace appeal | diagnosis does not support procedure
12 | coding | replace | diagnosis conflicts with provider type
13 | claim_data | replace | died before service date
14 | claim_data | replace | born after service date
16 | claim_data | replace | claim data missing or invalid; the remark says which
18 | duplicate | replace | exact duplicate of an earlier claim
19 | liability | other_payer | work injury: workers' compensation is liable
20 | liability | other_payer | injury: a liability carrier is liable
21 | liability | other_payer | injury: a no-fault carrier is liable
22 | coordination | other_payer | another payer may be primary
23 | coordination | - | effect of the prior payer's decision
24 | contract | - | capitated service
26 | eligibility | replace bill_patient | before coverage start
27 | eligibility | replace bill_patient | after coverage end
29 | timely_filing | appeal write_off | filing limit passed
31 | eligibility | replace bill_patient | person not identified as insured
32 | eligibility | replace | not an eligible dependent
33 | eligibility | bill_patient | no dependent coverage
34 | eligibility | replace bill_patient | newborn not covered
35 | benefit | other_payer bill_patient | lifetime maximum reached
39 | authorization | appeal | authorization was requested and refused
40 | medical_necessity | appeal | not emergent/urgent
44 | contract | - | prompt-pay discount
45 | contract | - | above fee schedule/contract
49 | benefit | bill_patient | routine/screening not covered
50 | medical_necessity | appeal bill_patient | not medically necessary
54 | coding | appeal | assistant/multiple surgeons not covered
55 | medical_necessity | appeal | experimental
56 | medical_necessity | appeal | not proven effective
58 | coding | replace | wrong/invalid place of service
59 | contract | - | multiple/concurrent procedure reduction
60 | bundling | write_off | outpatient near inpatient stay
66 | patient_share | - | blood deductible
89 | bundling | replace | professional fee removed
94 | payment | wait_until | paid more than charged (negative)
95 | authorization | appeal | plan procedures not followed
96 | benefit | bill_patient write_off | not covered; the remark says why
97 | bundling | replace write_off | included in another service
100 | payment | bill_patient | paid to patient
101 | information | wait_until | predetermination estimate
104 | contract | - | managed-care withhold
105 | payment | wait_until | tax withholding
107 | coding | replace | related/qualifying service missing
108 | benefit | replace | rent/purchase rule
109 | coordination | other_payer | wrong payer/contractor
110 | claim_data | replace | billed before service date
112 | documentation | appeal | not documented/furnished directly
116 | documentation | write_off | advance notice (ABN) defective
119 | benefit | other_payer bill_patient | maximum for the period reached
128 | bundling | write_off | newborn covered in the mother's payment
129 | coordination | replace | prior processing info looks wrong
131 | contract | - | discount negotiated for this claim
133 | information | wait_until | pending further review
136 | coordination | other_payer | the prior payer's rules were not followed
140 | claim_data | replace | id and name do not match
142 | patient_share | - | monthly Medicaid liability
144 | contract | - | incentive adjustment (may be negative)
146 | coding | replace | diagnosis invalid for date
147 | contract | wait_until | contract rate expired/not on file
148 | documentation | records_sent | other provider's information missing
149 | benefit | bill_patient | lifetime maximum for this service reached
150 | medical_necessity | appeal replace | records do not support level
151 | medical_necessity | appeal replace | records do not support quantity/frequency
152 | medical_necessity | appeal | records do not support length
163 | documentation | records_sent | referenced attachment not received
164 | documentation | records_sent appeal | attachment late
167 | medical_necessity | replace appeal | diagnosis not covered
170 | provider | replace | not payable to this provider type
171 | provider | replace | not payable in this facility type
172 | contract | - | specialty adjustment
177 | eligibility | replace | patient eligibility requirements unmet
181 | coding | replace | procedure code invalid on date
182 | coding | replace | modifier invalid on date
183 | provider | replace | referring provider not eligible
184 | provider | replace | ordering/prescribing provider not eligible
185 | provider | wait_until | rendering provider not eligible
187 | payment | bill_patient | paid from spending account
189 | coding | replace | unlisted code used, specific exists
190 | bundling | other_payer | included in a skilled nursing stay
193 | information | appeal write_off | original decision upheld
197 | authorization | retro_auth appeal write_off | authorization/notification absent
198 | authorization | retro_auth appeal | authorization exceeded
200 | eligibility | bill_patient | coverage lapsed
204 | benefit | bill_patient other_payer | not in current benefit plan
206 | provider | replace | provider number (NPI) missing
207 | provider | replace | provider number (NPI) invalid
208 | provider | replace | provider number (NPI) not matched
209 | payment | write_off | may not be collected from the patient; refund what was taken
210 | authorization | appeal write_off | authorization not timely
216 | medical_necessity | appeal | review-organisation finding
222 | benefit | write_off | over contracted maximum units
223 | contract | - | mandated law adjustment
226 | documentation | records_sent | provider information not supplied
227 | information | records_sent bill_patient | patient information not supplied
231 | bundling | replace | mutually exclusive same day
234 | bundling | write_off | not paid separately
236 | bundling | replace | code pair not allowed (NCCI)
237 | contract | - | regulatory penalty (e.g. MIPS)
239 | eligibility | replace | spans eligible and ineligible dates
242 | authorization | appeal bill_patient | not by a network provider or primary care
243 | authorization | appeal bill_patient | not authorized by a network provider or primary care
246 | contract | - | reporting-only code
249 | medical_necessity | appeal | readmission
250 | documentation | records_sent | attachment is the wrong one
251 | documentation | records_sent | attachment is incomplete
252 | documentation | records_sent | attachment required
253 | contract | - | sequestration
256 | contract | write_off | not payable under managed-care contract
257 | eligibility | wait_until | premium grace period of an exchange plan; pending
267 | claim_data | replace | claim spans months
268 | claim_data | replace | claim spans years
272 | benefit | appeal | guidelines not met
273 | benefit | appeal | guidelines exceeded
275 | coordination | bill_patient | the prior payer's patient share is not covered
276 | coordination | bill_patient | denied by the prior payer and not covered here
279 | benefit | bill_patient | not by preferred network
284 | authorization | replace | authorization does not cover this service
285 | information | write_off | appeal procedure not followed
286 | information | write_off | appeal time limit not met
287 | authorization | retro_auth replace | referral exceeded
288 | authorization | retro_auth replace | referral absent
296 | authorization | replace | authorization does not cover this provider
302 | authorization | appeal | authorization time limit expired
303 | contract | write_off | share of a qualified Medicare beneficiary (QMB) not covered
A1 | information | replace appeal | denied; the remark says why
A6 | benefit | other_payer | prior stay requirement
B1 | benefit | bill_patient | non-covered visits
B7 | provider | wait_until | provider not certified for service/date
B9 | coordination | replace other_payer | hospice enrolled
B11 | coordination | wait_until | forwarded to right payer
B12 | documentation | appeal | not documented in record
B13 | duplicate | wait_until | previously paid
B14 | bundling | appeal write_off | one visit per physician per day
B15 | coding | replace | needs a qualifying service
B16 | coding | replace | new-patient rule unmet
B20 | duplicate | appeal | done by another provider
B23 | provider | replace | outside CLIA certification
P12 | contract | - | workers' compensation fee schedule
"""

_RARCS = """\
M15 bundled; not paid separately
M20 procedure code (HCPCS) missing
M29 operative note missing
M30 pathology report missing
M31 radiology report missing
M51 procedure code invalid
M52 first date of service invalid
M53 units missing or invalid
M62 treatment authorization code missing
M64 other diagnosis invalid
M76 diagnosis missing or invalid
M77 place of service missing or invalid
M79 charge missing or invalid
M80 not with another service of the same session
M81 a more specific diagnosis is needed
M86 a similar service was already paid in the period
M97 not payable to a practitioner in this place
M119 drug code (NDC) missing or invalid
M127 medical record missing
M144 part of a surgical global period
MA04 the primary payer's answer is missing
MA27 entitlement number or name of the insured is wrong
MA61 member number is wrong
MA63 principal diagnosis is wrong
MA83 whether the payer is primary is not stated
MA120 laboratory certificate (CLIA) number missing
MA130 cannot be processed: no appeal; send a new claim
N4 the prior payer's answer is missing
N20 not payable with another service of that day
N26 itemized bill missing
N29 notes, orders or report missing
N30 patient not eligible for this service
N56 procedure code wrong for the service or its date
N95 provider type may not bill this service
N115 by a local coverage determination
N122 add-on code without its primary code
N130 the plan's own terms say what is covered
N179 information was asked of the member
N198 rendering provider must belong to the pay-to provider
N255 billing provider's taxonomy missing or wrong
N257 billing provider's number missing or wrong
N265 ordering provider's number missing or wrong
N286 referring provider's number missing or wrong
N290 rendering provider's number missing or wrong
N362 units exceed the maximum
N381 by the contract
N382 patient identifier missing or wrong
N386 by a national coverage determination
N390 cannot be billed separately
N418 sent to the wrong payer
N425 excluded by law
N428 not covered in this place
N430 procedure does not fit the units
N479 the prior payer's explanation is missing
N519 combination of modifiers invalid
N522 duplicate, or already crossed over
N525 within the global period of another service
N570 provider's credentials missing
N657 a code that fits the service is needed
N706 documentation missing
N822 modifier missing
N823 modifier incomplete
"""

ALERTS = frozenset({"MA01", "MA07", "MA13", "MA18"})
"""RARCs that only inform"""

UNPROCESSABLE = "MA130"
"""RARC: the claim was never adjudicated; a new original is sent, and there is no appeal"""


def _reason_codes() -> dict[str, ReasonCode]:
    rows = (line.split(" | ") for line in _CARCS.splitlines())
    return {
        code: ReasonCode(Category(category), () if ways == "-" else tuple(ways.split()), words)
        for code, category, ways, words in rows
    }


REASON_CODES = _reason_codes()
REMARK_WORDS = dict(row.split(" ", 1) for row in _RARCS.splitlines())
"""RARC -> the office's words; only those that say what to do"""
