"""The setup web server: pages and API of one aiohttp application.

A request passes ``access.py`` (which names and pages may ask) and ``session.py`` (who has the PIN; ``tries.py`` counts
wrong ones) before it reaches
``api.py``, ``events.py``, ``pages.py``, ``upload.py`` or ``tus.py``. ``intake.py`` takes a bundle in, whatever way it
comes.
``server.py`` opens and closes the port, ``places.py`` decides which connections may stay, ``connection.py`` bounds what
one may send, and ``farewell.py`` has an answer arrive where a connection ends. ``app.py`` joins it all.
"""
