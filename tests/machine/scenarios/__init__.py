"""What the gateway in QEMU goes through; ``make machine`` runs these tests and no other run does."""
