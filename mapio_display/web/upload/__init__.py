"""What HTTP has of a transfer: a form, and tus. The transfer itself is in the room of that name."""
