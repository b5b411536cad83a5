"""The update's actors: RAUC over D-Bus and the journal.

``actor.py`` carries out the core's commands one after another; ``rauc.py`` follows what RAUC does.
"""
