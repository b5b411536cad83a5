"""The services on the view "status": which of them, and how urgent a change is."""

import pytest

from mapio_display.core.facts.services import SERVICES, Service, ServiceState
from mapio_display.core.frame import Frame
from mapio_display.core.front.refresh import Change, change_between
from mapio_display.views.render import render
from mapio_display.views.sample import AT_REST
from mapio_display.words.catalogue import ENGLISH

RUNNING, STARTING, STOPPING, STOPPED, FAILED, MISSING = ServiceState


def status(*states: ServiceState | None) -> Frame:
    names = ("Docker", "MQTT", "Node-RED")
    services = tuple(Service(name, f"{name}.service", state) for name, state in zip(names, states, strict=False))
    return render("status", AT_REST.knowing(SERVICES, services), words=ENGLISH)


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ((), None),
        ((RUNNING,), ("Docker", "running")),
        ((RUNNING, RUNNING, RUNNING), ("Docker + 2", "running")),
        ((STARTING, FAILED, STOPPED), ("MQTT", "failed")),
        ((RUNNING, MISSING, MISSING), ("MQTT + 1", "not installed")),
        ((RUNNING, None, STOPPED), ("MQTT", "unknown")),
        ((STOPPED, STOPPING, STARTING), ("Docker", "stopped")),
    ],
)
def test_those_that_are_worst_off_are_shown(
    states: tuple[ServiceState | None, ...], shown: tuple[str, str] | None
) -> None:
    lines = [{facts for _, facts in frame.items if isinstance(facts, tuple)} for frame in (status(*states), status())]
    assert {facts for facts in lines[0] - lines[1] if len(facts) == 2} == ({shown} if shown else set())


@pytest.mark.parametrize("state", [FAILED, STOPPED, MISSING, None])
def test_a_service_that_is_down_is_shown_at_once(state: ServiceState | None) -> None:
    assert change_between(status(RUNNING), status(state)) is Change.FACT
    assert change_between(status(state), status(RUNNING)) is Change.FACT


@pytest.mark.parametrize(("before", "after"), [(RUNNING, STOPPING), (STOPPING, STARTING), (STARTING, RUNNING)])
def test_one_that_restarts_again_and_again_does_not_wear_the_glass(before: ServiceState, after: ServiceState) -> None:
    assert change_between(status(before), status(after)) is Change.BACKGROUND
