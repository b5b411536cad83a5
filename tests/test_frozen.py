"""Frozen values behave as frozen dataclasses do, though nothing is compiled for them."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from mapio_display.frozen import Frozen

T = TypeVar("T")


class Point(Frozen):
    KIND: ClassVar = "point"
    x: int
    y: int = 0


class Other(Frozen):
    x: int
    y: int = 0


class Named(Point):
    name: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


class Empty(Frozen):
    pass


class Box(Frozen, Generic[T]):
    content: T


class Even(Frozen):
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError("odd")


def test_fields_are_given_in_order_or_by_name_and_have_defaults() -> None:
    assert (Point(1).x, Point(1).y) == (1, 0)
    assert Point(1, 2) == Point(y=2, x=1) == Point(1, y=2)
    assert (Named(1, 2, "n").name, Named(1).tags) == ("n", {})
    assert Empty() == Empty()


def test_each_value_has_a_default_of_its_own_from_a_factory() -> None:
    assert Named(1).tags is not Named(1).tags


@pytest.mark.parametrize(
    ("args", "named"),
    [((), {}), ((), {"y": 1}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1, 2), {"y": 2}), ((1,), {"z": 1}), ((), {"z": 1})],
)
def test_a_field_that_is_missing_unknown_or_given_twice_is_a_type_error(
    args: tuple[int, ...], named: dict[str, int]
) -> None:
    make: Any = Point
    with pytest.raises(TypeError, match="Point"):
        make(*args, **named)


def test_an_error_about_the_fields_does_not_contain_their_values() -> None:
    make: Any = Named
    with pytest.raises(TypeError) as caught:
        make(1, password="hunter2")
    assert "hunter2" not in str(caught.value)


def test_nothing_of_a_value_can_be_set_or_deleted() -> None:
    point: Any = Point(1)
    for name in ("x", "z"):
        with pytest.raises(FrozenInstanceError):
            setattr(point, name, 2)
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert point == Point(1)


def test_values_are_equal_if_class_and_fields_are() -> None:
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != Other(1, 2)
    assert Point(1, 2) != Named(1, 2)
    assert Named(1, note="a") == Named(1, note="b")
    assert Named(1, secret="a") != Named(1, secret="b")
    assert Point(1, 2) != (1, 2)


def test_equal_values_have_one_hash() -> None:
    assert len({Point(1, 2), Point(1, 2), Point(1, 3)}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Named(1))


def test_a_secret_field_is_not_in_the_text_of_a_value() -> None:
    assert repr(Named(1, 2, "n", secret="402915")) == "Named(x=1, y=2, name='n', tags={}, note='')"


def test_the_functions_for_dataclasses_take_values() -> None:
    assert [each.name for each in fields(Named)] == ["x", "y", "name", "tags", "secret", "note"]
    assert replace(Named(1, 2, "n"), y=3) == Named(1, 3, "n")
    assert asdict(Point(1)) == {"x": 1, "y": 0}
    with pytest.raises(TypeError):
        replace(Point(1), z=1)  # type: ignore[call-arg]


def test_a_value_is_matched_by_the_order_of_its_fields() -> None:
    match Named(1, 2, "n"):
        case Named(1, y, name=name):
            assert (y, name) == (2, "n")


def test_a_value_is_checked_when_it_is_made() -> None:
    assert Even(2).number == 2
    with pytest.raises(ValueError, match="odd"):
        replace(Even(2), number=3)


def test_a_value_may_be_generic() -> None:
    assert Box[int](1) == Box(1)


def test_a_value_can_be_copied_and_pickled() -> None:
    named = Named(1, 2, "n", {"a": "b"})
    assert copy.deepcopy(named) == pickle.loads(pickle.dumps(named)) == named  # noqa: S301 - our own


def test_a_class_has_no_methods_of_its_own_so_that_none_are_compiled_at_a_start() -> None:
    generated = {"__init__", "__eq__", "__hash__", "__repr__", "__setattr__", "__delattr__"}
    assert not generated & (vars(Point).keys() | vars(Named).keys())
