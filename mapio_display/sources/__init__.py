"""What lies outside and changes: each file turns one thing into events, or reads it once (OS release).

The LEDs go the other way and are here all the same: they are one more thing of the board that one file knows.
"""
