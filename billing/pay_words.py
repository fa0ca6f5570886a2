"""What the pay page says, in the languages that patients read: one table of texts a language, all with the same keys.

`{practice}` is the practice's name, `{amount}` is money. Spanish is that of the United States, as on statements.
"""

import hashlib
from collections.abc import Mapping, Sequence

from billing.instalments import Instalment
from billing.money import format_dollars
from billing.statement_words import Language, long_day

ENGLISH: Mapping[str, str] = {
    "title": "Your bill from {practice}",
    "before": "Before we show it, please tell us the birth date of somebody whom the bill is about, or of who the "
    "statement is addressed to.",
    "locked": "There were too many wrong tries. Please try again in an hour, or call the number on your statement.",
    "wrong": "This birth date does not fit. Please check the day, month and year.",
    "born": "Birth date",
    "show": "Show my bill",
    "why_born": "We ask so that nobody else sees your bill. You stay signed in here for twenty minutes.",
    "paid": "Thank you: {amount} was paid. It may take a minute until it shows below.",
    "failed": "The card was not charged. You may try again, or use another way to pay.",
    "begun": "A payment of {amount} was begun. If you have finished it, reload this page in a minute; if not, you can "
    "go on with the button below.",
    "said": "Thank you: somebody from the office will answer you.",
    "crossed": "Your payment of {amount} came after this statement was on its way. Thank you: it counts, and you need "
    "do nothing about it.",
    "you_owe": "You owe",
    "by_visit": "What is open, by visit",
    "visit": "Visit",
    "with_plan": "the plan still looks at it",
    "prompt_pay": "Pay {pay} by {day}, and we take {off} off.",
    "prompt_pay_visit": "Visit of {visit}: pay {pay} by {day}, and we take {off} off.",
    "by_card": "Pay by card",
    "how_much": "How much?",
    "all": "All of it: {amount}",
    "rest": "The rest: {amount}",
    "on_its_way": "A charge of {amount} to your card is on its way. You need not pay it again; what you can pay here "
    "now is the rest.",
    "all_on_its_way": "A charge of {amount} to your card is on its way. You need not pay it again.",
    "part": "A part of it",
    "amount": "Amount in dollars, if you pay a part",
    "to_card": "Go to the card page",
    "card_note": "Your card is taken on the card company’s own page; we never see its number. A part pays the visits "
    "on your statement first, then the oldest one.",
    "how_to_pay": "How to pay",
    "no_cards": "Please send a cheque with the number of your statement, or call the number on it.",
    "nothing": "You owe nothing. Thank you.",
    "help": "Help with the bill",
    "help_note": "If it is hard for you to pay, you may get a part of the bill taken off, or all of it. It takes a few "
    "minutes, and while we look at it we ask you to pay nothing.",
    "help_link": "Apply for help, or see your application",
    "questions": "Questions, or trouble paying?",
    "i_would_like": "I would like",
    "plan": "to pay in parts (a payment plan)",
    "assistance": "help with the bill",
    "dispute": "to say that the bill is not right",
    "message": "to ask something",
    "what_to_know": "What should we know?",
    "send": "Send it",
    "no_reminder": "While we look at a plan, help or a bill that is not right, we send you no reminder.",
    "paper": "Statements on paper",
    "paper_done": "Done: your next statements from {practice} come on paper.",
    "paper_ask": "You get an e-mail when {practice} has a statement for you. Would you rather have your statements on "
    "paper?",
    "paper_send": "Send me paper again",
    "nothing_any_more": "Nothing is owed any more. Thank you.",
    "no_amount": "Please write the amount in dollars, as 25.00.",
    "amount_between": "Please choose an amount between $0.01 and {amount}.",
    "cards_not_taken": "Card payments are not taken here. Please use another way to pay.",
    "processor_away": "The card processor does not answer just now. Nothing was paid; please try again in a few "
    "minutes.",
    "say_what": "Please choose what it is about, and write what you want to say (at most 2,000 characters).",
    "in_parts": "Pay in parts",
    "in_parts_note": "You may pay what is open in up to {count} monthly parts, without interest or a fee. While you "
    "keep to it we send you no reminder.",
    "part_count": "Number of parts",
    "part_first": "Day of the first part",
    "part_agree": "Agree on this plan",
    "plan_stands": "You agreed to pay {amount} in parts; {paid} of it is paid.",
    "plan_parts": "What is to come",
    "part_day": "Day",
    "part_cents": "Part",
    "plan_refused": "We could not make this plan. Please choose a number of parts and a first day within the next "
    "month, or write to us below.",
    "plan_changed": "Your plan has changed since this page was shown. Please read it again before you agree.",
    "card_offer": "Let a card be charged for it",
    "card_agreed": "{practice} may have my card kept by its card company, and charge it on each of these days with at "
    "most this part: {parts}. It charges less where I have paid some of a part in another way, and "
    "nothing where I have paid all of it. A card that is refused is tried once more at most. I may stop "
    "this at any time, on this page or by telling the office. Then nothing more is charged.",
    "card_note_kept": "The card company keeps your card; we never see its number.",
    "card_agree": "I agree, go to the card page",
    "card_kept": "Your {card} is charged for each part. You agreed to this on {day}.",
    "card_stop": "Stop the charges",
    "card_over": "No card is charged for your plan any more. Please pay each part in another way, or let a card be "
    "charged again.",
}

