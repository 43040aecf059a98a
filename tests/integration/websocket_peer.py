"""A WebSocket server made by others, Python's websockets, for client_websocket_peer_test.cpp.

usage: websocket_peer.py [CERTIFICATE_FILE KEY_FILE]

Prints the port, with TLS when there is a certificate, and serves until its input ends. Paths: /plain; /deflate, which
compresses; /deflate-small, which does with the smallest windows and no contexts; /forbidden, which answers 403.
Messages come back as they are, but for the texts that are commands.
"""
import asyncio
import http
import ssl
import sys

try:
    import websockets
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
except ImportError:
    sys.exit(77)

MAX_SIZE = 64 * 1024 * 1024


async def serve_messages(websocket):
    async for message in websocket:
        if message == "fragments":
            await websocket.send(["one ", "two ", "", "three"])
        elif message == "bytes in fragments":
            await websocket.send([b"\x00" * 70000, b"\x01" * 3])
        elif message == "ping":
            pong = await websocket.ping(b"are you there?")
            await pong
            await websocket.send("pong came")
        elif message == "flood":
            for number in range(20000):
                await websocket.send(f"message {number}")
        elif message == "close":
            await websocket.close(4001, "as you wish")
        elif message == "close without code":
            await websocket.close_connection_with_empty_close()
        elif message == "headers":
            headers = websocket.request_headers
            await websocket.send("\n".join(f"{name.lower()}: {value}" for name, value in headers.raw_items()))
        elif message == "path":
            await websocket.send(websocket.path)
        else:
            await websocket.send(message)


class Protocol(websockets.WebSocketServerProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.available_extensions = []  # filled when the path is known

    async def process_request(self, path, request_headers):
        if path.startswith("/forbidden"):
            return http.HTTPStatus.FORBIDDEN, [("content-type", "text/plain")], b"not for you\n"
        if path.startswith("/deflate-small"):
            self.available_extensions.append(ServerPerMessageDeflateFactory(True, True, 9, 9))
        elif path.startswith("/deflate"):
            self.available_extensions.append(ServerPerMessageDeflateFactory())
        return None

    async def close_connection_with_empty_close(self):
        await self.write_close_frame(websockets.frames.Close(1000, ""), b"")


async def serve(websocket):
    try:
        await serve_messages(websocket)
    except websockets.ConnectionClosed:
        pass


async def main():
    context = None
    if len(sys.argv) == 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = await websockets.serve(
        serve, "127.0.0.1", 0, ssl=context, create_protocol=Protocol, compression=None,
        subprotocols=["chat.v2", "chat.v1"], max_size=MAX_SIZE, ping_interval=None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
