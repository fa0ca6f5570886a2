"""Makes frozen dataclasses as fast as plain ones.

The constructor of a frozen dataclass sets each field through `object.__setattr__`: twenty fields cost seven times what
twenty plain assignments do, and a file has a hundred thousand nouns. So a twin is filled, and then becomes the noun by
its class. The noun is as frozen as any other from then on. The twin is a subclass that adds nothing but the setting of
plain objects: were it a class beside the noun, Python would compare their slots each time that one becomes the other.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, ParamSpec, TypeVar, cast

Fields = ParamSpec("Fields")
Noun = TypeVar("Noun")


def quick(noun: Callable[Fields, Noun]) -> Callable[Fields, Noun]:
    """The constructor of a frozen dataclass with slots, as a faster function with the same parameters.

    Raises TypeError for a class that does more at its making than to set its fields.
    """
    cls = cast(Any, noun)
    if hasattr(cls, "__post_init__") or not hasattr(cls, "__slots__"):
        raise TypeError(f"{cls.__name__} is no dataclass that only keeps its fields in slots")
    given = {f"_{one.name}": one.default for one in fields(cls) if one.default is not MISSING}
    parameters = ", ".join(f"{one.name}=_{one.name}" if f"_{one.name}" in given else one.name for one in fields(cls))
    lines = [
        "class Twin(noun):\n    __slots__ = ()",
        "    __setattr__, __delattr__ = object.__setattr__, object.__delattr__",
        f"def make({parameters}):\n    twin = new(Twin)",
        *(f"    twin.{one.name} = {one.name}" for one in fields(cls)),
        "    twin.__class__ = noun\n    return twin",
    ]
    names: dict[str, Any] = {"noun": cls, "new": object.__new__, **given}
    exec("\n".join(lines), names)
    return cast(Callable[Fields, Noun], names["make"])
