"""Helpers of `plan` and `wants`: service calls, and checks of a device's own ranges and options."""

from collections.abc import Callable, Iterable
import math
from typing import Any

from ...errors import InvalidParamsError
from ..fields import EXACT_INTEGER_MAX
from ..model import Ends, Entity, Json, ServiceCall


def calls(service: str) -> Callable[[Entity, Json], ServiceCall]:
    """Return a plan that calls a service of the entity's domain, without data."""

    def plan(entity: Entity, _params: Json) -> ServiceCall:
        return ServiceCall(entity.domain, service, {})

    return plan


def supports(feature: int) -> Callable[[Entity], bool]:
    """Return a condition: the entity has all these feature bits."""

    def supported(entity: Entity) -> bool:
        return entity.has(feature)

    return supported


def within(name: str, value: float, ends: Ends, unit: str = "") -> float:
    """Return the value if it is within the device's range. Raises `InvalidParamsError` naming the range."""
    low, high = ends
    if low is not None and high is not None and not low <= value <= high:
        raise InvalidParamsError(f"{name}: this device takes {low:g} to {high:g}{unit}")
    return value


def on_step(
    value: float, step: float | None, low: float | None, high: float | None, base: float | None = None
) -> float:
    """Return the step of a device that is nearest to a value, counted from a base, else from the low end.

    The ends themselves are steps, and nothing is beyond them.
    """
    if not step or step < 0 or value in (low, high):
        return value
    base = (low or 0) if base is None else base
    steps = (value - base) / step
    if not abs(steps) <= EXACT_INTEGER_MAX:
        return value
    nearest = base + math.floor(steps + 0.5) * step
    if high is not None and nearest > high:
        nearest = high
    if low is not None and nearest < low:
        nearest = low
    # Floats of steps such as 0.1 have an error in their last digits.
    return round(nearest, 6)


def one_of(name: str, value: str, options: Iterable[str] | None) -> str:
    """Return the value if it is one of the device's options. Raises `InvalidParamsError` naming them."""
    known = list(options or ())
    if value not in known:
        raise InvalidParamsError(f"{name}: this device takes one of: {', '.join(known) or 'nothing'}")
    return value


def offers(attribute: str) -> Callable[[Entity], bool]:
    """Return a condition: the entity has options to choose from."""

    def supported(entity: Entity) -> bool:
        return bool(entity.options(attribute))

    return supported


def same(*names: str) -> Callable[[Entity, Json], Json]:
    """Return a `wants`: the state shows the params of these names as they were sent."""

    def wants(_entity: Entity, params: Json) -> dict[str, Any]:
        return {name: params[name] for name in names if name in params}

    return wants


def rounded(*names: str) -> Callable[[Entity, Json], Json]:
    """Return a `wants`: the state shows the params of these names as whole numbers."""

    def wants(_entity: Entity, params: Json) -> dict[str, Any]:
        return {name: round(params[name]) for name in names if name in params}

    return wants


def wish(**state: Any) -> Callable[[Entity, Json], Json]:
    """Return a `wants` that does not depend on the params."""

    def wants(_entity: Entity, _params: Json) -> Json:
        return state

    return wants
