"""What the pay page says about help with the bill, in the languages that patients read: one table of texts a language,
all with the same keys.

`{practice}` is the practice's name, `{day}` a day as the language writes it, `{amount}` money. `wrong_` with a field of
the form says what is wrong there, `needed_` that it is empty, `file_` why a file is not kept. Spanish is that of the
United States, as on statements.
"""

from collections.abc import Mapping

from billing.assistance import Help, Missing, Takes
from billing.money import format_dollars
from billing.statement_words import Language

ENGLISH: Mapping[str, str] = {
    "title": "Help with your bill from {practice}",
    "back": "Back to your bill",
    "not_sent": "Nothing was sent yet. Please look at what is marked below.",
    "application_of": "Your application of {day}:",
    "help_until": "{help} for visits until {day}",
    "ask_nothing": "We ask you to pay nothing until it is decided.",
    "state_review": "to be looked at",
    "state_incomplete": "something is missing",
    "state_granted": "granted",
    "state_denied": "denied",
    "state_closed": "closed",
    "state_revoked": "taken back",
    "help_percent": "{percent} percent off",
    "help_cap": "at most {amount} a visit",
    "still_needed": "What we still need",
    "send_by": "Please send it by {day}.",
    "missing_household_size": "how many people live in your household",
    "missing_income": "the income of your household",
    "no_form": "Please write to us or call us about help with your bill.",
    "documents": "Documents",
    "usually": "We usually ask for:",
    "you_sent": "You have sent:",
    "file": "A photo, a scan or a PDF (at most {megabytes} MB)",
    "send_file": "Send this document",
    "files_fit": "You can send up to {files} here, one at a time, or send copies by mail.",
    "file_none": "choose a file first, then send it",
    "file_empty": "the file is empty: choose it again",
    "file_too_large": "the file is above {megabytes} MB: scan it smaller, or split it",
    "file_other_type": "this is no PNG, JPEG, TIFF or PDF: scan or print it into one of these",
    "file_too_many": "you have sent {files} files, which is all that fits here: send more by mail",
    "file_too_early": "there is no open application: fill in the form first",
    "apply": "Apply",
    "correct": "Correct what you told us",
    "send_correction": "Send the correction",
    "applicant": "Your name",
    "household_size": "How many people live in your household, you included?",
    "income": "Income of all of them together, before taxes, in dollars",
    "income_per": "That is the income of",
    "per_year": "a year",
    "per_month": "a month",
    "insurance": "Health insurance of the household, if there is any",
    "note": "What else should we know?",
    "only_for_this": "We use what you tell us only to decide on your application.",
    "needed_applicant": "please fill this in: the name of who asks for help",
    "needed_household_size": "please fill this in: a number of people, such as 3",
    "needed_income": "please fill this in: 0 if there is no income",
    "wrong_applicant": "this name is too long: write it with at most 200 letters",
    "wrong_household_size": "write how many people, as a whole number from 1 to {people}",
    "wrong_income": "write the income as dollars, 0.00 or more, such as 1,500.00",
    "wrong_income_per": "choose if this is the income of a year or of a month",
    "wrong_insurance": "this is too long: write the insurance with at most 200 letters",
    "wrong_note": "this is too long: write at most 2,000 letters, and send us the rest by mail",
}
SPANISH: Mapping[str, str] = {
    "title": "Ayuda con su factura de {practice}",
    "back": "Volver a su factura",
    "not_sent": "Todavía no se envió nada. Revise lo que está marcado abajo.",
    "application_of": "Su solicitud del {day}:",
    "help_until": "{help} para visitas hasta el {day}",
    "ask_nothing": "No le pedimos que pague nada hasta que se decida.",
    "state_review": "por revisar",
    "state_incomplete": "falta algo",
    "state_granted": "aprobada",
    "state_denied": "no aprobada",
    "state_closed": "cerrada",
    "state_revoked": "anulada",
    "help_percent": "{percent} por ciento de descuento",
    "help_cap": "como máximo {amount} por visita",
    "still_needed": "Lo que todavía necesitamos",
    "send_by": "Envíelo a más tardar el {day}.",
    "missing_household_size": "cuántas personas viven en su hogar",
    "missing_income": "los ingresos de su hogar",
    "no_form": "Escríbanos o llámenos para pedir ayuda con su factura.",
    "documents": "Documentos",
    "usually": "Por lo general pedimos:",
    "you_sent": "Usted ha enviado:",
    "file": "Una foto, un documento escaneado o un PDF (como máximo {megabytes} MB)",
    "send_file": "Enviar este documento",
    "files_fit": "Aquí puede enviar hasta {files}, uno por uno, o enviar copias por correo.",
    "file_none": "primero elija un archivo, y después envíelo",
    "file_empty": "el archivo está vacío: elíjalo otra vez",
    "file_too_large": "el archivo tiene más de {megabytes} MB: escanéelo más pequeño, o divídalo",
    "file_other_type": "este archivo no es PNG, JPEG, TIFF ni PDF: escanéelo o imprímalo en uno de estos formatos",
    "file_too_many": "usted ya envió {files} archivos, y aquí no caben más: envíe los demás por correo",
    "file_too_early": "no hay una solicitud abierta: primero llene el formulario",
    "apply": "Pedir ayuda",
    "correct": "Corregir lo que nos dijo",
    "send_correction": "Enviar la corrección",
    "applicant": "Su nombre",
    "household_size": "¿Cuántas personas viven en su hogar, incluido usted?",
    "income": "Ingresos de todas ellas juntas, antes de impuestos, en dólares",
    "income_per": "Son los ingresos de",
    "per_year": "un año",
    "per_month": "un mes",
    "insurance": "Seguro médico del hogar, si tiene alguno",
    "note": "¿Qué más debemos saber?",
    "only_for_this": "Usamos lo que usted nos dice solo para decidir sobre su solicitud.",
    "needed_applicant": "llene este espacio: el nombre de quien pide ayuda",
    "needed_household_size": "llene este espacio: un número de personas, como 3",
    "needed_income": "llene este espacio: 0 si no hay ingresos",
    "wrong_applicant": "este nombre es demasiado largo: escríbalo con 200 letras como máximo",
    "wrong_household_size": "escriba cuántas personas, con un número entero de 1 a {people}",
    "wrong_income": "escriba los ingresos en dólares, 0.00 o más, como 1,500.00",
    "wrong_income_per": "elija si son los ingresos de un año o de un mes",
    "wrong_insurance": "es demasiado largo: escriba el seguro con 200 letras como máximo",
    "wrong_note": "es demasiado largo: escriba 2,000 letras como máximo, y envíenos el resto por correo",
}
WORDS: Mapping[Language, Mapping[str, str]] = {Language.ENGLISH: ENGLISH, Language.SPANISH: SPANISH}


def say(language: Language, key: str, **values: str) -> str:
    """One text with its values."""
    return WORDS[language][key].format(**values)


def given(helped: Help, language: Language) -> str:
    """How much help: `75 percent off`."""
    if helped.takes == Takes.CAP:
        return say(language, "help_cap", amount=format_dollars(helped.value))
    return say(language, "help_percent", percent=str(helped.value))


def missing(lines: str, language: Language) -> list[str]:
    """What an application lacks. `lines`: as it is kept, a billing.assistance.Missing or words of the office a line;
    the office's words stay as they were written."""
    return [say(language, f"missing_{line}") if line in set(Missing) else line for line in lines.splitlines()]
