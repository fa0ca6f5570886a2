"""What a statement says, in the languages that patients read: one table of texts a language, all with the same keys.

`{call}` is where the patient calls or writes, `{amount}` and `{total}` are money, `{day}` is a day as the language
writes it. Spanish is that of the United States, where an amount is written as in English (CLDR es-US).
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1, as HL7 PID-15 and FHIR Patient.communication say it."""

    ENGLISH = "en"
    SPANISH = "es"


LANGUAGES: Mapping[Language, str] = {Language.ENGLISH: "English", Language.SPANISH: "Spanish"}
"""As staff read them"""

ENGLISH: Mapping[str, str] = {
    "statement": "Statement",
    "reminder": "Statement: a reminder",
    "final_notice": "Final notice",
    "statement_message": "This is your share of the visits below. Please pay it by the day below, or {call}.",
    "reminder_message": "We have not received all of your share yet. If you have paid meanwhile, thank you; please "
    "disregard this reminder.",
    "final_notice_message": "This is the last notice for the visits below. Please pay, or {call} about a payment "
    "plan, financial help, or anything you do not agree with, before the day below. After that day the balance may "
    "be given to a collection agency.",
    "call": "call us at {telephone}",
    "write": "write to us",
    "telephone": "Telephone {telephone}",
    "number": "Number {number}",
    "please_pay": "Please pay",
    "prompt_pay": "Pay {pay} for this visit so that it is here by {day}, and we take {off} off the {owed} that "
    "you owe for it.",
    "prompt_pay_all": "Pay {pay} so that it is here by {day}, and we take {off} off. Then nothing of the {owed} is "
    "left to pay.",
    "by": "by",
    "page_of": "Page {page} of {pages}",
    "how_to_pay": "How to pay",
    "by_page": "By card, on our page: scan the code or open the address below. Have the patient’s birth date ready. "
    "There you can also ask for a payment plan or for help.",
    "by_cheque": "By cheque to {payee}, with number {number} on it.",
    "by_telephone": "By telephone: {telephone}.",
    "qr": "QR code of the address beside it, where this bill can be seen and paid",
    "visit": "Visit {number} · {plan}",
    "no_plan": "no insurance billed",
    "visit_of": "{day}, {provider}",
    "visit_for": "{day}, {provider}, for {patient}",
    "services_of": "Services of {day}",
    "service": "Service",
    "charged": "Charged",
    "plan_paid": "Plan paid",
    "taken_off": "Taken off",
    "you_paid": "You paid",
    "you_owe": "You owe",
    "owed_for_visit": "You owe for this visit:",
    "not_billed": "a service that is not billed on this claim any more",
    "why_moved": "{amount} is what our earlier books say you owe.",
    "why_alone": "No insurance was billed for this visit: what was not taken off is yours.",
    "why_1": "{amount} went to your deductible: what you pay each year before the plan pays.",
    "why_2": "{amount} is your coinsurance: the part of the allowed amount that your plan leaves to you.",
    "why_3": "{amount} is your copayment: the fixed amount for this kind of visit.",
    "why_66": "{amount} was left to you by your plan: blood deductible.",
    "why_142": "{amount} was left to you by your plan: monthly liability.",
    "why_assistance": "{amount} is taken off: help with the bill was granted.",
    "why_other": "{amount} was left to you by your plan: {reason}.",
    "reason_unknown": "your plan left it to you",
    "in_parts": "What you pay in parts",
    "agreement": "You agreed on {day} to pay {total} in parts; {paid} of it has come. It is not in the amount "
    "above. Still to come: {parts}.",
    "part": "{amount} by {day}",
    "ages": "How long this has been billed",
    "age_30": "up to 30 days",
    "age_60": "31 to 60 days",
    "age_90": "61 to 90 days",
    "age_older": "over 90 days",
    "questions": "Questions, or trouble paying?",
    "questions_text": "Tell us before the day above about an amount that you do not agree with, other insurance, a "
    "payment plan, or help with the bill. You may ask for an itemised bill at no cost.",
    "rights": "Your rights",
    "notice_estimate": "If you have no insurance or did not use it, you have a right to a good-faith estimate of "
    "what care will cost. If a bill is $400 or more above it, you may dispute the bill within 120 calendar days of "
    "the first one: www.cms.gov/nosurprises or 1-800-985-3059.",
    "notice_assistance": "You may be able to get help with this bill if it is hard for you to pay. To apply, {call}.",
    "notice_assistance_web": "Our policy on help with bills: {web}.",
    "notice_language": "Language help is free: {call}.",
    "itemised": "Itemised bill",
    "itemised_message": "Every service with its code and units, and what became of its charge. It is no request to "
    "pay.",
    "date": "Date",
    "code": "Code",
    "units": "Units",
    "with_plan": "With the plan",
    "total": "Total",
    "payments": "What you paid",
    "payment": "{day}: {amount}",
    "nothing_paid": "Nothing yet.",
    "guardian": "Parent or guardian of {name}",
}
SPANISH: Mapping[str, str] = {
    "statement": "Estado de cuenta",
    "reminder": "Estado de cuenta: recordatorio",
    "final_notice": "Último aviso",
    "statement_message": "Esta es la parte que le corresponde pagar de las visitas indicadas abajo. Páguela a más "
    "tardar en la fecha indicada, o {call}.",
    "reminder_message": "Todavía no hemos recibido todo lo que le corresponde pagar. Si ya pagó, gracias; no haga "
    "caso de este recordatorio.",
    "final_notice_message": "Este es el último aviso sobre las visitas indicadas abajo. Antes de la fecha indicada, "
    "pague o {call} para pedir un plan de pagos o ayuda económica, o para decirnos con qué no está de acuerdo. "
    "Después de esa fecha, el saldo podría pasar a una agencia de cobros.",
    "call": "llámenos al {telephone}",
    "write": "escríbanos",
    "telephone": "Teléfono {telephone}",
    "number": "Número {number}",
    "please_pay": "Pague",
    "prompt_pay": "Pague {pay} por esta visita de modo que llegue a más tardar el {day}, y le descontamos {off} "
    "de los {owed} que debe por ella.",
    "prompt_pay_all": "Pague {pay} de modo que llegue a más tardar el {day}, y le descontamos {off}. Así no queda "
    "nada por pagar de los {owed}.",
    "by": "a más tardar el",
    "page_of": "Página {page} de {pages}",
    "how_to_pay": "Cómo pagar",
    "by_page": "Con tarjeta, en nuestra página: escanee el código o abra la dirección de abajo. Tenga a mano la "
    "fecha de nacimiento del paciente. Ahí también puede pedir un plan de pagos o ayuda.",
    "by_cheque": "Con cheque a nombre de {payee}, con el número {number}.",
    "by_telephone": "Por teléfono: {telephone}.",
    "qr": "Código QR de la dirección que está al lado, donde puede ver y pagar esta cuenta",
    "visit": "Visita {number} · {plan}",
    "no_plan": "sin seguro",
    "visit_of": "{day}, {provider}",
    "visit_for": "{day}, {provider}, paciente: {patient}",
    "services_of": "Servicios del {day}",
    "service": "Servicio",
    "charged": "Cobrado",
    "plan_paid": "Pagó el plan",
    "taken_off": "Descontado",
    "you_paid": "Usted pagó",
    "you_owe": "Usted debe",
    "owed_for_visit": "Usted debe por esta visita:",
    "not_billed": "un servicio que ya no se cobra en esta reclamación",
    "why_moved": "{amount} es lo que usted debe según nuestros libros anteriores.",
    "why_alone": "No se cobró esta visita a ningún seguro: lo que no se descontó le corresponde a usted.",
    "why_1": "{amount} se aplicó a su deducible: lo que usted paga cada año antes de que pague el plan.",
    "why_2": "{amount} es su coseguro: la parte de la cantidad permitida que su plan le deja a usted.",
    "why_3": "{amount} es su copago: la cantidad fija por este tipo de visita.",
    "why_66": "{amount} se lo dejó su plan a usted: deducible de sangre.",
    "why_142": "{amount} se lo dejó su plan a usted: obligación mensual.",
    "why_assistance": "{amount} se descontó: se le concedió ayuda con la cuenta.",
    "why_other": "{amount} se lo dejó su plan a usted: {reason}.",
    "reason_unknown": "le corresponde a usted según su plan",
    "in_parts": "Lo que usted paga a plazos",
    "agreement": "El {day} usted acordó pagar {total} a plazos; de eso ya recibimos {paid}. No está incluido en la "
    "cantidad de arriba. Faltan: {parts}.",
    "part": "{amount} a más tardar el {day}",
    "ages": "Desde cuándo se le cobra",
    "age_30": "hasta 30 días",
    "age_60": "31 a 60 días",
    "age_90": "61 a 90 días",
    "age_older": "más de 90 días",
    "questions": "¿Tiene preguntas o dificultades para pagar?",
    "questions_text": "Avísenos antes de la fecha de arriba si no está de acuerdo con una cantidad, si tiene otro "
    "seguro, o si necesita un plan de pagos o ayuda con la cuenta. Puede pedir sin costo una cuenta detallada.",
    "rights": "Sus derechos",
    "notice_estimate": "Si no tiene seguro o no lo usó, tiene derecho a un presupuesto de buena fe de lo que "
    "costará la atención. Si una cuenta lo supera en $400 o más, puede disputarla dentro de los 120 días calendario "
    "siguientes a la primera: www.cms.gov/nosurprises o 1-800-985-3059.",
    "notice_assistance": "Si le resulta difícil pagar esta cuenta, es posible que pueda recibir ayuda. Para "
    "solicitarla, {call}.",
    "notice_assistance_web": "Nuestra política de ayuda con las cuentas: {web}.",
    "notice_language": "La ayuda con el idioma es gratuita: {call}.",
    "itemised": "Cuenta detallada",
    "itemised_message": "Cada servicio con su código y sus unidades, y qué pasó con lo que se cobró. No es una "
    "solicitud de pago.",
    "date": "Fecha",
    "code": "Código",
    "units": "Unidades",
    "with_plan": "Con el plan",
    "total": "Suma",
    "payments": "Lo que usted pagó",
    "payment": "El {day}: {amount}",
    "nothing_paid": "Nada todavía.",
    "guardian": "Padre, madre o tutor de {name}",
}
WORDS: Mapping[Language, Mapping[str, str]] = {Language.ENGLISH: ENGLISH, Language.SPANISH: SPANISH}
_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)


def say(language: Language, key: str, **values: str) -> str:
    """One text with its values."""
    return WORDS[language][key].format(**values)


def long_day(value: date, language: Language = Language.ENGLISH) -> str:
    """`March 31, 2026` or `31 de marzo de 2026`."""
    if language == Language.SPANISH:
        return f"{value.day} de {_MONTHS[value.month - 1]} de {value.year}"
    return f"{value:%B} {value.day}, {value.year}"


def call_us(telephone: str | None, language: Language) -> str:
    """Where the patient turns to, as part of a sentence. `telephone`: as it is printed."""
    return say(language, "call", telephone=telephone) if telephone else say(language, "write")
