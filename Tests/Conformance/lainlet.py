"""A lainlet: serves the file STATE as the event stream of pods, and tells of each change of it.

usage: lainlet.py PORT_FILE STATE

A state that begins with "error " is sent as an error event; one that is "drop" ends all connections.
"""

import http.server
import os
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        if self.path.split("?")[0] != "/v2/backupspec" or "watch=1" not in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        told, number, last = None, 0, time.monotonic()
        while True:
            try:
                with open(sys.argv[2], encoding="utf-8") as file:
                    state = file.read()
            except FileNotFoundError:
                state = "drop"
            if state == "drop":
                return
            if state != told:
                kind = "init" if told is None else "update"
                number, told = number + 1, state
                if state.startswith("error "):
                    self.write("id: 0\nevent: error\ndata: %s\n\n" % state[6:])
                    return
                self.write("id: %d\nevent: %s\ndata: %s\n\n" % (number, kind, state))
                last = time.monotonic()
            elif time.monotonic() - last > 1:
                self.write("id: 0\nevent: heartbeat\n\n")
                last = time.monotonic()
            time.sleep(0.02)

    def write(self, text):
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[1] + ".part", sys.argv[1])
threading.Thread(target=server.serve_forever).start()
