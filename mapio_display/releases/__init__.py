"""Newer bundles: where they are announced, when that is looked at, and how one is downloaded.

HTTP and TLS run in a process of its own that ends (``fetch.py``): the daemon never loads OpenSSL, and what a
server sends is taken apart where a fault ends nothing else.
"""
