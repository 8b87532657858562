"""Push services that are reached over HTTP: the LPA's token is posted to a URL (SGP.22 v3 §3.6.5).

The specification leaves the way to a push server open; this one posts {"pushToken": "…"}. It is done in a
thread, so that the server that registers an event does not wait for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Self

import httpx2

from simulator.smdp.ds.push import PushService

TIMEOUT: Final = 5.0
"""Seconds that a push server may take."""
_log = logging.getLogger(__name__)


class PushClients:
    """Ways to push services, by the OID of each its URL; a context manager."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._http = httpx2.Client(timeout=TIMEOUT)
        self._thread = ThreadPoolExecutor(1, "push")
        self.services: dict[str, PushService] = {oid: partial(self._later, url) for oid, url in urls.items()}
        """For `SmDs`."""

    def _later(self, url: str, token: str) -> None:
        self._thread.submit(self._post, url, token)

    def _post(self, url: str, token: str) -> None:
        try:
            self._http.post(url, json={"pushToken": token}).raise_for_status()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            _log.warning("push server %s: %s", url, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends, once what is under way is told."""
        self._thread.shutdown()
        self._http.close()
