"""RAUC: its D-Bus names, texts, counters and versions. No other room holds its English.

``actor.py`` carries out the core's commands one after another, ``rauc.py`` follows what RAUC does, ``texts.py``
reads RAUC's texts, and ``journal.py`` keeps the update on the disk.
"""
