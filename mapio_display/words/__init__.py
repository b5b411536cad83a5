"""Every sentence a person reads, by language: where a message is shown, its words are looked up.

``english/`` has the sentences by their keys, a file for each subject. Another language is a file ``LANGUAGE.po``, in
gettext's form, whose ``msgctxt`` is the key. Which language a reader gets is an argument, never a global.
"""
