"""About newer bundles: why a server could not be asked, and what is offered."""

_ADDRESS = "Check the address in [releases] url."

SENTENCES = {
    "no-answer": "The server {host} does not answer. Check the gateway's connection to the Internet, then try again.",
    "no-answer.name": "The server's name {host} cannot be found. "
    "Check the gateway's connection to the Internet, and the address in [releases] url.",
    "no-answer.silent": "The server {host} did not answer in time. Try again later.",
    "no-answer.endless": "The server's answer did not end in time. Try again later.",
    "no-answer.cut": "The server's answer was cut off. Try again.",
    "no-answer.proxy": "The proxy does not connect the gateway to {host}. Check the proxy, "
    "and the variable https_proxy of the service.",
    "no-answer.proxy-kind": "Only a proxy with an address that begins with http:// can be used. "
    "Correct the variables http_proxy and https_proxy of the service.",
    "not-secure": "No secure connection to the server could be made. The details say why.",
    "not-secure.untrusted": "The server's certificate was not issued by an authority that this system trusts. "
    f"{_ADDRESS} In a network with a sign-in page, sign in there first.",
    "not-secure.other-name": f"The server's certificate was issued for another name. {_ADDRESS} "
    "In a network with a sign-in page, sign in there first.",
    "not-secure.expired": "The server's certificate has expired. Its operator has to renew it; until then, "
    "upload the bundle yourself.",
    "not-secure.not-yet-valid": "By this gateway's clock the server's certificate is not valid yet. "
    "Check that the clock is right.",
    "not-secure.clock": "The gateway's clock is not set, so the server's certificate cannot be verified. "
    "Connect the gateway to a time server (NTP), then try again.",
    "not-secure.incomplete": "A certificate of the server or of its authority lacks what RFC 5280 demands; the details "
    "say what. Its operator has to make it again. An authority of your own needs the extension keyUsage.",
    "not-secure.no-certificates": "This system has no certificates to verify servers with. "
    "Its image needs the package ca-certificates.",
    "not-secure.redirect": "The server leads from a secure address to one that is not secure. "
    "That address is not used.",
    "bad-answer.status": f"The server answered with the status {{status}}. {_ADDRESS}",
    "bad-answer.page": "The server sent a web page instead of what was asked for. In a network with a sign-in page, "
    f"sign in there first. {_ADDRESS}",
    "bad-answer.no-json": f"The server's answer is no announcement. {_ADDRESS}",
    "bad-answer.no-http": f"The server {{host}} does not answer as a web server does. {_ADDRESS}",
    "bad-answer.field": "The announcement has no valid value for {field}. Its publisher has to correct that.",
    "bad-answer.too-large": "The server's answer is larger than {limit:down}, too large for an announcement. "
    f"{_ADDRESS}",
    "bad-answer.no-bundle": "The release {version} has no bundle: none of its files ends in .raucb.",
    "bad-answer.several": "The release has several bundles, and which one is for this gateway is not clear. "
    "Publish an announcement that names one.",
    "bad-answer.redirect": "The server leads to an address that cannot be used.",
    "bad-answer.redirects": "The server leads from one address to another without an end.",
    "bad-answer.encoded": "The server sends the bundle compressed, although that was not asked for. "
    "Its publisher has to correct that.",
    "bad-answer.no-length": "The server does not say how large the bundle is. Its publisher has to correct that.",
    "bad-answer.range": "The server sends another part of the bundle than the one that was asked for.",
    "bad-answer.size": "The bundle on the server has {size:up}, but {announced:down} were announced. "
    "Check for a newer announcement.",
    "bad-answer.changing": "The server sends the bundle from its beginning again and again. "
    "Download it yourself, and upload it here.",
    "rate-limited": "The server has had too many requests from your network. Try again in an hour.",
    "damaged.download": "The downloaded file is not the one that was announced: its SHA-256 is another. "
    "Check for a newer announcement, then download it again.",
    "releases-off": "This gateway looks for no newer versions: [releases] url in its configuration is empty.",
    "no-offer": "This version is not offered (any more). Check again.",
    "offer.available": "{version} is available",
    "offer.available.size": "{version} is available ({size:up})",
    "offer.none": "There is no newer version.",
    "offer.label": "New version",
    "offer.not-checked": "the last check failed: {reason}",
    "page.release.title": "New version",
    "page.release.notes": "What is new",
    "page.release.install": "Download and install",
    "page.release.dismiss": "Dismiss",
    "page.release.check": "Check now",
    "page.release.checking": "Looking for a newer version …",
    "page.release.opening": "Asking the server for the bundle …",
    "page.release.checked": "Last checked: {time}.",
    "page.release.unchecked": "Not checked yet.",
    "page.release.failed": "The last check failed. {reason}",
    "page.release.not-begun": "The download did not begin",
    "page.headline.download-cut-off": "The download was interrupted",
    "page.headline.download-cut-off-at": "The download was interrupted at {percent}\N{NO-BREAK SPACE}%",
    "page.resume.download": "It resumes by itself when the server can be reached.",
    "page.doing.downloading": "The bundle is being downloaded.",
    "offer.begun": "The download has begun. The panel, the page and `mapio-display status` show its progress.",
}
