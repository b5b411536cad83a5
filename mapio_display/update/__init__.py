"""The update's actors: RAUC over D-Bus, the upload store, the journal, and the reboot through logind.

``actor.py`` carries out the core's commands one after another; ``rauc.py`` follows what RAUC does.
"""
