"""No package in `constraints.txt` has a known vulnerability; needs a network."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytestmark = pytest.mark.slow

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def audited(constraints, *words):
    """pip-audit's result for each package; skips the test without a network."""
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pip_audit",
                "--requirement",
                str(constraints),
                "--format=json",
            ),
            *("--disable-pip", "--progress-spinner=off", "--timeout=10", *words),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "ConnectionError" in done.stderr or "Timeout" in done.stderr:
        pytest.skip("the advisories cannot be reached from here")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["dependencies"]


def known(dependencies):
    """The vulnerabilities by package, and how many packages were looked up."""
    looked_up = [one for one in dependencies if "vulns" in one]
    return {one["name"]: one["vulns"] for one in looked_up if one["vulns"]}, len(looked_up)


def test_no_pinned_package_has_a_known_vulnerability():
    vulnerabilities, count = known(audited(CONSTRAINTS, "--require-hashes"))
    if not count:
        pytest.skip("the advisories cannot be reached from here: no package was found there")
    assert vulnerabilities == {}


class Advisories(BaseHTTPRequestHandler):
    """Answers as osv.dev does: one package has a vulnerability."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = [ADVISORY] if asked["package"]["name"] == "pillow" else []
        answer = json.dumps({"vulns": found} if found else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


ADVISORY = {
    "id": "EXAMPLE-1",
    "details": "an example",
    "affected": [
        {
            "package": {"name": "pillow", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}


def test_a_vulnerable_package_would_be_found():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/"
        asked = audited(CONSTRAINTS, "--require-hashes", "-s=osv", f"--osv-url={address}")
    finally:
        server.shutdown()
        server.server_close()
    vulnerabilities, count = known(asked)
    assert list(vulnerabilities) == ["pillow"] and count > 80
