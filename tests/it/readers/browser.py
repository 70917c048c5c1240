"""Opens a page in headless chromium: three widths, light and dark, printed, no error, nothing fetched,
the copy button copies with and without the clipboard's interface. Screenshots and the printed page go
to the folder that is given.

Usage: browser.py PAGE.html FOLDER
"""

import base64
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

WIDTHS = (390, 820, 1440)
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
]


class Browser:
    """The browser's own protocol over two pipes."""

    def __init__(self, folder):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def place():
            # First out of the way of 3 and 4, which the browser reads and writes.
            reading, writing = os.dup(theirs_in), os.dup(theirs_out)
            high_reading, high_writing = os.dup2(reading, 20), os.dup2(writing, 21)
            os.dup2(high_reading, 3)
            os.dup2(high_writing, 4)

        command = ["chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(
            command, preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.read, self.write = ours_in, ours_out
        self.number, self.rest, self.events = 0, b"", []

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 30
        while True:
            answer = self.message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"refused: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def message(self, deadline):
        while b"\0" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.read], [], [], left)[0]:
                raise SystemExit("refused: the browser does not answer")
            more = os.read(self.read, 1 << 20)
            if not more:
                raise SystemExit("refused: the browser has ended")
            self.rest += more
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def wait_for(self, method):
        deadline = time.monotonic() + 30
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message(deadline))


def evaluate(browser, session, expression):
    result = browser.call(
        "Runtime.evaluate",
        session,
        expression=expression,
        awaitPromise=True,
        returnByValue=True,
        userGesture=True,
    )
    if "exceptionDetails" in result:
        raise SystemExit(f"refused: {expression}: {result['exceptionDetails']['text']}")
    return result["result"].get("value")


def need(condition, message):
    if not condition:
        raise SystemExit(f"refused: {message}")


def look(browser, page, folder):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(f"{domain}.enable", session)
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.call("Page.navigate", session, url=page.as_uri())
    browser.wait_for("Page.loadEventFired")
    browser.call("Emulation.setScrollbarsHidden", session, hidden=True)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            browser.call(
                "Emulation.setDeviceMetricsOverride",
                session, width=width, height=900, deviceScaleFactor=1, mobile=width < 500,
            )
            browser.call(
                "Emulation.setEmulatedMedia",
                session, features=[{"name": "prefers-color-scheme", "value": scheme}],
            )
            wide = evaluate(browser, session, "document.documentElement.scrollWidth")
            need(wide <= width, f"{wide} pixels wide on a screen of {width}")
            shot = browser.call("Page.captureScreenshot", session, captureBeyondViewport=True)
            name = folder / f"{page.stem}-{width}-{scheme}.png"
            name.write_bytes(base64.b64decode(shot["data"]))
    copies(browser, session, "")
    # Where a browser has no such interface for local files, the text is selected and copied.
    refuse = "navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));"
    copies(browser, session, refuse)
    prints(browser, session, folder / f"{page.stem}.pdf")


def copies(browser, session, before):
    """A click on every copy button leaves its text in the clipboard."""
    copied = evaluate(
        browser,
        session,
        """(async () => {
            %s
            const buttons = [...document.querySelectorAll("button[data-copy]")];
            for (const button of buttons) {
                button.textContent = "Copy";
                button.click();
                for (let i = 0; i < 100 && button.textContent !== "Copied"; i++)
                    await new Promise(done => setTimeout(done, 20));
                const text = document.getElementById(button.dataset.copy).textContent;
                const got = await navigator.clipboard.readText();
                if (button.hidden || got.trim() !== text.trim()) return false;
            }
            return buttons.length > 0;
        })()"""
        % before,
    )
    need(copied is True, "a copy button does not copy")


def prints(browser, session, file):
    """On paper there is nothing to press, and nothing is folded away."""
    browser.call("Emulation.setEmulatedMedia", session, media="print", features=[])
    left = """[...document.querySelectorAll("button")].filter(b => b.getClientRects().length).length
        + document.querySelectorAll("details:not([open])").length"""
    need(evaluate(browser, session, left) == 0, "a button or a fold is printed")
    paper = browser.call("Page.printToPDF", session, printBackground=False, preferCSSPageSize=True)
    file.write_bytes(base64.b64decode(paper["data"]))


def main():
    page, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        browser = Browser(home)
        try:
            look(browser, page, folder)
        finally:
            browser.process.kill()
            browser.process.wait(30)
    for event in browser.events:
        method, about = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            address = about["request"]["url"]
            need(address == page.as_uri(), f"fetched {address}")
        need(method != "Runtime.exceptionThrown", f"an exception: {about}")
        bad = method == "Log.entryAdded" and about["entry"]["level"] == "error"
        need(not bad, f"the console says {about}")
        need(method != "Runtime.consoleAPICalled", f"the console says {about}")


if __name__ == "__main__":
    main()
