"""Every failure that a request can meet has its HTTP status."""

import ast

from mapio_display.web.http.answers import STATUS
from tests.test_house import FILES

# What becomes known only after the answer to the request: the status shows it. And what is a fault of the daemon: 500.
SHOWN_LATER = {
    *("reboot-failed", "wifi-file", "wifi-hotspot-stays", "wifi-no-address", "wifi-no-answer", "wifi-not-found"),
    *("wifi-silent", "wifi-wrong-password"),
}
OURS = {"internal"}


def test_every_failure_has_its_status_or_is_shown_after_the_answer() -> None:
    calls = (
        node
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("failure", "Failure") and node.args
    )
    codes = {
        code.value.partition(".")[0]
        for call in calls
        if isinstance(code := call.args[0], ast.Constant) and isinstance(code.value, str)
    }
    assert "pin-required" in codes
    assert codes - STATUS.keys() == SHOWN_LATER | OURS
