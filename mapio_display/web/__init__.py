"""The setup web server: pages and API of one aiohttp application.

``http/`` opens and closes the port, decides which connections may stay, bounds what one may send, and has an answer
arrive where a connection ends. A request passes ``auth/`` (which names and pages may ask, who has the PIN) before it
reaches ``api/``, ``pages/`` or ``upload/``. ``app.py`` joins it all.
"""
