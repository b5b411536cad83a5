"""What the operating system gives: each file turns one part of it into events, reads it once, or switches it."""
