# SPDX-License-Identifier: BSL-1.0
"""What is asked of the servers."""

from dataclasses import dataclass
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
ITEM_FILE = BENCHMARKS / "item.json"
IDLE = "idle"


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    floor_mode: str
    depth: int = 1              # requests sent in one write
    body: Path | None = None    # POSTed when given
    close: bool = False         # a new connection for each request

    def request_bytes(self, port):
        """The request as wrk writes it."""
        head = f"{'POST' if self.body else 'GET'} {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        content = self.body.read_bytes() if self.body else b""
        if self.body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        if self.close:
            head += "Connection: close\r\n"
        return head.encode() + b"\r\n" + content


CASES = {case.name: case for case in (
    Case("plaintext", "/plaintext", "plaintext"),
    Case("pipelined", "/plaintext", "plaintext", depth=16),
    Case("json", "/json", "json"),
    Case("item", "/items/42?q=abc", "item"),
    Case("post", "/items", "post", body=ITEM_FILE),
    Case("bytes1k", "/bytes/1024", "bytes1k"),
    Case("bytes100k", "/bytes/102400", "bytes100k"),
    Case("churn", "/plaintext", "close", close=True),
)}
