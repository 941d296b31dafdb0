"""Litestar with its own JWTAuth, on one worker of uvicorn.

Standard input is the socket that listens. ALGORITHM, KEY (the secret, or the PEM of the public key), ISSUER and AUDIENCE are in
the environment.
"""

import os
import socket
from dataclasses import dataclass

import uvicorn
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from litestar import Litestar, MediaType, Request, get
from litestar.connection import ASGIConnection
from litestar.security.jwt import JWTAuth, Token


@dataclass
class User:
    sub: str
    name: str


async def retrieve_user(token: Token, _: ASGIConnection) -> User:
    return User(token.sub, token.extras["name"])


@get("/me", media_type=MediaType.TEXT)
async def me(request: Request[User, Token, dict]) -> str:
    return request.user.sub


def key():
    """PyJWT would read a PEM anew with each request, so it gets what it would make of it."""
    text = os.environ["KEY"]
    return text if os.environ["ALGORITHM"] == "HS256" else load_pem_public_key(text.encode())


# Litestar requires `exp` and `sub`, and PyJWT the claims that it is given an issuer and an audience for.
auth = JWTAuth[User](
    retrieve_user_handler=retrieve_user,
    token_secret=key(),
    algorithm=os.environ["ALGORITHM"],
    accepted_issuers=[os.environ["ISSUER"]],
    accepted_audiences=[os.environ["AUDIENCE"]],
)
app = Litestar([me], on_app_init=[auth.on_app_init], openapi_config=None, logging_config=None)

if __name__ == "__main__":
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=0)])
