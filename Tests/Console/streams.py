"""How many event streams a browser holds: one for all its tabs, and none that nobody sees."""

import socket
import threading
from urllib.parse import urlsplit

import browser as tools
from browser import Visit, browser, call, eventually, expect, main

STATE = {}


class Counter:
    """Stands between browser and server, and counts the streams that are open."""

    def __init__(self):
        self.server = urlsplit(tools.URL)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.lock = threading.Lock()
        self.open = 0
        self.most = 0
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        upstream = socket.create_connection((self.server.hostname, self.server.port))
        streams = []
        back = threading.Thread(target=self.pump, args=(upstream, client, None), daemon=True)
        back.start()
        self.pump(client, upstream, streams)
        back.join()
        if streams:
            self.change(-1)

    def pump(self, source, sink, streams):
        try:
            while data := source.recv(65536):
                if streams is not None and not streams and b"GET /api/events" in data:
                    streams.append(True)
                    self.change(1)
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def change(self, step):
        with self.lock:
            self.open += step
            self.most = max(self.most, self.open)


def streams():
    """twenty tabs share one stream and all of them are live"""
    counter = Counter()
    tools.URL, direct = counter.url, tools.URL
    visit = Visit(STATE["browser"])
    pages = [visit.open("/") for _ in range(20)]
    for page in pages:
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    eventually("a stream is open", lambda: counter.open == 1)
    tools.URL = direct
    run = call("POST", "/api/runs", {"command": ["sleep", "300"]})["id"]
    for page in pages:
        expect(page.locator(".tiles b.is-running")).to_have_text("1")
        expect(page.locator(".live")).not_to_have_class("live is-off")
    assert counter.most == 1, f"{counter.most} streams"
    tools.URL = counter.url
    late = visit.open("/console/audit")
    tools.URL = direct
    expect(late.locator(".live")).to_have_class("live ")
    late.close()
    call("POST", f"/api/runs/{run}/stop", {"grace": "1s"})
    for page in pages:
        expect(page.locator(".tiles b.is-running")).to_have_text("0")
    for page in pages:
        page.close()
    eventually("the stream ends with the last tab", lambda: counter.open == 0)
    visit.close()


def hidden():
    """a hidden tab holds no stream, and is current when it is seen again"""
    counter = Counter()
    tools.URL, direct = counter.url, tools.URL
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    eventually("a stream is open", lambda: counter.open == 1)
    hide = """isHidden => {
        Object.defineProperty(document, "visibilityState", {configurable: true, get: () => isHidden ? "hidden" : "visible"});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    eventually("the stream ends", lambda: counter.open == 0)
    tools.URL = direct
    run = call("POST", "/api/runs", {"command": ["sleep", "300"]})["id"]
    page.wait_for_timeout(500)
    assert counter.open == 0
    page.evaluate(hide, False)
    eventually("a stream is open again", lambda: counter.open == 1)
    expect(page.locator(".tiles b.is-running")).to_have_text("1")
    call("POST", f"/api/runs/{run}/stop", {"grace": "1s"})
    visit.close()


def without_workers():
    """without shared workers one of the tabs has the stream"""
    counter = Counter()
    tools.URL, direct = counter.url, tools.URL
    visit = Visit(STATE["browser"])
    visit.context.add_init_script("delete globalThis.SharedWorker")
    pages = [visit.open("/") for _ in range(4)]
    for page in pages:
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    eventually("a stream is open", lambda: counter.open == 1)
    tools.URL = direct
    run = call("POST", "/api/runs", {"command": ["sleep", "300"]})["id"]
    for page in pages:
        expect(page.locator(".tiles b.is-running")).to_have_text("1")
    assert counter.most == 1, f"{counter.most} streams"
    # A tab that comes later hears at once that the stream lives, though nothing happens.
    tools.URL = counter.url
    late = visit.open("/console/audit")
    tools.URL = direct
    expect(late.locator(".live")).to_have_class("live ")
    late.close()
    pages[0].close()
    eventually("another tab takes over", lambda: counter.open == 1)
    call("POST", f"/api/runs/{run}/stop", {"grace": "1s"})
    for page in pages[1:]:
        expect(page.locator(".tiles b.is-running")).to_have_text("0")
    visit.close()


if __name__ == "__main__":
    with browser() as STATE["browser"]:
        main([streams, hidden, without_workers])
