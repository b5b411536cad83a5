"""What is known, one file a subject: its part of the snapshot, its events, and how it takes them."""
