"""The states of services and of what else is a list of names with states."""

SENTENCES = {
    "state.running": "running",
    "state.starting": "starting",
    "state.stopping": "stopping",
    "state.stopped": "stopped",
    "state.failed": "failed",
    "state.missing": "not installed",
    "state.unknown": "unknown",
}
