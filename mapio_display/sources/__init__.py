"""What lies outside and changes: each file turns one thing into events, or reads it once (OS release)."""
