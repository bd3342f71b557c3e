"""Recognises a polling request that a client's HTTP stack sends twice.

A stack that loses the response together with its connection may send the request again without telling the client
(RFC 9110, section 9.2.2). Clients put a mark into each request's query (`t`), so the same mark means the same request,
with two exceptions. A mark that is a whole number says nothing: clients for .NET send whole seconds, so that all
requests of one second share a mark. Python's client sends seconds with a fraction, which no two of its requests share,
and its HTTP stack does send a poll again whose response was lost. And a repetition needs a new connection, and, for a
POST, the same body.
"""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
import re

from aiohttp import web

_WHOLE_NUMBER = re.compile(r"[0-9]*")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A polling request that can be recognised: its mark, the digest of its body, the connection that it came over."""

    mark: str
    digest: bytes
    transport: asyncio.Transport | None

    def repeats(self, earlier: Fingerprint | None) -> bool:
        """Return whether this request is `earlier`, sent once more."""
        return (
            earlier is not None
            and self.mark == earlier.mark
            and self.digest == earlier.digest
            and self.transport is not earlier.transport
        )


def fingerprint(request: web.Request, body: bytes = b"") -> Fingerprint | None:
    """Return the fingerprint of a request; None without a mark, or with one that is a whole number."""
    mark = request.query.get("t", "")
    if _WHOLE_NUMBER.fullmatch(mark):
        return None
    return Fingerprint(mark, sha256(body).digest(), request.transport)
