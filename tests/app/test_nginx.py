"""The app under a path of another web server, as behind a reverse proxy."""

import getpass
import os
import subprocess
import time

import needs
import pytest
from playwright.sync_api import expect

from hardex import load
from hardex.probing.saved_probes import kept_probes

from .journeys import (
    Serving,
    answers,
    free_port,
    judge_one,
    make_run,
    probe_and_keep,
    stored,
)

# As docs/sharing.md gives it, without what only a real server has.
CONFIG = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location /hx/ {{
      proxy_pass http://127.0.0.1:{app}/;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_http_version 1.1;
      proxy_buffering off;
      client_max_body_size 21m;
    }}
  }}
}}
"""


@pytest.fixture
def proxied(tmp_path):
    """`hardex serve --root-path /hx` behind nginx; gives both."""
    program, port, app = needs.program("nginx", "nginx-light"), free_port(), free_port()
    folder = tmp_path / "nginx"
    folder.mkdir()
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    words = {"folder": folder, "port": port, "app": app, "user": user}
    (folder / "nginx.conf").write_text(CONFIG.format(**words))
    url = f"http://127.0.0.1:{port}/hx"
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    serving = Serving(make_run(tmp_path), "--root-path", "/hx", "--port", str(app), "--open-probe")
    try:
        serving.wait_for("Stop with Ctrl-C.")
        for _ in range(100):
            if answers(url + "/"):
                break
            time.sleep(0.1)
        yield url, serving, folder
    finally:
        serving.close()
        nginx.terminate()
        nginx.wait(10)
    assert "Traceback" not in serving.told()


@pytest.mark.browser
def test_under_a_path_a_link_opens_a_verdict_is_stored_and_a_probe_kept(browser, proxied):
    url, serving, folder = proxied
    assert answers(url + "/") == 401
    assert "Behind a proxy it is at /hx/;" in serving.told()
    link = serving.invited("Anna", "--address", url)
    assert link.startswith(f"{url}/enter#")
    context = browser.new_context()
    page, foreign = context.new_page(), []
    page.on("request", lambda one: foreign.append(one.url) if is_foreign(one.url, url) else None)
    page.goto(link)
    expect(page.locator(".hx-who")).to_have_text("Anna", timeout=60_000)
    assert page.url.startswith(f"{url}/?")
    (cookie,) = context.cookies()
    assert (cookie["path"], cookie["httpOnly"]) == ("/hx", True)
    judge_one(page)
    stored(page, serving.run, "Anna", 1)
    probe_and_keep(page, "under a path")
    page.locator(".hx-leave").click()
    expect(page.locator("main")).to_contain_text(
        "Your personal link opens the app again", timeout=30_000
    )
    context.close()
    assert foreign == []
    assert len(load(serving.run).annotations.by("Anna")) == 1
    (kept,), _ = kept_probes(serving.run)
    assert (kept.annotator, kept.name) == ("Anna", "under a path")
    token = link.partition("#")[2]
    for log in (folder / "access.log", folder / "error.log"):
        assert token not in log.read_text() and token.partition(".")[2] not in log.read_text()


def is_foreign(address, url):
    return not address.startswith((url + "/", "data:", "blob:"))
