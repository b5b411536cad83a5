"""What is called the same on the panel, the page and the console."""

SENTENCES = {
    "unknown": "unknown",
    "percent": "{percent} %",
    "os-version": "OS {version}",
    "os-version.unknown": "OS version unknown",
    "no-network": "No network",
    "no-network.remedy": "Check the cable or the Wi-Fi.",
    "no-update-yet": "No update so far",
    "by-another-program": "by another program",
    "power.mains": "mains",
    "power.charging": "charging",
    "power.battery": "battery",
    "slot": "Slot {slot}",
    "slot.half-written": "half written",
    "slot.bad": "bad",
    "temperature": "{degrees} °C",
    "free": "{amount} free",
    "duration.minutes": "{minutes} min",
    "duration.hours": "{hours} h {minutes} min",
    "duration.days": "{days} d {hours} h",
}
