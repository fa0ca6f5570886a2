"""How much a patient chose to pay on the pay page."""

from collections.abc import Sequence

from billing import pay_words
from billing.money import Cents, NotAnAmount, format_dollars, parse_typed
from billing.statement_words import Language
from database.paying import OwedVisit


def chosen(
    typed: dict[str, str], visits: Sequence[OwedVisit], on_its_way: Cents, language: Language
) -> tuple[str, Cents]:
    """(what is wrong, cents): all that is to be paid today, or the part that was typed. What a kept card is being
    charged is not paid a second time."""
    owed = sum(one.pay_cents for one in visits)
    total = owed - on_its_way
    if total <= 0 < owed:
        return pay_words.say(language, "all_on_its_way", amount=format_dollars(on_its_way)), Cents(0)
    if total <= 0:
        return pay_words.say(language, "nothing_any_more"), Cents(0)
    if typed.get("what") != "part":
        return "", Cents(total)
    try:
        cents = parse_typed(typed.get("amount", ""))
    except NotAnAmount:
        return pay_words.say(language, "no_amount"), Cents(0)
    if not 0 < cents <= total:
        return pay_words.say(language, "amount_between", amount=format_dollars(total)), Cents(0)
    return "", cents
