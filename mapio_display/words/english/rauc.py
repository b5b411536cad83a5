"""What RAUC is at while it installs."""

SENTENCES = {
    "rauc.slots": "Reading the states of the slots",
    "rauc.bundle": "Checking the bundle",
    "rauc.signature": "Verifying the signature",
    "rauc.manifest": "Reading the manifest",
    "rauc.group": "Choosing the slots to write",
    "rauc.updating": "Writing the slots",
    "rauc.checking": "Checking slot {slot}",
    "rauc.copying": "Writing the image into {slot}",
}
