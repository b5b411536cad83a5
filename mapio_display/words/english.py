"""The English sentences by their keys; a message's key is its code.

In braces stand the facts: ``{size:up}`` is a size in bytes rounded up, as for a need, ``{size:down}`` one rounded down.
"""

_CANNOT_MOUNT = (
    "This bundle reads the other slot before it is written, and that slot cannot be read. "
    "Use a bundle without a pre-install hook."
)
_DATA_REMEDY = (
    "could not be written to the data partition. Check that /usr/local is mounted and has space, then try again."
)
_WENT_BACK = "so the gateway went back to the system it had before. The new version is not in use."
_WENT_ELSEWHERE = "so the gateway started slot {started}. The new version is not in use."

SENTENCES = {
    "prose": "{text}",
    # Failures: the part before the dot is the failure's own code.
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
    "The details have its words; whoever made the bundle can tell more.",
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
    # SSH keys.
    "no-key": "There is no public key in it. A public key is one line that begins with its type, as ssh-ed25519 does.",
    "private-key": "This is a private key, so it was not stored. Use the public key, from the file that ends in .pub. "
    "A private key that was sent over the network is no longer secret: make a new pair.",
    "bad-key": "Line {line} is not a public key. Copy the whole line from the file that ends in .pub.",
    "bad-key.type": "Line {line} has a key of a type that is not accepted. "
    "Use ssh-ed25519, ecdsa-sha2, ssh-rsa, or a security key's sk type.",
    "bad-key.options": "Line {line} has options before the key. Enter the key alone.",
    "bad-key.short": "The RSA key in line {line} has {bits} bits; the least is {least}. "
    "Make a longer one, or one of the type ssh-ed25519.",
    "bad-key.ssh2": "This public key is in the SSH2 format. Copy the line that PuTTYgen shows at the top, "
    "or convert the file with ssh-keygen -i -f FILE.",
    "bad-key.too-large": "This is too large for public keys. Choose the file that ends in .pub.",
    "too-many-keys": "The gateway keeps at most {most} SSH keys. Remove one that is no longer used, then try again.",
    "too-many-keys.size": "The file of the SSH keys may have {most:down} at most. "
    "Remove a key that is no longer used, then try again.",
    "no-such-key": "There is no key with this fingerprint. It may have been removed already.",
    "ssh-off": "SSH keys are not managed here, because the configuration says so ([ssh] enabled = false).",
    "ssh-storage": "{file} could not be written: {reason}. Nothing was changed.",
    "ssh-storage.read-only": "{file} is on a read-only file system. Nothing was changed. "
    "Restart the gateway and try again; if that does not help, check its storage.",
    "ssh-storage.full": "The file system of {file} is full. Nothing was changed. "
    "Remove what you no longer need, then try again.",
    "ssh-storage.not-read": "{file} could not be read: {reason}. Nothing was changed.",
    "no-such-upload": "This upload is not known here any more. Send the bundle again.",
    "nothing-to-cancel": "There is no transfer to give up. An installation that has begun cannot be stopped safely.",
    "nothing-to-reboot": "No installed update is waiting for a restart.",
    "nothing-to-acknowledge": "There is nothing to dismiss.",
    "cancelled": "The transfer was cancelled. Nothing was changed.",
    "interrupted": "The update was interrupted. Send the bundle again.",
    "rauc-unavailable": "The update service RAUC does not answer, so no update can be installed. "
    "Restart the gateway and try again.",
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
    # Failures of requests.
    "no-bundle": "There is no file in the form's field 'bundle'. Choose a .raucb file, or use curl -F bundle=@FILE.",
    "length-required": "The request does not say how long it is. "
    "Send it with a Content-Length, as curl and browsers do.",
    "pin-required": "This needs the PIN that the gateway's panel shows. Sign in and try again.",
    "wrong-pin": "This is not the PIN that the gateway's panel shows. Look at the panel and try again.",
    "too-many-tries": "Too many wrong PINs. Try again in {minutes} minutes. To sign in at once, press MID on the "
    "panel's view Web server, or make a new PIN with: mapio-display pin new",
    "too-many-tries.minute": "Too many wrong PINs. Try again in 1 minute. To sign in at once, press MID on the "
    "panel's view Web server, or make a new PIN with: mapio-display pin new",
    "foreign-host": "The gateway does not go by this name. "
    "Use its IP address, or add the name to allowed_hosts in its configuration.",
    "foreign-origin": "Another web site's page sent this, so it is refused. Open the gateway's own page.",
    "foreign-origin.by-proxy": "The page's address is not the one that the request names, so it is refused. "
    "A proxy in front of the gateway has to pass the Host header on, and the name has to be in allowed_hosts; "
    "docs/proxy.md shows how.",
    "head-too-large": "The request's headers are longer than 16 kB, or more than 64. If a browser sent it, these are "
    "mostly cookies: a browser sends here those of all pages on this gateway's other ports too. "
    "Delete the cookies of this address in the browser, or open the page in a private window.",
    "busy": "The gateway has too many connections. Close other windows that show it, wait {seconds} seconds, "
    "and try again.",
    "not-found": "There is no such page here. Go to the home page.",
    "not-found.picture": "Nothing is known of what the panel shows. Wait until it has drawn its first picture.",
    "internal": "Something went wrong in the gateway itself. Try again; its log says what it was.",
    "malformed": "The request could not be understood. Reload the page and try again.",
    "malformed.by-command": "The request could not be understood.",
    "other-version": "The gateway speaks version 1.0.0 of the tus protocol only.",
    "no-upload-length": "The upload does not say how long it is. "
    "Send its Upload-Length with the request that begins it.",
    "not-offered": "This needs an extension of tus that the gateway does not have. "
    "It has creation, termination and expiration.",
    "wrong-type": "A piece of an upload must be sent as {type}.",
    "other-offset": "The upload stands at another byte. Ask where it stands, and go on from there.",
    "sender-there": "Another browser is sending this upload. Wait until it is done, or gone.",
    "command-line": "At a command line, send a bundle with: curl -u mapio:PIN -F bundle=@FILE http://{host}/update",
    # Failures of Wi-Fi.
    "no-wifi": "This gateway has no Wi-Fi that can be set up here. Connect it by cable.",
    "wifi-busy": "The gateway is joining a network. Wait until the panel shows the result, then try again.",
    "wifi-not-supported": "The gateway cannot join networks with this kind of security. "
    "Set the router to WPA2 or WPA3, or choose another network.",
    "wifi-not-supported.enterprise": "Networks that ask for a user name (WPA Enterprise) are not supported. "
    "Choose another network.",
    "wifi-not-supported.wpa3": "The Wi-Fi of this gateway has no WPA3. Set the router to WPA2 or to WPA2 and WPA3.",
    "wifi-ssid": "The name of a network has 1 to 32 bytes. Check the name and try again.",
    "wifi-password": "A Wi-Fi password has 8 to 63 characters, and an open network has none. "
    "Check the password and try again.",
    "wifi-not-saved": "This network is not saved on the gateway.",
    "wifi-wrong-password": "The router refused the password. Check it and try again.",
    "wifi-not-found": "The network was not found. Check its name, and that the router is on and near enough.",
    "wifi-no-answer": "The router did not let the gateway in. Check the password, and that the router is near enough.",
    "wifi-no-address": "The router gave the gateway no address. Check that DHCP is on in the router.",
    "wifi-hotspot-stays": "The hotspot could not be switched off. Restart the gateway and try again.",
    "wifi-silent": "The program for Wi-Fi, wpa_supplicant, does not answer. Restart the gateway and try again.",
    "wifi-file": "The file with the gateway's networks cannot be read or written. The details say why.",
    # What became of an update, and why.
    "succeeded.other-name": "The bundle called itself {version}.",
    "replaced": "Version {version} was installed since, and is in use now.",
    "installed.no-system": "The bundle holds no system to be started, so the gateway was not restarted.",
    "installed.by-other-means": "The bundle is installed in slot {slot}. "
    "This system starts it by other means than RAUC, so the gateway was not restarted.",
    "failed.overwritten": "Another program installed something over it before the gateway had restarted. "
    "Send the bundle again if you still want it.",
    "failed.not-next": "The installed slot is no longer the one that the next start would use.",
    "interrupted.transfer-by-restart": "The transfer was cut off when the display service restarted. Send it again.",
    "interrupted.perhaps-begun": "The installation was cut off, and RAUC does not tell whether it had begun. "
    "The running system is unchanged; send the bundle again.",
    "interrupted.perhaps-complete": "The display service restarted during the installation, and RAUC does not tell "
    "whether that was completed. The running system is unchanged; send the bundle again.",
    "interrupted.rauc-stopped": "RAUC stopped in the middle of the installation. "
    "The running system is unchanged; send the bundle again.",
    "interrupted.boot-receiving": "The gateway restarted during the transfer. "
    "Nothing was changed; send the bundle again.",
    "interrupted.boot-inspecting": "The gateway restarted while the bundle was checked. "
    "Nothing was changed; send it again.",
    "interrupted.boot-installing": "The gateway restarted in the middle of the installation. "
    "The system you had is still in use; send the bundle again.",
    "interrupted.boot-perhaps-complete": "The gateway restarted during the installation, and RAUC does not tell "
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
    "no-updates.rauc-unavailable": "RAUC is missing",
    "no-updates.rauc-unavailable.fails": "RAUC does not start",
    "no-updates.rauc-unavailable.unheard": "waiting for RAUC",
    "no-updates.low-battery": "battery too low",
}
