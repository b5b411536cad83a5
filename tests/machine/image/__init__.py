"""What the machine in QEMU starts from: kernel, boot loader, root file system, bundles, and its disk."""
