"""What argparse itself says, in the language of the console.

It asks gettext for its sentences, which would need a compiled file for each language. They are given to it directly.
"""

import argparse

from mapio_display.words.catalogue import Words


def translate_argparse(words: Words) -> None:
    """Have argparse use these words. What a later Python adds stays in English until it is added here."""
    text = words.text
    known = {
        "usage: ": text("usage.usage"),
        "options": text("usage.options"),
        "positional arguments": text("usage.arguments"),
        "show this help message and exit": text("usage.help"),
        "%(prog)s: error: %(message)s\n": text("usage.error", program="%(prog)s", reason="%(message)s") + "\n",
        "argument %(argument_name)s: %(message)s": text(
            "usage.argument", argument="%(argument_name)s", reason="%(message)s"
        ),
        "the following arguments are required: %s": text("usage.required", arguments="%s"),
        "unrecognized arguments: %s": text("usage.unrecognized", arguments="%s"),
        "expected one argument": text("usage.no-value"),
        "ignored explicit argument %r": text("usage.needless-value", value="%r"),
        "invalid choice: %(value)r (choose from %(choices)s)": text(
            "usage.choice", value="%(value)r", choices="%(choices)s"
        ),
        "ambiguous option: %(option)s could match %(matches)s": text(
            "usage.ambiguous", option="%(option)s", matches="%(matches)s"
        ),
    }
    vars(argparse)["_"] = lambda english: known.get(english, english)
