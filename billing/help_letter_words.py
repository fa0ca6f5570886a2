"""What letters about help with the bill say, in the languages that patients read: one table of texts a language, all
with the same keys.

`reason_` with a billing.assistance.ReasonCode tells one step of how it was decided; `{said}` is the office's own words,
which stay as they were written.
"""

from collections.abc import Iterable, Mapping

from billing import help_words
from billing.assistance import Reason
from billing.money import format_dollars
from billing.statement_words import Language

ENGLISH: Mapping[str, str] = {
    "title_missing": "Your application for help with the bill: something is missing",
    "title_granted": "Your application for help with the bill: granted",
    "title_denied": "Your application for help with the bill: not granted",
    "title_closed": "Your application for help with the bill: closed",
    "title_revoked": "Your application for help with the bill: taken back",
    "application_of": "Application of",
    "received": "Received",
    "answer_by": "Please answer by",
    "help": "Help",
    "visits_until": "Visits until",
    "missing_first": "Thank you for your application. To decide on it we need:",
    "missing_again": "We have not heard from you yet. To decide on it we need:",
    "missing_send": "Please send it by {day}: by mail, at our desk, or on the page where you see your bill.",
    "missing_until": "Until then we ask you to pay nothing, and so does any agency of ours. If nothing comes by that "
    "day we close the application and send statements again. You may apply again later.",
    "granted": "We help you with your share of the bill: {help}. It counts for visits from {first} until {last}, and "
    "for those before of which we wrote to you lately.",
    "granted_rest": "A statement will tell you what is left to pay.",
    "granted_paid": "What you have paid beyond your share is yours: we write to you about it or pay it back.",
    "how": "How we decided:",
    "denied": "We have looked at your application, and cannot help you with the bill by our policy. Statements go out "
    "again. You may ask us to be allowed to pay in parts.",
    "closed": "We have closed it: {why}. Statements go out again.",
    "closed_again": "You may apply again at any time.",
    "revoked": "The help that we granted is taken back: {why}. What it took off is owed again.",
    "appeal": "If you do not agree, write to us or call us by {day} and say why; somebody looks at it again.",
    "appeal_web": "Our policy can be read at {web}.",
    "closing": "Sincerely,",
    "reason_income_year": "Income {income} a year.",
    "reason_income_month": "Income {income} a month, which is {yearly} a year.",
    "reason_guideline": "The poverty guideline of {year} for a household of {people} is {line} a year ({said}).",
    "reason_level": "The income is {percent} percent of it.",
    "reason_scale_ends": "The scale ends at {percent} percent: it gives no help.",
    "reason_scale_gives": "The scale gives {help} up to {percent} percent.",
    "reason_otherwise": "We decided otherwise: {said}.",
    "reason_own_words": "{said}",
    "reason_nothing_came": "what was missing did not come",
    "reason_withdrawn": "it was taken back: {said}",
}
SPANISH: Mapping[str, str] = {
    "title_missing": "Su solicitud de ayuda con la factura: falta algo",
    "title_granted": "Su solicitud de ayuda con la factura: aprobada",
    "title_denied": "Su solicitud de ayuda con la factura: no aprobada",
    "title_closed": "Su solicitud de ayuda con la factura: cerrada",
    "title_revoked": "Su solicitud de ayuda con la factura: anulada",
    "application_of": "Solicitud de",
    "received": "Recibida el",
    "answer_by": "Responda a más tardar el",
    "help": "Ayuda",
    "visits_until": "Visitas hasta el",
    "missing_first": "Gracias por su solicitud. Para decidir sobre ella necesitamos:",
    "missing_again": "Todavía no hemos recibido su respuesta. Para decidir sobre su solicitud necesitamos:",
    "missing_send": "Envíelo a más tardar el {day}: por correo, en nuestra recepción, o en la página donde ve su "
    "factura.",
    "missing_until": "Hasta entonces no le pedimos que pague nada, y tampoco se lo pide ninguna agencia nuestra. Si no "
    "llega nada a más tardar ese día, cerramos la solicitud y volvemos a enviar estados de cuenta. Puede pedir ayuda "
    "otra vez más adelante.",
    "granted": "Le ayudamos con la parte de la factura que le corresponde pagar: {help}. Vale para visitas desde el "
    "{first} hasta el {last}, y para las anteriores sobre las que le escribimos hace poco.",
    "granted_rest": "Un estado de cuenta le dirá lo que falta por pagar.",
    "granted_paid": "Lo que usted pagó de más es suyo: le escribimos sobre eso o se lo devolvemos.",
    "how": "Cómo lo decidimos:",
    "denied": "Revisamos su solicitud, y según nuestra política no podemos ayudarle con la factura. Volvemos a enviar "
    "estados de cuenta. Puede pedirnos que le permitamos pagar en partes.",
    "closed": "La cerramos: {why}. Volvemos a enviar estados de cuenta.",
    "closed_again": "Puede pedir ayuda otra vez en cualquier momento.",
    "revoked": "Se anula la ayuda que aprobamos: {why}. Lo que se descontó se debe otra vez.",
    "appeal": "Si no está de acuerdo, escríbanos o llámenos a más tardar el {day} y díganos por qué; alguien la revisa "
    "otra vez.",
    "appeal_web": "Puede leer nuestra política en {web}.",
    "closing": "Atentamente,",
    "reason_income_year": "Ingresos: {income} al año.",
    "reason_income_month": "Ingresos: {income} al mes, que son {yearly} al año.",
    "reason_guideline": "La guía federal de pobreza de {year} para un hogar de tamaño {people} es de {line} al año "
    "({said}).",
    "reason_level": "Los ingresos son el {percent} por ciento de esa cantidad.",
    "reason_scale_ends": "La escala termina en el {percent} por ciento: no da ayuda.",
    "reason_scale_gives": "La escala da esta ayuda hasta el {percent} por ciento: {help}.",
    "reason_otherwise": "Decidimos de otra manera: {said}.",
    "reason_own_words": "{said}",
    "reason_nothing_came": "no llegó lo que faltaba",
    "reason_withdrawn": "se retiró la solicitud ({said})",
}
WORDS: Mapping[Language, Mapping[str, str]] = {Language.ENGLISH: ENGLISH, Language.SPANISH: SPANISH}


def say(language: Language, key: str, **values: str) -> str:
    """One text with its values."""
    return WORDS[language][key].format(**values)


def reason(one: Reason, language: Language) -> str:
    """One step of a decision, as a sentence or as what stands behind a colon."""
    return say(
        language,
        f"reason_{one.code}",
        income=format_dollars(one.income_cents),
        yearly=format_dollars(one.yearly_cents),
        line=format_dollars(one.line_cents),
        year=str(one.year),
        people=str(one.people),
        percent=str(one.percent),
        help=help_words.given(one.help, language) if one.help else "",
        said=one.said,
    )


def reasons(all_of_them: Iterable[Reason], language: Language = Language.ENGLISH) -> list[str]:
    """Every step of a decision; English is what staff read."""
    return [reason(one, language) for one in all_of_them]
