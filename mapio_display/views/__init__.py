"""The panel's views: pure functions from a snapshot to a one-bit picture.

``render.py`` is the way in. ``resting.py``, ``updating.py`` and ``edges.py`` say what each view tells; ``parts.py``
holds what they share, and ``canvas.py`` fits words into fields. Nothing in here asks the machine anything.
"""
