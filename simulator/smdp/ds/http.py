"""The SM-DS over HTTP: ES11 for LPAs, ES12 and ES15 for servers (SGP.22 §5.8 to §5.10, §6.2)."""

from __future__ import annotations

from fastapi import FastAPI

from asn1 import es11, es12
from simulator.smdp.ds.core import SmDs
from simulator.smdp.exchange import MAX_BODY
from simulator.smdp.http import Meddler, application


def create_app(ds: SmDs, *, max_body: int = MAX_BODY, meddler: Meddler | None = None) -> FastAPI:
    """The HTTP application of an SM-DS. Its functions run in threads, so its store must allow threads."""
    bindings = es11.BINDING, es12.BINDING
    return application("SM-DS (test)", *bindings, server=ds, max_body=max_body, meddler=meddler)
