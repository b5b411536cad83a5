"""Why a Wi-Fi network was not joined, and what Wi-Fi says on panel, page and console."""

SENTENCES = {
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
    "wifi-file": "The gateway cannot save networks: {text}.",
    "wifi-file.not-read": "The gateway cannot save networks: {file} cannot be read: {reason}.",
    "wifi-file.not-written": "The gateway cannot save networks: {file} cannot be written: {reason}.",
    "wifi-file.no-end": "The gateway cannot save networks: in {file} the block that begins in line {line} has no end.",
    "wifi-file.late": "The gateway could not save the network in time. Restart it and try again.",
    # On the panel.
    "title.wifi": "Wi-Fi",
    "wifi.joining": "Joining",
    "wifi.hotspot-returns": "Otherwise the hotspot returns",
    "wifi.up-to-a-minute": "This takes up to a minute",
    "wifi.joined": "Connected",
    "wifi.headline.wifi-wrong-password": "Wrong password",
    "wifi.headline.wifi-not-found": "Not found",
    "wifi.headline.wifi-no-answer": "No connection",
    "wifi.headline.wifi-no-address": "No address",
    "wifi.headline.wifi-file": "Not saved",
    "wifi.headline.other": "Not joined",
    "hotspot.set-up": "Then open {address}",
    # At the console.
    "console.wifi-password": "Password of {ssid} (none for an open network): ",
    "console.wifi-joining": "Joining {ssid}; this takes up to a minute.",
    "console.wifi-joined": "Connected to {ssid}, and saved.",
    "console.wifi-forgotten": "{ssid} is no longer saved.",
    "console.wifi-saved": "saved",
    "console.wifi-used": "in use",
    "console.no-networks": "No networks were found. Look again with: mapio-display wifi scan",
}
