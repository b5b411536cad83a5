"""Every sentence about failures, verdicts and updates, by language: where a message is shown, its words are looked up.

``english.py`` has the sentences by their keys. Another language is a file ``LANGUAGE.po`` beside it, in gettext's form,
whose ``msgctxt`` is the key. Which language a reader gets is an argument, never a global.
"""
