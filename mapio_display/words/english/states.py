"""The states of services and of what else is a list of names with states."""

SENTENCES = {
    "state.booted": "booted",
    "state.active": "active",
    "state.inactive": "inactive",
    "state.good": "good",
    "state.bad": "bad",
    "state.running": "running",
    "state.starting": "starting",
    "state.stopping": "stopping",
    "state.stopped": "stopped",
    "state.failed": "failed",
    "state.missing": "not installed",
    "state.unknown": "unknown",
}
