"""The update's actors: RAUC over D-Bus, the upload store, the journal, and the reboot through logind.

``actor.py`` carries out the core's commands one after another; ``rauc.py`` follows what RAUC does. ``bus.py`` is the
one connection to D-Bus, so ``systemd.py`` is in here too: it switches units for the hotspot.
"""
