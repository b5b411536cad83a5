"""``render`` and ``show``: the panel's picture, in a file or a terminal."""

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_any_gateway, whole
from mapio_display.cli.failing import failed, wrong_file
from mapio_display.cli.gateway import client
from mapio_display.views.names import names
from mapio_display.words.languages import ENGLISH, languages

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands
    from mapio_display.words.catalogue import Words


def add(commands: "Commands", words: "Words") -> None:
    """Add the commands."""
    text = words.text
    render = commands.add_parser("render", help=text("help.render"))
    render.add_argument("view", metavar=text("metavar.view"), help=text("help.view", views=", ".join(names())))
    render.add_argument("--snapshot", type=Path, metavar=text("metavar.json"), help=text("help.snapshot"))
    png = text("metavar.png")
    render.add_argument("-o", "--output", type=Path, required=True, metavar=png, help=text("help.output"))
    scale = text("help.scale", default=1)
    render.add_argument("--scale", type=whole(words, 1, 16), default=1, metavar="N", help=scale)
    language = text("help.language", default=ENGLISH)
    render.add_argument("--language", choices=languages(), default=ENGLISH, help=language)
    render.set_defaults(command=_render)

    show = commands.add_parser("show", parents=[of_any_gateway(words)], help=text("help.show"))
    show.set_defaults(command=_show)


def _render(args: Namespace) -> int:
    from mapio_display.core.status import from_json
    from mapio_display.views.picture import contact_sheet, png
    from mapio_display.views.render import render
    from mapio_display.views.sample import sample
    from mapio_display.words import catalogue

    known = names()
    if args.view != "all" and args.view not in known:
        return failed(args.words.text("argument.view", value=args.view, views=", ".join(known)), 2)
    views = known if args.view == "all" else (args.view,)
    snapshot = None
    if args.snapshot:
        try:
            snapshot = from_json(json.loads(args.snapshot.read_text("utf-8")))
        except OSError as error:
            return wrong_file(args, args.snapshot, error.strerror)
        except (ValueError, RecursionError) as error:
            return wrong_file(args, args.snapshot, error)
    words = catalogue.of(args.language)
    frames = [render(view, snapshot or sample(view), words=words) for view in views]
    picture = png(frames[0], scale=args.scale) if len(frames) == 1 else contact_sheet(frames, scale=args.scale)
    try:
        args.output.write_bytes(picture)
    except OSError as error:
        return wrong_file(args, args.output, error.strerror)
    return 0


def _show(args: Namespace) -> int:
    from mapio_display.views.terminal import half_blocks

    print(half_blocks(client(args).picture()))
    return 0