SPANISH: Mapping[str, str] = {
    "title": "Su factura de {practice}",
    "before": "Antes de mostrarla, díganos la fecha de nacimiento de una persona de la que trata la factura, o de la "
    "persona a quien va dirigida.",
    "locked": "Hubo demasiados intentos. Pruebe otra vez en una hora, o llame al número de su estado de cuenta.",
    "wrong": "Esta fecha de nacimiento no coincide. Revise el día, el mes y el año.",
    "born": "Fecha de nacimiento",
    "show": "Mostrar mi factura",
    "why_born": "Preguntamos para que nadie más vea su factura. Su sesión dura veinte minutos.",
    "paid": "Gracias: se pagaron {amount}. Puede tardar un minuto en aparecer abajo.",
    "failed": "No se cobró a la tarjeta. Puede probar otra vez, o pagar de otra manera.",
    "begun": "Se comenzó un pago de {amount}. Si ya lo terminó, vuelva a cargar esta página en un minuto; si no, puede "
    "seguir con el botón de abajo.",
    "said": "Gracias: alguien de la oficina le responderá.",
    "crossed": "Su pago de {amount} llegó cuando este estado de cuenta ya estaba en camino. Gracias: cuenta, y no "
    "tiene que hacer nada.",
    "you_owe": "Usted debe",
    "by_visit": "Lo que está pendiente, por visita",
    "visit": "Visita",
    "with_plan": "el plan todavía la revisa",
    "prompt_pay": "Pague {pay} a más tardar el {day}, y le descontamos {off}.",
    "prompt_pay_visit": "Visita del {visit}: pague {pay} a más tardar el {day}, y le descontamos {off}.",
    "by_card": "Pagar con tarjeta",
    "how_much": "¿Cuánto?",
    "all": "Todo: {amount}",
    "rest": "El resto: {amount}",
    "on_its_way": "Un cobro de {amount} a su tarjeta está en camino. No tiene que pagarlo otra vez; lo que puede pagar "
    "aquí ahora es el resto.",
    "all_on_its_way": "Un cobro de {amount} a su tarjeta está en camino. No tiene que pagarlo otra vez.",
    "part": "Una parte",
    "amount": "Cantidad en dólares, si paga una parte",
    "to_card": "Ir a la página de la tarjeta",
    "card_note": "La tarjeta se toma en la página de la empresa de tarjetas; nunca vemos su número. Una parte paga "
    "primero las visitas de su estado de cuenta y después la más antigua.",
    "how_to_pay": "Cómo pagar",
    "no_cards": "Envíe un cheque con el número de su estado de cuenta, o llame al número que está en él.",
    "nothing": "Usted no debe nada. Gracias.",
    "help": "Ayuda con la factura",
    "help_note": "Si le cuesta pagar, puede obtener un descuento de una parte de la factura, o de toda. Toma unos "
    "minutos, y mientras la revisamos no le pedimos que pague nada.",
    "help_link": "Pedir ayuda, o ver su solicitud",
    "questions": "¿Preguntas, o le cuesta pagar?",
    "i_would_like": "Quisiera",
    "plan": "pagar en partes (un plan de pagos)",
    "assistance": "ayuda con la factura",
    "dispute": "decir que la factura no es correcta",
    "message": "preguntar algo",
    "what_to_know": "¿Qué debemos saber?",
    "send": "Enviar",
    "no_reminder": "Mientras revisamos un plan, una ayuda o una factura que no es correcta, no le enviamos "
    "recordatorios.",
    "paper": "Estados de cuenta en papel",
    "paper_done": "Listo: sus próximos estados de cuenta de {practice} llegan en papel.",
    "paper_ask": "Usted recibe un correo electrónico cuando {practice} tiene un estado de cuenta para usted. ¿Prefiere "
    "recibirlos en papel?",
    "paper_send": "Envíenme papel otra vez",
    "nothing_any_more": "Ya no se debe nada. Gracias.",
    "no_amount": "Escriba la cantidad en dólares, como 25.00.",
    "amount_between": "Elija una cantidad entre $0.01 y {amount}.",
    "cards_not_taken": "Aquí no se aceptan tarjetas. Pague de otra manera.",
    "processor_away": "La empresa de tarjetas no responde en este momento. No se pagó nada; pruebe otra vez en unos "
    "minutos.",
    "say_what": "Elija de qué se trata, y escriba lo que quiere decir (como máximo 2,000 caracteres).",
    "in_parts": "Pagar en partes",
    "in_parts_note": "Puede pagar lo pendiente en hasta {count} partes mensuales, sin intereses ni cargos. Mientras "
    "cumpla, no le enviamos recordatorios.",
    "part_count": "Número de partes",
    "part_first": "Día de la primera parte",
    "part_agree": "Aceptar este plan",
    "plan_stands": "Usted acordó pagar {amount} en partes; ya se pagaron {paid}.",
    "plan_parts": "Lo que falta",
    "part_day": "Día",
    "part_cents": "Parte",
    "plan_refused": "No pudimos hacer este plan. Elija el número de partes y un primer día dentro del próximo mes, o "
    "escríbanos abajo.",
    "plan_changed": "Su plan ha cambiado desde que se mostró esta página. Léalo otra vez antes de aceptar.",
    "card_offer": "Dejar que se cobre a una tarjeta",
    "card_agreed": "{practice} puede hacer que su empresa de tarjetas guarde mi tarjeta, y cobrar en cada uno de estos "
    "días como máximo esta parte: {parts}. Cobra menos si ya pagué algo de una parte de otra manera, y "
    "nada si la pagué toda. Una tarjeta rechazada se prueba como máximo una vez más. Puedo parar esto en "
    "cualquier momento, en esta página o avisando a la oficina. Entonces no se cobra nada más.",
    "card_note_kept": "La empresa de tarjetas guarda su tarjeta; nunca vemos su número.",
    "card_agree": "Acepto, ir a la página de la tarjeta",
    "card_kept": "Cada parte se cobra a su tarjeta ({card}). Usted lo aceptó el {day}.",
    "card_stop": "Parar los cobros",
    "card_over": "Ya no se cobra a ninguna tarjeta por su plan. Pague cada parte de otra manera, o deje que se cobre "
    "otra vez a una tarjeta.",
}

WORDS: Mapping[Language, Mapping[str, str]] = {Language.ENGLISH: ENGLISH, Language.SPANISH: SPANISH}


def say(language: Language, key: str, **values: str) -> str:
    """One text with its values."""
    return WORDS[language][key].format(**values)


def agreed_words(language: Language, practice: str, parts: Sequence[Instalment]) -> str:
    """What a patient agrees to about a card that is charged: every day with the most that is charged on it."""
    days = "; ".join(f"{long_day(one.day, language)}: {format_dollars(one.cents)}" for one in parts)
    return say(language, "card_agreed", practice=practice, parts=days)


def digest(words: str) -> str:
    """By which a form tells that exactly these words were read."""
    return hashlib.sha256(words.encode()).hexdigest()
