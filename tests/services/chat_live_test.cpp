// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <string>

#include "chat_house.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::ChatHouse;
using coroute::test::summary;

namespace {

struct Two {
  ChatHouse house;
  std::string ada = house.join("ada");
  std::string bob = house.join("bob");
  Two() { house.make_room(ada, "tea"); }
};

/// "ada: hello", "+bob ada,bob", "-bob ada", "error ...".
std::string next(TestWebSocket& socket) {
  const auto event = socket.receive_json<Json>();
  if (!event) return "end";
  const std::string type = (*event)["type"];
  if (type == "message") {
    const Json& message = (*event)["message"];
    return message["username"].get<std::string>() + ": " + message["text"].get<std::string>();
  }
  if (type == "error") return "error " + (*event)["detail"].get<std::string>();
  std::string text = (type == "joined" ? "+" : "-") + (*event)["username"].get<std::string>() + " ";
  for (const Json& name : (*event)["online"])
    text.append(text.ends_with(' ') ? "" : ",").append(name);
  return text;
}

int refusal(ChatHouse& house, const std::string& room, std::vector<std::string> subprotocols) {
  try {
    house.client().websocket_connect("/rooms/" + room + "/ws", {.subprotocols = std::move(subprotocols)});
  } catch (const WebSocketHandshakeError& error) {
    return error.status().code();
  }
  return 101;
}

}  // namespace

TEST_SUITE_BEGIN("chat");

TEST_CASE("chat: what one says all in the room hear, in order") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  TestWebSocket bob = two.house.talk(two.bob, "tea");
  CHECK(next(ada) == "+bob ada,bob");
  CHECK(next(bob) == "+bob ada,bob");
  ada.send_json(Json{{"text", "hello"}});
  CHECK(next(ada) == "ada: hello");
  bob.send_json(Json{{"text", "you"}});
  for (TestWebSocket* const each : {&ada, &bob}) {
    if (each == &bob) CHECK(next(*each) == "ada: hello");
    CHECK(next(*each) == "bob: you");
  }
  bob.close();
  CHECK(next(ada) == "-bob ada");
  ada.close();
  CHECK(summary(two.house.get(two.ada, "/rooms/tea/messages").json()) == "1 hello, 2 you");
}

TEST_CASE("chat: what is posted is heard by WebSocket") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  two.house.say(two.bob, "tea", "posted");
  CHECK(next(ada) == "bob: posted");
  ada.close();
}

TEST_CASE("chat: other rooms hear nothing") {
  Two two;
  two.house.make_room(two.ada, "coffee");
  TestWebSocket ada = two.house.talk(two.ada, "coffee");
  CHECK(next(ada) == "+ada ada");
  two.house.say(two.bob, "tea", "for the tea room");
  two.house.say(two.bob, "coffee", "for the coffee room");
  CHECK(next(ada) == "bob: for the coffee room");
  ada.close();
}

TEST_CASE("chat: who is there twice has left when both are gone") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  TestWebSocket first = two.house.talk(two.bob, "tea");
  CHECK(next(ada) == "+bob ada,bob");
  TestWebSocket second = two.house.talk(two.bob, "tea");
  CHECK(next(ada) == "+bob ada,bob");
  CHECK(two.house.get(two.ada, "/rooms").json()[0]["online"] == Json{"ada", "bob"});
  first.close();
  second.close();
  CHECK(next(ada) == "-bob ada");
  ada.close();
  CHECK(two.house.get(two.ada, "/rooms").json()[0]["online"] == Json::array());
}

TEST_CASE("chat: a WebSocket is refused with an answer of HTTP") {
  Two two;
  CHECK(refusal(two.house, "tea", {}) == 401);
  CHECK(refusal(two.house, "tea", {"chat.v1", "bearer.nonsense"}) == 401);
  CHECK(refusal(two.house, "none", {"chat.v1", "bearer." + two.ada}) == 404);
  CHECK(refusal(two.house, "none", {"chat.v1", "bearer.nonsense"}) == 401);  // which rooms there are is for members
}

TEST_CASE("chat: the subprotocol that is no token is agreed on") {
  Two two;
  TestWebSocket browser = two.house.talk(two.ada, "tea");
  CHECK(browser.subprotocol() == "chat.v1");
  TestWebSocket program =
      two.house.client().websocket_connect("/rooms/tea/ws", {.headers = ChatHouse::bearer(two.bob)});
  CHECK(program.subprotocol().empty());
  browser.close();
  program.close();
}

TEST_CASE("chat: what is no message is answered with an error, and the talk goes on") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  ada.send_text("nonsense");
  CHECK(next(ada) == "error JSON decode error");
  ada.send_json(Json{{"text", std::string(2001, 'x')}});
  CHECK(next(ada) == "error String should have at most 2000 characters");
  ada.send_json(Json{{"text", "hello"}});
  CHECK(next(ada) == "ada: hello");
  ada.close();
}

TEST_CASE("chat: what is too large ends the WebSocket") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  ada.send_text(std::string(16 * 1024 + 1, 'x'));
  CHECK(next(ada) == "end");
  CHECK(ada.close_code() == WebSocketCloseCode::MessageTooBig);
}

TEST_CASE("chat: the limit of messages counts WebSockets and posts together") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  for (int i = 0; i < 19; ++i)
    REQUIRE(two.house.say(two.ada, "tea", "posted").status_code() == 201);
  for (int i = 0; i < 19; ++i)
    REQUIRE(next(ada) == "ada: posted");
  ada.send_json(Json{{"text", "the last"}});
  CHECK(next(ada) == "ada: the last");
  ada.send_json(Json{{"text", "one more"}});
  CHECK(next(ada) == "error Not so fast");
  two.house.client().advance(500ms);
  ada.send_json(Json{{"text", "later"}});
  CHECK(next(ada) == "ada: later");
  ada.close();
}

TEST_CASE("chat: members of a service that shuts down are told to go away") {
  Two two;
  TestWebSocket ada = two.house.talk(two.ada, "tea");
  CHECK(next(ada) == "+ada ada");
  two.house.client().shut_down();
  CHECK(next(ada) == "end");
  CHECK(ada.close_code() == WebSocketCloseCode::GoingAway);
}

TEST_CASE("chat: a WebSocket ends with its token") {
  ChatHouse house({.token_lifetime = 60s});
  const std::string token = house.join("ada");
  house.make_room(token, "tea");
  TestWebSocket ada = house.talk(token, "tea");
  CHECK(next(ada) == "+ada ada");
  house.client().advance(50s);
  ada.send_json(Json{{"text", "still here"}});
  CHECK(next(ada) == "ada: still here");
  house.client().advance(11s);
  CHECK(next(ada) == "end");
  CHECK(ada.close_code() == WebSocketCloseCode::PolicyViolation);
  CHECK(ada.close_reason() == "the token has expired");
}

TEST_SUITE_END();
