"""Starts the examples, which are built before (EXAMPLES_DIR holds them)."""

import os
import re
import subprocess
import threading

import pytest

SECRET = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E"


def start(name):
    env = dict(os.environ, ADDR="127.0.0.1:0", JWT_SECRET=SECRET)
    binary = os.path.join(os.environ["EXAMPLES_DIR"], name)
    process = subprocess.Popen([binary], env=env, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        found = re.search(r"listening on (http://\S+)", line)
        if found:
            # A full pipe would stop the service.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return process, found.group(1)
    raise RuntimeError(f"{name} ended before it listened")


@pytest.fixture(scope="session", params=["oauth2"])
def oauth2(request):
    process, url = start(request.param)
    yield url
    process.kill()


@pytest.fixture(scope="session", params=["oauth2", "seed_oauth2"])
def documented(request):
    process, url = start(request.param)
    yield url
    process.kill()
