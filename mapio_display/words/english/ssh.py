"""Why an SSH key was not added or removed."""

SENTENCES = {
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
    "ssh-off.no-pin": "SSH keys are changed with the PIN only, and here the configuration asks for none "
    "([web] require_pin = false). Use the command line: mapio-display ssh-key",
    "ssh-storage": "{file} could not be written: {reason}. Nothing was changed.",
    "ssh-storage.read-only": "{file} is on a read-only file system. Nothing was changed. "
    "Restart the gateway and try again; if that does not help, check its storage.",
    "ssh-storage.full": "The file system of {file} is full. Nothing was changed. "
    "Remove what you no longer need, then try again.",
    "ssh-storage.not-read": "{file} could not be read: {reason}. Nothing was changed.",
}
