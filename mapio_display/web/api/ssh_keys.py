"""SSH keys: who may sign in, and the requests that change it. Who is not signed in sees none of them."""

from collections.abc import Callable, Iterable
from email.parser import BytesParser
from typing import Any

from aiohttp import web

from mapio_display.core.failures import failure
from mapio_display.core.public_keys import PublicKey, pasted
from mapio_display.errors import Refused
from mapio_display.web.api.content import answer, read_object, to_setup
from mapio_display.web.http.answers import wants_page
from mapio_display.web.http.body import KEYS_BYTES
from mapio_display.web.http.headers import media_type
from mapio_display.web.ports import KeysPort
from mapio_display.web.refusals import WITHOUT_PIN, malformed

PATH = "/api/ssh/keys"


def check_size(request: web.Request) -> None:
    """Refuse by its headers what is too large to be public keys; raises ``Refused``."""
    if (request.content_length or 0) > KEYS_BYTES:
        raise Refused(failure("bad-key.too-large"))


class SshKeys:
    """Handlers of ``/api/ssh/keys``; ``check_pin`` raises without the PIN.

    Where ``keys`` is None they are not managed here. With ``open_to_all`` writes ask for no PIN, and then no key is
    added or shown: it would make root of everybody on the network.
    """

    def __init__(
        self, keys: KeysPort | None, check_pin: Callable[[web.Request], None], *, open_to_all: bool = False
    ) -> None:
        self._keys = keys
        self._check_pin = check_pin
        self._open_to_all = open_to_all

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [web.get(PATH, self.list), web.post(PATH, self.add), web.delete(PATH, self.remove)]

    async def list(self, request: web.Request) -> web.Response:
        """The keys; their comments often have names of people in them."""
        self._check_pin(request)
        return answer({"keys": _to_json(await self._there().keys())})

    async def add(self, request: web.Request) -> web.Response:
        """Add the keys of a text. A form may also name the fingerprint of one to ``remove``."""
        wish = await _read(request)
        if isinstance(wish.get("remove"), str):
            return await self._remove(wish["remove"], request)
        text = wish.get("keys")
        if not isinstance(text, str):
            raise Refused(malformed("there are no 'keys' in it"))
        sent = pasted(text)
        added = await self._there().add(sent)
        if wants_page(request):
            return to_setup()
        return answer({"added": _to_json(added), "already": _to_json(key for key in sent if key not in added)})

    async def remove(self, request: web.Request) -> web.Response:
        """Remove the key with a fingerprint."""
        fingerprint = (await read_object(request)).get("fingerprint")
        if not isinstance(fingerprint, str):
            raise Refused(malformed("there is no 'fingerprint' in it"))
        return await self._remove(fingerprint, request)

    async def _remove(self, fingerprint: str, request: web.Request) -> web.Response:
        removed = await self._there().remove(fingerprint)
        return to_setup() if wants_page(request) else answer({"removed": _to_json(removed)})

    def _there(self) -> KeysPort:
        if self._keys is None:
            raise Refused(failure("ssh-off"))
        if self._open_to_all:
            raise Refused(WITHOUT_PIN)
        return self._keys


async def _read(request: web.Request) -> dict[str, Any]:
    """Take the body apart: a JSON object, or a form's fields and files. A field that comes twice is two lines."""
    if media_type(request) != "multipart/form-data":
        return await read_object(request)
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode("utf-8", "replace")
    fields: dict[str, str] = {}
    try:
        for part in BytesParser().parsebytes(head + await request.read()).walk():
            name, content = part.get_param("name", header="Content-Disposition"), part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                fields[name] = "\n".join(filter(None, (fields.get(name), content.decode("utf-8", "replace"))))
    except (ValueError, LookupError, RecursionError) as error:
        raise Refused(malformed("the body is no form")) from error
    return fields


def _to_json(keys: Iterable[PublicKey]) -> list[dict[str, str]]:
    return [{"type": key.type, "comment": key.comment, "fingerprint": key.fingerprint} for key in keys]
