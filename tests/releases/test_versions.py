"""Versions are compared as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapio_display.core.versions import is_newer

RISING = (
    "0.9",
    "1.0-dev",
    "1.0-alpha1",
    "1.0-alpha2",
    "1.0b1",
    "1.0-beta.2",
    "1.0-rc1",
    "1.0-rc2",
    "1.0-rc10",
    "1.0",
    "1.0+git20261101",
    "1.0+git20261102",
    "1.0-hotfix1",
    "1.0.1",
    "1.9",
    "v1.10-rc.1",
    "v1.10",
    "2",
    "2.1-5-gabc1234",
    "2026-01-15",
    "2026.02.01",
    "20260301",
)
NUMBERS = st.lists(st.integers(0, 3000), min_size=1, max_size=4).map(lambda n: ".".join(map(str, n)))
WORDS = st.sampled_from(["", "-rc1", "-rc2", "rc1", "-beta", "a1", "+git1", "-hotfix", ".post1", "-1"])
VERSIONS = st.builds(lambda v, n, w: v + n + w, st.sampled_from(["", "v", "V"]), NUMBERS, WORDS)
TEXTS = st.one_of(VERSIONS, st.text(max_size=20))


def test_versions_rise_as_people_expect() -> None:
    for index, older in enumerate(RISING):
        for newer in RISING[index + 1 :]:
            assert is_newer(newer, older), (newer, older)
            assert not is_newer(older, newer), (older, newer)


@pytest.mark.parametrize("same", [("1.3", "1.3.0"), ("v2.1", "2.1"), ("1.0-rc1", "1.0RC1"), ("1.3.0-rc1", "1.3-rc1")])
def test_what_means_the_same_is_no_newer(same: tuple[str, str]) -> None:
    assert not is_newer(*same)
    assert not is_newer(*reversed(same))


@pytest.mark.parametrize("strange", ["", "latest", "v", "²", "-", "vv1"])
def test_what_has_no_number_in_front_is_never_newer_nor_older(strange: str) -> None:
    assert not is_newer(strange, "1.0")
    assert not is_newer("1.0", strange)


@given(TEXTS, TEXTS)
def test_of_two_at_most_one_is_newer(one: str, other: str) -> None:
    assert not (is_newer(one, other) and is_newer(other, one))
    assert not is_newer(one, one)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_newer_than_a_newer_one_is_newer(one: str, two: str, three: str) -> None:
    if is_newer(one, two) and is_newer(two, three):
        assert is_newer(one, three)


@given(NUMBERS, st.integers(0, 30))
def test_a_candidate_is_older_than_its_release_and_newer_than_the_one_before(numbers: str, candidate: int) -> None:
    assert is_newer(numbers, f"{numbers}-rc{candidate}")
    assert is_newer(f"{numbers}.1-rc{candidate}", numbers)


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("1.2.0", "1.3.0", True),
        ("1.9.0", "1.10.0", True),
        ("v1.2", "1.2.1", True),
        ("1.3.0", "1.3.0", False),
        ("1.3.0-rc1", "1.3.0", True),
        ("1.4.0+build7", "1.3.0", False),
        ("1.3", "1.3.0", False),
        ("1.3", "1.3.0.1", True),
        ("unknown", "1.3.0", False),
    ],
)
def test_a_bundle_is_called_older_only_if_it_is(version: str, than: str, older: bool) -> None:
    assert is_newer(than, version) is older
