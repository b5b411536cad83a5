"""What lies outside and changes: each file turns one thing into events, or reads it once (OS release).

LEDs and hotspot go the other way and are here all the same: each is one more thing of the board that one file knows.
"""
