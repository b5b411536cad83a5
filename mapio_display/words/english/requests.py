"""Why the web server refuses a request, with what to do about it."""

SENTENCES = {
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
}
