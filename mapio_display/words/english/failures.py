"""Why an update or a switch failed; the part of a key before the dot is the failure's own code."""

_CANNOT_MOUNT = (
    "This bundle reads the other slot before it is written, and that slot cannot be read. "
    "Use a bundle without a pre-install hook."
)
_DATA_REMEDY = (
    "could not be written to the data partition. Check that /usr/local is mounted and has space, then try again."
)

SENTENCES = {
    "prose": "{text}",
    "update-under-way": "An update is already under way. Wait until it has finished, then try again.",
    "update-under-way.by-another": "Another program is installing an update. Wait until it has finished, "
    "then send the bundle again.",
    "untrusted": "This bundle is not signed for this gateway. "
    "Use an official bundle, or one signed with the key of your own image.",
    "untrusted.expired": "The certificate that this bundle is signed with has expired. "
    "Get a newer bundle, or have it signed again.",
    "untrusted.not-yet-valid": "The certificate that this bundle is signed with is not valid yet. "
    "Send the bundle when it is, or have it signed again.",
    "untrusted.clock": "The gateway's clock does not fit the bundle's certificate. "
    "Connect it to the Internet, so that its clock is set, and send the bundle again.",
    "wrong-device": "This bundle is made for another kind of device. Choose a bundle made for this gateway.",
    "damaged": "This file is not a complete bundle. Download the .raucb file again and choose that one.",
    "install-failed": "RAUC could not install the bundle: {text}. The running system is unchanged.",
    "install-failed.no-keyring": "This system lacks the certificate that bundles are verified with. "
    "It must be where RAUC's configuration says, see [keyring] in /etc/rauc/system.conf.",
    "install-failed.no-unsquashfs": "This system lacks the program unsquashfs, without which RAUC can open no bundle. "
    "Install squashfs-tools on it, or write an image that has it to the gateway.",
    "install-failed.too-large-for-plain": "This bundle is larger than 2 GiB, and RAUC takes none so large in the "
    'format "plain". Use a smaller one, or one in the format "verity" if the system\'s configuration allows that.',
    "install-failed.format": "This system does not take bundles of this format. "
    "Choose a bundle made for the OS that runs on this gateway.",
    "install-failed.no-verity": "This system's kernel lacks dm-verity, which bundles of this format need. "
    "Choose a bundle made for the OS that runs on this gateway.",
    "install-failed.too-old": "This system takes no bundle as old as this one (min-bundle-version in RAUC's "
    "configuration). Choose a newer bundle.",
    "install-failed.hook": "A hook of the bundle ended with an error. "
    "Its message is in the details; ask the maker of the bundle.",
    "install-failed.no-slot": "This system has no second slot that the bundle could be installed into. "
    "Choose a bundle made for the OS that runs on this gateway.",
    "install-failed.cannot-mount": _CANNOT_MOUNT,
    "install-failed.not-repaired": f"{_CANNOT_MOUNT} It was not repaired: {{reason}}.",
    "install-failed.repair-unclear": f"{_CANNOT_MOUNT} It was not repaired: "
    "RAUC has not given up exactly one slot that could be repaired.",
    "install-failed.repair-unanswered": f"{_CANNOT_MOUNT} It was not repaired: no answer in time.",
    "install-failed.boot-read-only": "The boot partition cannot be written, so no other slot can be chosen. Restart "
    "the gateway; if /boot is still read-only then, check that partition (fsck) or replace its storage.",
    "install-failed.boot-loader": "RAUC cannot change what the boot loader starts. "
    "Check that /boot is mounted and can be written.",
    "install-failed.held-open": "Another program has the bundle open. "
    "Send it again; if that does not help, restart the gateway.",
    "no-space": "The data partition has {available:down} free and the bundle needs {needed:up}. "
    "Remove what you no longer need (for example unused Docker images) and try again.",
    "too-large": "The file has {size:up} and this gateway takes bundles of at most {limit:down}. "
    "Check that you chose the right file, or raise max_bundle_bytes in the configuration.",
    "connection-lost": "The connection was lost during the transfer. Nothing was changed; send the bundle again.",
    "connection-lost.at": "The connection was lost after {percent} % of the transfer. "
    "Nothing was changed; send the bundle again.",
    "storage": "The data partition could not be written, so the update was not started. "
    "Check that /usr/local is mounted and has space, then try again.",
    "storage.web-on": f"The web server is on until the next start, but that {_DATA_REMEDY}",
    "storage.web-off": f"The web server is off until the next start, but that {_DATA_REMEDY}",
    "storage.pin": f"The old PIN stays: the new one {_DATA_REMEDY}",
    "no-such-upload": "This upload is not known here any more. Send the bundle again.",
    "nothing-to-cancel": "There is no transfer to give up. An installation that has begun cannot be stopped safely.",
    "nothing-to-reboot": "No installed update is waiting for a restart.",
    "nothing-to-acknowledge": "There is nothing to dismiss.",
    "cancelled": "The transfer was cancelled. Nothing was changed.",
    "interrupted": "The update was interrupted. Send the bundle again.",
    "rauc-unavailable": "The update service RAUC does not answer, so no update can be installed. "
    "Restart the gateway and try again.",
    "rauc-unavailable.absent": "The update service RAUC is missing, so no update can be installed. "
    "Check that it is installed and can be started: systemctl status rauc.",
    "rauc-unavailable.slow": "The update service RAUC has not answered yet, so no update can be installed. "
    "Wait a minute; if it still does not answer, restart the gateway.",
    "rauc-unavailable.fails": "The update service RAUC does not start, so no update can be installed. "
    "Its log says why: journalctl -u rauc.",
    "rauc-unavailable.unheard": "The update service RAUC does not answer, so no update can be installed. "
    "Restart the gateway and try again.",
    "no-data-partition": "The data partition is not mounted, so there is nowhere to put a bundle. "
    "Restart the gateway; if that does not help, its storage is damaged.",
    "read-only": "The data partition cannot be written, so there is nowhere to put a bundle. "
    "Restart the gateway, which checks it; if that does not help, its storage is damaged.",
    "low-battery": "The gateway runs on its battery, and that is too low for an update. "
    "Connect it to the mains and try again.",
    "reboot-failed": "The gateway did not restart when asked. Try again, or switch it off and on.",
    "reboot-failed.installed": "The update is installed, but the gateway did not restart when asked. "
    "Restart it from the page, or switch it off and on.",
    "reboot-failed.primary-unknown": "The update is installed, but RAUC does not say which slot is started next, "
    "so the gateway was not restarted. Restart it when it suits you.",
}
