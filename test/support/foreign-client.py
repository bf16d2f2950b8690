"""A WebSocket client of nothing but Python's standard library, to see that other stacks agree.

usage: foreign-client.py HOST PORT PATH PROTOCOL EXTENSIONS

Tells what it knows as foreign_document.py says, and answers pings. It ends with its standard input, or with
an error at the first byte that it does not understand.
"""

import base64
import hashlib
import os
import socket
import struct
import sys
import zlib

from foreign_document import Follower, leave_with_stdin


class Client:
    def __init__(self, host, port, path, protocol, extensions):
        self.connection = socket.create_connection((host, port))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Sec-WebSocket-Protocol: {protocol}",
        ]
        if extensions:
            lines.append(f"Sec-WebSocket-Extensions: {extensions}")
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.stream = self.connection.makefile("rb")
        assert self.stream.readline().split()[1] == b"101"
        self.headers = {}
        while (line := self.stream.readline()) != b"\r\n":
            name, value = line.decode().split(":", 1)
            self.headers[name.lower()] = value.strip()
        magic = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
        assert self.headers["sec-websocket-accept"] == accept
        self.window_bits = None
        agreed = self.headers.get("sec-websocket-extensions", "")
        if "permessage-deflate" in agreed:
            assert "server_no_context_takeover" in agreed
            self.window_bits = 15
            for part in agreed.split(";"):
                if part.strip().startswith("server_max_window_bits="):
                    self.window_bits = int(part.split("=")[1])

    def read(self, length):
        data = self.stream.read(length)
        if len(data) != length:
            raise EOFError
        return data

    def send(self, opcode, payload):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.connection.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)

    def frame(self):
        first, second = self.read(2)
        assert first & 0x80, "no fragments are sent"
        assert not first & 0x30, "RSV2 and RSV3 mean nothing"
        assert not second & 0x80, "servers do not mask"
        length = second
        if second == 126:
            (length,) = struct.unpack(">H", self.read(2))
        elif second == 127:
            (length,) = struct.unpack(">Q", self.read(8))
        payload = self.read(length)
        if first & 0x40:
            inflate = zlib.decompressobj(-self.window_bits)
            payload = inflate.decompress(payload + b"\x00\x00\xff\xff")
        return first & 0x0F, bool(first & 0x40), payload

    def follow(self):
        follower = Follower()
        while True:
            opcode, is_compressed, payload = self.frame()
            if opcode == 8:
                return
            if opcode == 9:
                self.send(10, payload)
            else:
                follower.take(payload, is_compressed)


def main():
    host, port, path, protocol, extensions = sys.argv[1:6]
    client = Client(host, int(port), path, protocol, extensions)
    leave_with_stdin()
    client.follow()


main()
