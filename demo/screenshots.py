"""`make screenshots`: a picture of every page of the console, from a finished demo, into var/demo/pictures/ (Chromium needed).

Those that the documents show are made small and laid in docs/pictures/.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from crawler.rendering.chromium import chromium_path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs" / "pictures"
SHOWN = {"overview": "console", "lead": "lead", "capture": "capture"}  # picture -> its name in docs/pictures/
WIDTH, HEIGHT, LONGEST = 1280, 800, 2400
SHOWN_HEIGHT = 1000
USER = "officer"

# name of the picture → where it is: a path, or (a path, the first link on it that holds this) to follow; no path: the page before
Pages = dict[str, str | tuple[str, str]]
PAGES: Pages = {
    "overview": "/", "leads": "/leads/", "lead": ("/leads/", "/leads/"), "platforms": "/platforms/", "platform": ("/platforms/", "/platforms/"),
    "search": "/search/?q=本息保障", "runs": "/runs/", "run": ("/runs/", "/runs/"), "captures": "/captures/",
    "capture": ("/search/?q=本息保障&level=red&client=desktop-evidence", "/captures/"),
    "leaving": ("", "/leaving/"), "messages": "/messages/", "password": "/password/",
    "lead-again": ("/leads/", "/leads/"), "package": ("", "/package/"), "as-of": "/search/as-of/", "saved-searches": "/search/saved/",
    "capture-again": ("/search/?q=本息保障&level=red", "/captures/"), "history": ("", "/history/"),
    "capture-shared": ("/search/?q=yunlu_zixun66", "/captures/"), "platform-shared": ("", "/platforms/"), "same-operator": ("", "/same/"),
    "sessions": "/sessions/", "session-new": "/sessions/new/",
}
OF_OTHERS: dict[str, Pages] = {
    "analyst": {"try": "/try/", "retro-hunt": "/try/rules/", "selfcheck": "/selfcheck/"},
    "operator": {"index": "/index/", "certificates": "/certificates/", "audit": "/audit/"},
}


def main() -> int:
    home = Path(os.environ.setdefault("ADPATROL_HOME", str(HERE.parent / "var" / "demo"))).resolve()
    os.environ["ADPATROL_HOME"] = str(home)
    os.environ["ADPATROL_CONFIG"] = str(HERE / "config")
    if not (home / "demo-finished.json").is_file():
        print("没有完成的演示：请先运行 make demo", file=sys.stderr)
        return 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    console = subprocess.Popen([sys.executable, "-m", "adpatrol", "serve", "--bind", bind, "--no-schedule"], cwd=HERE.parent)
    try:
        return _take(f"http://{bind}", (home / "sign-in.txt").read_text(encoding="ascii").strip(), home / "pictures")
    finally:
        console.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            console.wait(15)


def _take(origin: str, password: str, images: Path) -> int:
    images.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        sandbox = [] if os.getuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=sandbox)
        missed = _as(browser, origin, USER, password, PAGES, images)
        for role, pages in OF_OTHERS.items():
            missed += _as(browser, origin, role, _added(role), pages, images)
        browser.close()
    for name, shown in SHOWN.items():
        _small(images / f"{name}.png", DOCS / f"{shown}.png")
    for name in missed:
        print(f"没有拍到 {name}：页面上没有可打开的链接", file=sys.stderr)
    return 2 if missed else 0


def _as(browser: Browser, origin: str, user: str, password: str, pages: Pages, images: Path) -> list[str]:
    """Signs in and takes the pictures; those that could not be taken."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN")
    _open(page, f"{origin}/sign-in/")
    if user == USER:
        _shoot(page, images / "sign-in.png")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    missed = [name for name, where in pages.items() if not _visit(page, origin, images / f"{name}.png", where)]
    page.close()
    return missed


def _added(role: str) -> str:
    """The password of a user of that role, made anew for these pictures and kept nowhere."""
    password = secrets.token_urlsafe(12)
    subprocess.run([sys.executable, "-m", "adpatrol", "user", "add", role, "--role", role, "--replace", "--password-stdin"], input=password + "\n", text=True,
                   check=True, timeout=60, cwd=HERE.parent, stdout=subprocess.DEVNULL)
    return password


def _visit(page: Page, origin: str, image: Path, where: str | tuple[str, str]) -> bool:
    if isinstance(where, str):
        page.goto(origin + where)
    else:
        start, prefix = where
        if start.startswith("/"):
            page.goto(origin + start)
        hrefs = page.eval_on_selector_all("main a[href]", "links => links.map(link => link.getAttribute('href'))")
        inner = next((h for h in hrefs if (prefix in h if not start else h.startswith(prefix)) and (not start or h.split("?")[0] != prefix) and not h.endswith(".docx")), None)
        if inner is None:
            return False
        page.goto(origin + inner)
    return _shoot(page, image)


def _open(page: Page, url: str, seconds: float = 60.0) -> None:
    """The console takes a moment to start."""
    until = time.monotonic() + seconds
    while True:
        try:
            page.goto(url)
            return
        except Exception as error:  # playwright raises one class for all; only a refused connection is waited for
            if "ERR_CONNECTION_REFUSED" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.5)


def _shoot(page: Page, image: Path) -> bool:
    page.wait_for_load_state("networkidle")
    height = min(LONGEST, int(page.evaluate("document.documentElement.scrollHeight")))
    page.screenshot(path=image, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": max(height, 300)})
    print(image, flush=True)
    return True


def _small(image: Path, shown: Path) -> None:
    """The top of the picture in 256 colours: below 300 kB, and as readable."""
    if not image.is_file():
        return
    shown.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(image) as full:
        full.convert("RGB").crop((0, 0, full.width, min(full.height, SHOWN_HEIGHT))).quantize(256).save(shown, optimize=True)
    print(shown, flush=True)


if __name__ == "__main__":
    sys.exit(main())
