# SPDX-License-Identifier: BSL-1.0
"""What services/chat does as a process: what it keeps, how it ends, TLS, and other programs' WebSockets and events."""

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
from pathlib import Path

from service import Service, run_to_end

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's websockets, where the python3 that runs is from elsewhere
try:
    import websockets
except ImportError:
    websockets = None

SOON = 5.0  # far below the drain time-out
PASSWORD = "a long password"


class Chat(Service):
    def __init__(self, folder, *arguments, **variables):
        super().__init__("chat", "--loops", 2, "--data", folder, *arguments, **variables)

    def send(self, method, target, value=None, token=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = "Bearer " + token
        return self.request(method, target, json.dumps(value) if value is not None else None, headers)

    def log_in(self, name):
        form = urllib.parse.urlencode({"username": name, "password": PASSWORD})
        return self.request("POST", "/login", form, {"content-type": "application/x-www-form-urlencoded"})

    def join(self, name):
        """The token of a new user."""
        self.send("POST", "/register", {"username": name, "password": PASSWORD})
        return self.log_in(name).json()["access_token"]

    def say(self, token, text):
        return self.send("POST", "/rooms/tea/messages", {"text": text}, token)

    def texts(self, token):
        return [message["text"] for message in self.send("GET", "/rooms/tea/messages?limit=200", token=token).json()]


class ChatCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.folder / "data"

    def start(self, *arguments, **variables):
        chat = Chat(self.data, *arguments, **variables)
        self.addCleanup(chat.kill)
        return chat

    def start_with_room(self, *arguments):
        """The service, and the token of ada, who has made the room tea."""
        chat = self.start(*arguments)
        token = chat.join("ada")
        chat.send("POST", "/rooms", {"name": "tea"}, token)
        return chat, token


class ChatTest(ChatCase):
    def test_what_was_answered_survives_a_kill(self):
        chat, token = self.start_with_room()
        for i in range(5):
            self.assertEqual(chat.say(token, f"line {i}").status, 201)
        chat.kill()
        self.assertEqual(self.start().texts(token), [f"line {i}" for i in range(5)])

    def test_messages_of_many_clients_are_kept_once_and_in_order(self):
        chat, token = self.start_with_room()
        tokens = [chat.join(f"user-{i}") for i in range(4)]

        async def talk(name):
            await asyncio.gather(*[asyncio.to_thread(chat.say, name, f"{name[-8:]} {i}") for i in range(15)])

        async def all_talk():
            await asyncio.gather(*map(talk, tokens))
        asyncio.run(all_talk())
        texts = chat.texts(token)
        self.assertEqual(sorted(texts), sorted(f"{name[-8:]} {i}" for name in tokens for i in range(15)))
        chat.stop()
        self.assertEqual(self.start().texts(token), texts)

    def test_two_processes_do_not_share_a_folder(self):
        self.start()
        ended = run_to_end("chat", "--port", 0, "--data", self.data)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("in use by another process", ended.stderr)

    def test_a_folder_that_cannot_be_made_ends_the_start(self):
        (self.folder / "file").write_text("")
        ended = run_to_end("chat", "--port", 0, "--data", self.folder / "file" / "data")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("Not a directory", ended.stderr)

    def test_questions_about_the_service_leave_nothing_behind(self):
        for option in ("--openapi", "--routes", "--print-env"):
            self.assertEqual(run_to_end("chat", option, "--data", self.data).returncode, 0)
        self.assertFalse(self.data.exists())

    def test_secrets_are_for_their_owner_and_not_printed(self):
        self.start().stop()
        for name in ("secret", "chat.jsonl"):
            self.assertEqual((self.data / name).stat().st_mode & 0o777, 0o600)
        ended = run_to_end("chat", "--print-env", COROUTE_SECRET="a secret that has its 32 bytes, yes")
        self.assertNotIn("32 bytes", ended.stdout)

    def test_services_with_one_secret_accept_each_others_tokens(self):
        secret = {"COROUTE_SECRET": "a secret that has its 32 bytes, yes"}
        first = self.start(**secret)
        token = first.join("ada")
        first.stop()
        self.assertFalse((self.data / "secret").exists())
        self.assertEqual(self.start(**secret).send("GET", "/users/me", token=token).status, 200)

    def test_a_secret_that_is_too_short_ends_the_start(self):
        ended = run_to_end("chat", "--port", 0, "--data", self.data, COROUTE_SECRET="short")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("32 bytes", ended.stderr)

    def test_event_streams_end_when_the_service_does(self):
        chat, token = self.start_with_room()
        with contextlib.closing(chat.connect()) as connection:
            connection.request("GET", "/rooms/tea/events", headers={"authorization": "Bearer " + token})
            response = connection.getresponse()
            chat.say(token, "hello")
            self.assertEqual(response.readline(), b"event: message\n")
            chat.terminate()
            self.assertIn(b"id: 1\n\n", response.read())  # to its proper end
        self.assertEqual(chat.wait(SOON), 0)


@unittest.skipUnless(websockets, "there is no python3-websockets")
class WebSocketTest(ChatCase):
    def open(self, port, token, scheme="ws", **options):
        return websockets.connect(f"{scheme}://localhost:{port}/rooms/tea/ws",
                                  subprotocols=["chat.v1", "bearer." + token], **options)

    async def next_message(self, socket):
        while True:
            event = json.loads(await asyncio.wait_for(socket.recv(), 20))
            if event["type"] == "message":
                return event["message"]["text"]

    def test_members_are_told_to_go_away_when_the_service_ends(self):
        chat, token = self.start_with_room()

        async def scenario():
            async with self.open(chat.port, token) as socket:
                await socket.send(json.dumps({"text": "hello"}))
                self.assertEqual(await self.next_message(socket), "hello")
                chat.terminate()
                await asyncio.wait_for(socket.wait_closed(), 20)
                return socket.close_code
        self.assertEqual(asyncio.run(scenario()), 1001)
        self.assertEqual(chat.wait(SOON), 0)
        self.assertEqual(self.start().texts(token), ["hello"])

    def test_members_on_all_loops_hear_one_order(self):
        chat, token = self.start_with_room()
        tokens = [token] + [chat.join(f"user-{i}") for i in range(3)]

        async def sender(name):
            async with self.open(chat.port, name) as socket:
                for i in range(10):
                    await socket.send(json.dumps({"text": f"{name[-8:]} {i}"}))
                    await self.next_message(socket)

        async def heard(listener):
            return [await self.next_message(listener) for _ in range(40)]

        async def scenario():
            async with contextlib.AsyncExitStack() as stack:
                listeners = [await stack.enter_async_context(self.open(chat.port, token)) for _ in range(6)]
                for listener in listeners:
                    await listener.recv()  # it has joined
                results = await asyncio.gather(*map(heard, listeners), *map(sender, tokens))
                return results[:6]
        texts = asyncio.run(scenario())
        self.assertEqual(texts, [chat.texts(token)] * 6)

    def test_through_tls(self):
        paths = self.folder / "chat.pem", self.folder / "chat.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
        plain, token = self.start_with_room()
        plain.stop()
        with Chat(self.data, "--ssl-certfile", paths[0], "--ssl-keyfile", paths[1]) as chat:
            context = ssl.create_default_context(cafile=paths[0])

            async def scenario():
                async with self.open(chat.port, token, "wss", ssl=context) as socket:
                    await socket.send(json.dumps({"text": "hello"}))
                    return await self.next_message(socket)
            self.assertEqual(asyncio.run(scenario()), "hello")

