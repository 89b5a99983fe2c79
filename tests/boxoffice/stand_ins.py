"""Tiny programs in place of the services, and what to ask about processes."""

from pathlib import Path

# Answers 200 to everything; its arguments: a port, and what it does besides.
SERVER = """
import http.server, signal, subprocess, sys
port, deed = int(sys.argv[1]), sys.argv[2]
if deed == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if deed == "dying":
    sys.exit("there is no cake")
if deed == "misconfigured":
    print("CAKE: must be one of: sponge, cheese"); sys.exit(2)
if deed == "parent":
    child = subprocess.Popen([sys.executable, "-ISc", "import time; time.sleep(600)"])
    print(f"child {child.pid}", flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


async def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie, which nobody has reaped yet, has."""
    try:
        return proc(pid, "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def proc(pid: int, name: str = "") -> Path:
    """What the system tells of a process."""
    return Path("/proc", str(pid), name)
