"""The e-paper panel: from a frame to the glass.

``screen.py`` decides nothing but when to look: the policy is the core's. ``waveshare.py`` drives the panel over a
``Transport``; ``connect.py`` chooses the transport of the board; ``early.py`` brings up the first frame before the rest
of the daemon is loaded, and therefore imports next to nothing.
"""
