"""RAUC's texts, as its versions 1.8 to 1.16 word them, mean what they say."""

import pytest

from mapio_display.core.facts.rauc import RaucProgress
from mapio_display.core.failures import Why
from mapio_display.core.message import Message, message, prose
from mapio_display.rauc.texts import step, why

SIGNATURE = "signature verification failed: "
TEXTS = [
    (f"{SIGNATURE}Verify error: self-signed certificate", Why.UNTRUSTED),
    (f"{SIGNATURE}Verify error: unable to get local issuer certificate", Why.UNTRUSTED),
    (f"{SIGNATURE}error:1700009E:CMS routines::verification failure", Why.UNTRUSTED),
    (f"{SIGNATURE}Verify error: certificate is not yet valid", Why.NOT_YET_VALID),
    (f"{SIGNATURE}Verify error: certificate has expired", Why.OUT_OF_DATE),
    (
        "Installation error: Compatible mismatch: Expected 'mapio-image' but bundle manifest has 'other'",
        Why.WRONG_DEVICE,
    ),
    ("Compatible mismatch: Expected 'mapio-image' but bundle manifest has 'other'", Why.WRONG_DEVICE),
    ("Invalid bundle format: Signature size (7310033806471326067) exceeds bundle size", Why.DAMAGED),
    ("Invalid bundle format: Signature data is no valid CMS", Why.DAMAGED),
    ("", Why.DAMAGED),
    ("  ", Why.DAMAGED),
    ("Bundle format 'verity' not allowed", Why.FORMAT),
    (
        "Failed updating slot rootfs.1: failed to mount slot: failed to run mount: Child process exited with code 32",
        Why.CANNOT_MOUNT,
    ),
    ("could not ensure exclusive bundle access (F_SETLEASE): EAGAIN: existing open file descriptor", Why.HELD_OPEN),
    ("Already processing a different method", Why.BUSY),
    (
        "Failed to run unsquashfs: Failed to execute child process “unsquashfs” (No such file or directory)",
        Why.NO_UNSQUASHFS,
    ),
    ("Failed to extract manifest from bundle: Failed to run unsquashfs", Why.NO_UNSQUASHFS),
    ("Failed to run unsquashfs: Child process exited with code 1", Why.UNKNOWN),
    ("Bundle payload size 2147487744 exceeds maximum for bundles using plain format (2 GiB)", Why.TOO_LARGE_FOR_PLAIN),
    (
        "Failed marking slot rootfs.1 non-bootable: Failed to run fw_setenv: Child process exited with code 247",
        Why.BOOT_READ_ONLY,
    ),
    (
        "Error while writing status file: Failed to create file “/boot/status.raucs.DKDJZ3”: Read-only file system",
        Why.BOOT_READ_ONLY,
    ),
    ("Installation error: Failed marking slot rootfs.1 non-bootable: Failed to run fw_setenv", Why.BOOT_LOADER),
    ("Installation error: Version mismatch: Expected at least '2.0' but bundle manifest has '1.4'", Why.TOO_OLD),
    (
        "Installation error: Failed updating slot rootfs.1: failed to run slot hook: Child process exited with code 1",
        Why.HOOK,
    ),
    ("Installation error: Bundle rejected: Hook returned: 'not on this board'", Why.HOOK),
    ("Installation error: No target slot for class 'rootfs' of image 'rootfs.ext4' found", Why.NO_SLOT),
    ("Failed mounting bundle: Failed to load dm table: Invalid argument, check DM_VERITY", Why.UNKNOWN),
    ("something no version has said so far", Why.UNKNOWN),
]


@pytest.mark.parametrize(("text", "meaning"), TEXTS)
def test_a_text_of_raucs_means_what_it_says(text: str, meaning: Why) -> None:
    assert why(text) is meaning


@pytest.mark.parametrize(
    ("progress", "known"),
    [
        ("Determining slot states", message("rauc.slots")),
        ("Checking bundle", message("rauc.bundle")),
        ("Checking bundle done.", message("rauc.bundle")),
        ("Verifying signature", message("rauc.signature")),
        ("Checking manifest contents done.", message("rauc.manifest")),
        ("Determining target install group", message("rauc.group")),
        ("Updating slots", message("rauc.updating")),
        ("Checking slot rootfs.1", message("rauc.checking", slot="rootfs.1")),
        ("Copying image to rootfs.1", message("rauc.copying", slot="rootfs.1")),
        ("Copying image to rootfs.1 done.", message("rauc.copying", slot="rootfs.1")),
        ("Copying image skipped", None),
        ("Checking bundle failed.", None),
        ("Something new", None),
        ("", None),
    ],
)
def test_what_rauc_is_at_is_known_by_its_progress(progress: str, known: Message | None) -> None:
    assert step(progress) == known
    assert RaucProgress(1, progress, known=step(progress)).shown == (known or prose(progress))
