"""What became of an update and why, what it waits for, and why none is possible."""

_WENT_BACK = "so the gateway went back to the system it had before. The new version is not in use."
_WENT_ELSEWHERE = "so the gateway started slot {started}. The new version is not in use."

SENTENCES = {
    "succeeded.other-name": "The bundle called itself {version}.",
    "replaced": "Version {version} was installed since, and is in use now.",
    "installed.no-system": "The bundle holds no system to be started, so the gateway was not restarted.",
    "installed.by-other-means": "The bundle is installed in slot {slot}. "
    "This system starts it by other means than RAUC, so the gateway was not restarted.",
    "failed.overwritten": "Another program installed something over it before the gateway had restarted. "
    "Send the bundle again if you still want it.",
    "failed.not-next": "The installed slot is no longer the one that the next start would use.",
    "interrupted.transfer-by-restart": "The transfer was cut off when the display service restarted. Send it again.",
    "interrupted.perhaps-begun": "The installation was cut off, and RAUC does not report whether it had begun. "
    "The running system is unchanged; send the bundle again.",
    "interrupted.perhaps-complete": "The installation was cut off, and RAUC does not report whether it was complete. "
    "The running system is unchanged; send the bundle again.",
    "interrupted.rauc-stopped": "RAUC stopped in the middle of the installation. "
    "The running system is unchanged; send the bundle again.",
    "interrupted.boot-receiving": "The gateway restarted during the transfer. "
    "Nothing was changed; send the bundle again.",
    "interrupted.boot-inspecting": "The gateway restarted while the bundle was checked. "
    "Nothing was changed; send it again.",
    "interrupted.boot-installing": "The gateway restarted in the middle of the installation. "
    "The system you had is still in use; send the bundle again.",
    "interrupted.boot-perhaps-complete": "The gateway restarted during the installation, and RAUC does not report "
    "whether that was completed. Send the bundle again.",
    "interrupted.other-slot": "The gateway restarted before the update was complete, and runs the system that was in "
    "slot {slot}. Send the bundle again if you still want it.",
    "rolled-back": "The gateway runs another system than the new one, and the reason is not known.",
    "rolled-back.later": f"Slot {{slot}} started at first and later did not, {_WENT_BACK}",
    "rolled-back-to-other.later": f"Slot {{slot}} started at first and later did not, {_WENT_ELSEWHERE}",
    "rolled-back.never": f"Slot {{slot}} did not start, {_WENT_BACK}",
    "rolled-back-to-other.never": f"Slot {{slot}} did not start, {_WENT_ELSEWHERE}",
    "rolled-back.not-tried": "The gateway started its old system although slot {slot} was to be used. "
    "The new version is not in use.",
    "rolled-back-to-other.not-tried": "The gateway started slot {started} although slot {slot} was to be used. "
    "The new version is not in use.",
    # What an update waits for.
    "waiting.other-install": "Waiting: another program is installing",
    "waiting.rauc-stopped": "RAUC stopped; waiting for it to come back",
    "waiting.rauc-silent": "RAUC does not answer; asking again",
    "waiting.stalled": "No word from RAUC for {minutes} minutes; it may still be at work",
    "waiting.overtaken": "Another program is installing something",
    "waiting.repair": "The slot cannot be read; preparing it",
    "waiting.verdict": "Checking what became of the update",
    # A verdict: alone, after a version, as a headline, and as a page's.
    "result.alone.succeeded": "succeeded",
    "result.alone.failed": "failed",
    "result.alone.rolled-back": "rolled back",
    "result.alone.interrupted": "interrupted",
    "result.alone.installed": "installed",
    "result.alone.replaced": "replaced",
    "result.after-version.succeeded": "succeeded",
    "result.after-version.failed": "failed",
    "result.after-version.rolled-back": "was rolled back",
    "result.after-version.interrupted": "was interrupted",
    "result.after-version.installed": "is installed",
    "result.after-version.replaced": "was replaced",
    "result.headline.succeeded": "Updated",
    "result.headline.failed": "Failed",
    "result.headline.rolled-back": "Rolled back",
    "result.headline.interrupted": "Interrupted",
    "result.headline.installed": "Installed",
    "result.headline.replaced": "Replaced",
    "result.title.succeeded": "Update succeeded",
    "result.title.failed": "Update failed",
    "result.title.rolled-back": "Update rolled back",
    "result.title.interrupted": "Update interrupted",
    "result.title.installed": "Update installed",
    "result.title.replaced": "Update replaced by another",
    # Why no update is possible, where there is little room.
    "no-updates.update-under-way": "one is under way",
    "no-updates.no-data-partition": "no data partition",
    "no-updates.read-only": "data is read-only",
    "no-updates.rauc-unavailable.absent": "RAUC is missing",
    "no-updates.rauc-unavailable.slow": "RAUC is slow to answer",
    "no-updates.rauc-unavailable.fails": "RAUC does not start",
    "no-updates.rauc-unavailable.unheard": "waiting for RAUC",
    "no-updates.low-battery": "battery too low",
}
