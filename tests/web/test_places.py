"""Which connections may stay: by address, by what they do, and by age."""

from dataclasses import dataclass, field

import pytest

from mapio_display.web.auth.address import is_one_of, network_of
from mapio_display.web.http.places import GRACE_S, Place, Places, Rank, host_of


@dataclass
class Wire:
    """A transport that only knows whether it was ended."""

    ended: bool = field(default=False)

    def abort(self) -> None:
        self.ended = True


NOW = 100.0


def place(address: str = "a", rank: Rank = Rank.BUSY, since: float = 0.0) -> Place:
    return Place(Wire(), address, rank, since)


def newcomer(address: str = "a") -> Place:
    return place(address, since=NOW)


def fill(places: Places, *guests: Place) -> None:
    for guest in guests:
        assert places.enter(guest)


def ended(*guests: Place) -> list[bool]:
    return [guest.transport.ended for guest in guests if isinstance(guest.transport, Wire)]


def test_one_address_has_its_share_and_the_others_have_the_rest() -> None:
    places = Places(4, 2)
    fill(places, place("a"), place("a"))
    assert not places.enter(newcomer("a"))
    fill(places, place("b"), place("b"))
    assert not places.enter(newcomer("c"))
    assert len(places) == 4


def test_who_leaves_makes_room_and_leaves_once() -> None:
    places = Places(2, 1)
    first = place("a")
    fill(places, first, place("b"))
    places.leave(first)
    places.leave(first)
    assert len(places) == 1
    fill(places, place("a"))


def test_streams_give_way_first_then_who_asks_nothing_then_who_reads_nothing_then_who_sends_slowly() -> None:
    places = Places(5, 5)
    guests = [place(rank=rank) for rank in sorted(Rank, reverse=True)]
    fill(places, *guests)
    for left in range(4):
        assert places.enter(newcomer())
        assert ended(*guests) == [index >= 4 - left for index in range(5)]
    assert not places.enter(newcomer())  # who is busy never does


def test_of_the_same_kind_the_oldest_gives_way() -> None:
    places = Places(3, 3)
    guests = [place(rank=Rank.STREAM, since=since) for since in (2.0, 1.0, 3.0)]
    fill(places, *guests, newcomer())
    assert ended(*guests) == [False, True, False]


def test_many_of_one_address_at_once_each_have_the_time_to_ask() -> None:
    places = Places(3, 2)
    guests = [place("a", Rank.WAITING, NOW), place("a", Rank.WAITING, NOW - GRACE_S)]
    fill(places, *guests, newcomer("a"))
    assert ended(*guests) == [False, True]
    assert not places.enter(newcomer("a"))


def test_what_is_another_addresss_has_no_such_time() -> None:
    places = Places(3, 2)
    guests = [place("a", Rank.WAITING, NOW), place("a", Rank.WAITING, NOW), place("b")]
    fill(places, *guests)
    assert places.enter(newcomer("c"))
    assert sum(ended(*guests)) == 1


def test_a_full_address_takes_no_place_of_another_one() -> None:
    places = Places(8, 2)
    others = [place("b", Rank.STREAM), place("b", Rank.STREAM)]
    fill(places, *others, place("a"), place("a"))
    assert not places.enter(newcomer("a"))
    assert ended(*others) == [False, False]


def test_where_all_places_are_taken_the_address_with_most_gives_way_to_a_smaller_one() -> None:
    places = Places(6, 4)
    many = [place("a", Rank.WAITING, since) for since in range(4)]
    stream = place("b", Rank.STREAM)
    fill(places, *many, stream, place("b"))
    assert places.enter(newcomer("c"))
    assert ended(*many, stream) == [True, False, False, False, False]


def test_where_the_address_with_most_is_busy_the_next_gives_way() -> None:
    places = Places(5, 3)
    stream = place("b", Rank.STREAM)
    fill(places, place("a"), place("a"), place("a"), stream, place("b"))
    assert places.enter(newcomer("c"))
    assert ended(stream) == [True]


def test_nobody_gives_way_to_an_address_that_has_as_many_but_that_itself() -> None:
    places = Places(2, 2)
    guests = [place("a", Rank.STREAM), place("b", Rank.STREAM)]
    fill(places, *guests, newcomer("b"))
    assert ended(*guests) == [False, True]
    assert not places.enter(newcomer("b"))


def test_a_proxys_address_has_all_places() -> None:
    places = Places(3, 1)
    guests = [place("proxy", Rank.STREAM, since) for since in range(3)]
    for guest in guests:
        assert places.enter(guest, shares=False)
    assert places.enter(newcomer("proxy"), shares=False)
    assert ended(*guests) == [True, False, False]


def test_how_many_there_are_is_reported_with_each_change() -> None:
    counts: list[int] = []
    places = Places(1, 1, counts.append)
    fill(places, place(rank=Rank.WAITING), last := newcomer())
    places.leave(last)
    assert counts == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.168.1.20", 50000), "192.168.1.20"),
        (("::ffff:192.168.1.20", 50000, 0, 0), "192.168.1.20"),
        (("2001:db8:1:2:3:4:5:6", 50000, 0, 0), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::1", 50000, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 50000, 0, 2), "fe80::1"),
        (("::1", 50000, 0, 0), "::/64"),
        ("", ""),
    ],
)
def test_an_address_is_one_host_as_far_as_a_host_cannot_choose_it(peer: object, address: str) -> None:
    assert network_of(host_of(peer)) == address


@pytest.mark.parametrize(
    ("peer", "networks", "is_it"),
    [
        (("172.18.0.3", 1), ["172.18.0.0/16"], True),
        (("::ffff:172.18.0.3", 1, 0, 0), ["10.0.0.1", "172.18.0.3"], True),
        (("172.19.0.3", 1), ["172.18.0.0/16"], False),
        (("fd00::9", 1, 0, 0), ["fd00::/8"], True),
        ("", ["172.18.0.0/16"], False),
    ],
)
def test_a_proxy_is_known_by_its_address(peer: object, networks: list[str], is_it: bool) -> None:
    assert is_one_of(host_of(peer), networks) == is_it
