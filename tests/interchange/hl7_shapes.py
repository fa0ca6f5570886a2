"""Shapes in which HL7 v2 messages are published, rewritten: names, numbers and days are made up, the fields stand where
their senders put them, wrong places among them.
"""

from tests.builders import DOCTOR_NPI

ANN = f"{DOCTOR_NPI}^Smith^Ann^^^^^^NPI"
INSURED = (
    "IN1|1|PPO|99999|Example Payer||||GRP7||||||||Roe^Ada|SEL|19620803|2 Oak St^^Anytown^OH^44101|||||||||||||||||M77"
)
DFT_SHAPES: dict[str, tuple[str, ...]] = {
    "device: code in FT1-7 and FT1-25, no price, no insurance": (
        "EVN|P03|20261020165606",
        "PID||1234|1234^^^^MRN||ROE^ADA||19620803|F||||||||||201026045|123-45-6789",
        f"PV1|1|O|CORE||||{ANN}|{ANN}|||||||||{ANN}||201026045",
        f"FT1|1||815339|20261020044500|20261020165606|CG|92250^Fundus photography^CPT||1234|1|||CORE||IMG|CORE||||{ANN}"
        f"|{ANN}||604087471^Vendor||92250^Fundus photography^CPT|26",
    ),
    "device: three diagnoses in FT1-19": (
        "PID||77|77^^^^MRN||ROE^ABBY||19770101|F||||||||||10001",
        "PV1|1|O|OCF||||clerk@example.com^Poe^Tiff^^^^^^^^^^NPI|654321^ROE^JANE^^^MD|||||||||||10001",
        "FT1|1||803695|20261020113321|20261020091806|CG|92250^Fundus photography^CPT||77|1|||OCF||IMG|OCF|||"
        "E11.8^Diabetes^ICD-10-CM~E11.349^Retinopathy^ICD-10-CM|654321^ROE^JANE||||||92250^Fundus photography^CPT|26",
    ),
    "hospital: ICD-9, local charge, modifiers of more than two letters": (
        "EVN|P03|||||20261020160700",
        "PID|||11401562^^^1013^MRN||HALL^MARK^A||19341230|F||||||||||||",
        "PV1|||NW4||||2331^SEEGER, THOMAS^A^^^^^^1003^^^^PRN||||||||||||86210313010",
        "FT1|1|691234||20261020^20261020||CG|84460^^PROC|||1|125.10||MED^^SRCA||||||123.12^^I9|2331^SEEGER^THOMAS^A"
        "|2335^COOPER^GEORGE||1024123||99213^Office Visit^ICD9|MOD1~MOD2",
    ),
    "health information exchange: FT1-5 and FT1-6 in each other's place": (
        "EVN|P03|20261020155500",
        "PID|1||MRN60010^^^SHANNON^MR||Tovar^Ana^M^^Mrs.^||19750104|F||2106-3^White^CDCREC|15 Bryant Blvd^^San Angelo"
        "^TX^76903^US^H||^PRN^PH^^1^325^5551234",
        f"PV1|1|O|CLI^0002^01^SHANNON^^^^N|R||||{ANN}||IM||||||||||VN20261020010^^^SHANNON^VN",
        "FT1|1|||20261020090000|20261020093000|CG^Charge^HL70017|99215^Office visit level 5^CPT4||1|||||||CLI^0002^01",
        "FT1|2|||20261020093000|20261020093000|CG^Charge^HL70017|36415^Venipuncture^CPT4||1|||||||LAB^0001^01",
        "DG1|1||I10^Essential primary hypertension^I10||20261020|A",
        "DG1|2||E11.65^Type 2 diabetes mellitus with hyperglycemia^I10||20261020|A",
    ),
    "imaging system: a local charge, its price in the wrong field": (
        "PID|1||44556677^^^GRU^MRN||Rees^Elen^M||19550303|F",
        "PV1|1|O|GRU^B2^B1^NEURO|||||||||||||||||||||||||||||||||||||||||20261020",
        "FT1|1|CH|20261020120500|20261020120500|MRI^MRI Brain Scan^L|1|550.00|USD|RIS12345",
    ),
    "interface engine: authority in CX-4, units, unit price": (
        "PID|1||P9^^^&1.2.3&ISO^PI||Poe^Max||19900101|M|||9 Elm St^^Anytown^OH^44101",
        f"PV1||O|||||{ANN}|||||||||||||V9",
        "FT1|1|T1||20261020||CG|97110^Therapeutic exercise^C4|||2||45.50|||||||||||||97110^Therapeutic exercise^C4|GP",
        "DG1|1|I10|M54.50^Low back pain^I10C|||F",
    ),
    "practice system: insured whole": (
        "PID|1||A7^^^PM^PI||Roe^Ada||19620803|F|||2 Oak St^^Anytown^OH^44101",
        f"PV1|1|O|||||{ANN}||||||||||||V7",
        "FT1|1|||20261020||CG|99214|||1|180.00||||||||J06.9^^I10||||||99214^^C4",
        "DG1|1||J06.9^Acute upper respiratory infection^I10||20261020|F",
        INSURED,
    ),
    "laboratory: several tests of one account, no visit number": (
        "PID|1||L1^^^LAB||Lee^Kim||19881224|F|||5 Pine St^^Anytown^OH^44101|||||||ACCT55",
        "FT1|1|||20261020||CG|80048^Basic metabolic panel^CPT4|||1|75.00",
        "FT1|2|||20261020||CG|85025^Blood count^CPT4|||1|40.00",
        "DG1|1||E78.5^Hyperlipidemia^ICD10",
    ),
    "charge and payment in one message": (
        "PID|1||A8^^^PM||Roe^Bob||19620803|M|||2 Oak St^^Anytown^OH^44101",
        "PV1|1|O|||||||||||||||||V8",
        "FT1|1|||20261020||CG|99213^Visit^C4|||1|150.00",
        "FT1|2|||20261020||PY|COPAY|||1|20.00",
    ),
    "charge described in FT1-8 and FT1-9 alone": (
        "PID|1||A9^^^PM||Roe^Cy||19620803|M|||2 Oak St^^Anytown^OH^44101",
        "PV1|1|O|||||||||||||||||V10",
        "FT1|1|||20261020||CG|OV|Office visit, long|with dressing|1",
    ),
    "procedure in SNOMED": (
        "PID|1||A10^^^PM||Roe^Di||19620803|F|||2 Oak St^^Anytown^OH^44101",
        "PV1|1|O|||||||||||||||||V11",
        "FT1|1|||20261020||CG|162673000^General examination of patient^SCT|||1|99.00",
        "DG1|1||271737000^Anemia^SCT",
    ),
}
"""DFT^P03 without MSH; each names a patient, a day and a service"""
UNREADABLE_SHAPES: dict[str, tuple[str, ...]] = {
    "revenue cycle: day in FT1-2, code in FT1-5, type missing": (
        "PID|1||98765^^^HOSP^MRN||Smith^John^Michael||19750315|M|||123 Main St^^Anytown^CA^90210^^H||(555)123-4567",
        f"PV1|1|O|MED^MED-1^123||||{ANN}|||ATT|||||||||ACC-12345|||||||||||||||||||||||||202610200800|202610201430",
        "FT1|1|20261020|20261020|1|99213^Office Visit^CPT||25^Modifier^CPT||150.00||CH|||REV-1234",
    ),
    "national tariff codes": (
        "PID|||PAT8^^^CLINIC^PI||Jang^Woo-Jin^^^^^L||19820307|M",
        "PV1||O|IM^1^1||||||||||||||||V12",
        "FT1|1|ORD1|20261020|20261020|CG|AA200^Re-examination^LOCAL||1|12100",
    ),
    "no charge at all": ("PID|||MR1^^^XYZ^MR||DOE^JANE^|||F", "PV1||I"),
    "no name": ("PID|1|||||19850210|M", "FT1|1|||20261020||CG|99213|||1"),
    "no day": ("PID|1||A1||Roe^Ada||19620803|F", "FT1|1||||||99213|||1"),
    "a clock of another century": ("PID|1||A1||Roe^Ada||19620803|F", "FT1|2|3201101|1|345||||15|3211101"),
    "a credit": ("PID|1||A1||Roe^Ada||19620803|F", "FT1|1|||20261020||CD|99213|||1|150.00"),
    "nothing told of the service": ("PID|1||A1||Roe^Ada||19620803|F", "FT1|1|||20261020||CG||||1|10.00"),
}
"""DFT^P03 that a person must look at"""
SIU_SHAPES: dict[str, tuple[str, ...]] = {
    "scheduler: start and end in SCH-11": (
        "SCH|10345^10345|2196178^2196178|||10345|OFFICE^Office visit|reason for the appointment|OFFICE|60|m|"
        "^^60^20261117084500^20261117093000|||||9^DENT^ARTHUR^||||9^DENT^COREY^|||||Scheduled",
        "PID|1||42||SMITH^PAUL||19781012|M|||1 Broadway Ave^^Fort Wayne^IN^46804||(260)555-1234",
        "PV1|1|O|||||1^Smith^Miranda^A^MD^^^^|2^Withers^Peter^D^MD^^^^",
        "RGS|1|A",
        "AIG|1|A|1^White, Charles|D^^",
        "AIL|1|A|OFFICE^^^OFFICE|^Main Office||20261114084500|||45|m^Minutes||Scheduled",
        "AIP|1|A|1^White^Charles^A^MD^^^^|D^White, Douglas||20261117084500|||45|m^Minutes||Scheduled",
    ),
    "exchange: start alone in SCH-11": (
        "SCH|APPT50007^RHAP||||||DERM^Dermatology Consultation^L|30^MIN|MIN^Minutes^ISO+||^^^20261117084500^^30^MIN",
        "PID|1||MRN50007^^^SETON^MR||Yoshida^Akiko^Mei^^Ms.^||19850503|F|||900 E 30th St^^Austin^TX^78705^US^H",
        f"PV1|1|O|DERM^0001^01^SETON^^^^N|R||||{ANN}",
        "AIS|1||99203^Office visit new patient level 3^CPT4|20261117084500|||30^MIN|MIN",
    ),
    "clinic: times with the resources alone": (
        "SCH|APT00008|APT00008||||ROUTINE^Routine Visit^HL70276|CHECKUP^Annual Checkup^L|NORMAL|30|min",
        "PID|1||2204833016^^^CLINIC^KT||Poe^Sig^^^Ms||19830422|F|||12 Rose St^^Anytown^OH^44101",
        "AIS|1|A|CHECKUP^Annual Checkup^L|20261117084500|0|min|30|min",
        "AIG|1|A|3456^Vig^Eyrun^^^Dr|DOCTOR",
    ),
    "newer version: TQ1": (
        "SCH|P1|F1|||||FU^Follow-up^L",
        "TQ1|1||||||20261117084500-0500|20261117091500-0500",
        "PID|1||A7^^^PM^PI||Roe^Ada||19620803|F",
    ),
}
"""SIU without MSH: all on 2026-11-17 at 08:45 in the clinic's zone (eastern)"""


def message(*rows: str, kind: str = "DFT^P03", control: str = "M1", at: str = "20261021080000") -> bytes:
    """The rows under a MSH."""
    head = f"MSH|^~\\&|EHR|CLINIC|ZB|OFFICE|{at}||{kind}|{control}|P|2.5.1"
    return "".join(f"{row}\r" for row in (head, *rows)).encode()
