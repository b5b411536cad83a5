"""``render`` and ``show``: the panel's picture, in a file or a terminal."""

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mapio_display.cli.arguments import of_any_gateway
from mapio_display.cli.failing import failed
from mapio_display.cli.gateway import client
from mapio_display.views.names import names
from mapio_display.words.languages import ENGLISH, languages

if TYPE_CHECKING:
    from mapio_display.cli.arguments import Commands


def add(commands: "Commands") -> None:
    """Add the commands."""
    render = commands.add_parser("render", help="draw a view into a PNG file")
    render.add_argument("view", metavar="VIEW", help=f"{', '.join(names())}; or all")
    render.add_argument(
        "--snapshot", type=Path, metavar="FILE.json", help="a status as /api/status gives it; without one, a sample"
    )
    render.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png", help="where the picture goes")
    render.add_argument(
        "--scale", type=int, default=1, choices=range(1, 17), metavar="N", help="pixels per dot (default: 1)"
    )
    render.add_argument(
        "--language", choices=languages(), default=ENGLISH, help=f"{', '.join(languages())} (default: {ENGLISH})"
    )
    render.set_defaults(command=_render)

    show = commands.add_parser(
        "show",
        parents=[of_any_gateway()],
        help="the panel's picture, in a terminal as wide as the panel has dots: 250 columns",
    )
    show.set_defaults(command=_show)


def _render(args: Namespace) -> int:
    from mapio_display.core.status import from_json
    from mapio_display.views.picture import contact_sheet, png
    from mapio_display.views.render import render
    from mapio_display.views.sample import sample
    from mapio_display.words import catalogue

    known = names()
    if args.view != "all" and args.view not in known:
        return failed(f"{args.view} is no view; the views are {', '.join(known)}, and all of them: all", 2)
    views = known if args.view == "all" else (args.view,)
    snapshot = None
    if args.snapshot:
        try:
            snapshot = from_json(json.loads(args.snapshot.read_text("utf-8")))
        except OSError as error:
            return failed(f"{args.snapshot}: {error.strerror}", 2)
        except (ValueError, RecursionError) as error:
            return failed(f"{args.snapshot}: {error}", 2)
    words = catalogue.of(args.language)
    frames = [render(view, snapshot or sample(view), words=words) for view in views]
    picture = png(frames[0], scale=args.scale) if len(frames) == 1 else contact_sheet(frames, scale=args.scale)
    try:
        args.output.write_bytes(picture)
    except OSError as error:
        return failed(f"{args.output}: {error.strerror}", 2)
    return 0


def _show(args: Namespace) -> int:
    from mapio_display.views.terminal import half_blocks

    print(half_blocks(client(args).picture()))
    return 0
