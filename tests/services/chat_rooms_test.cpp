// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "chat_house.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::ChatHouse;
using coroute::test::summary;

namespace {

/// A room with messages 1 to `count`, whose texts are "m1", "m2" ...
std::string room_with(ChatHouse& house, int count) {
  const std::string token = house.join("ada");
  house.make_room(token, "tea");
  for (int i = 1; i <= count; ++i) {
    REQUIRE(house.say(token, "tea", "m" + std::to_string(i)).status_code() == 201);
    house.client().advance(1s);  // not so fast
  }
  return token;
}

/// The ids of what `/events` brings until the server shuts down, 5 s later.
std::string followed(ChatHouse& house, const std::string& token, const std::string& last_id) {
  house.client().loop().call_later(5s, [&] { house.client().shut_down(); });
  Headers headers = ChatHouse::bearer(token);
  if (!last_id.empty()) headers.set("last-event-id", last_id);
  const TestResponse response = house.client().get("/rooms/tea/events", {.headers = headers});
  std::string ids;
  for (const std::string& piece : response.pieces()) {
    if (const auto at = piece.find("\nid: "); at != std::string::npos)
      ids.append(ids.empty() ? "" : " ").append(piece, at + 5, piece.find('\n', at + 5) - at - 5);
  }
  return ids;
}

}  // namespace

TEST_SUITE_BEGIN("chat");

TEST_CASE("chat: rooms are created once, and listed") {
  ChatHouse house;
  const std::string token = house.join("ada");
  CHECK(house.get(token, "/rooms").json() == Json::array());
  CHECK(house.make_room(token, "tea").status_code() == 201);
  CHECK(house.make_room(token, "tea").status_code() == 409);
  CHECK(house.make_room(token, "Tea room").status_code() == 422);
  house.say(token, "tea", "hello");
  const Json expected{{{"name", "tea"}, {"last_id", 1}, {"online", Json::array()}}};
  CHECK(house.get(token, "/rooms").json() == expected);
}

TEST_CASE("chat: what is said has a number, a name and a time") {
  ChatHouse house;
  const std::string token = room_with(house, 1);
  const Json message = house.say(token, "tea", "hello").json();
  CHECK(message["id"] == 2);
  CHECK(message["room"] == "tea");
  CHECK(message["username"] == "ada");
  CHECK(message["text"] == "hello");
  CHECK(message["time"].get<std::string>().ends_with("Z"));
}

TEST_CASE("chat: a message has 1 to 2000 characters") {
  ChatHouse house;
  const std::string token = room_with(house, 0);
  CHECK(house.say(token, "tea", "").status_code() == 422);
  CHECK(house.say(token, "tea", std::string(2000, 'x')).status_code() == 201);
  CHECK(house.say(token, "tea", std::string(2001, 'x')).status_code() == 422);
}

TEST_CASE("chat: a room that isn't there is a 404") {
  ChatHouse house;
  const std::string token = house.join("ada");
  for (const std::string path : {"messages", "events"})
    CHECK(house.get(token, "/rooms/none/" + path).json() == Json{{"detail", "No such room"}});
  CHECK(house.say(token, "none", "hello").status_code() == 404);
  CHECK(house.say("nonsense", "none", "hello").status_code() == 401);  // which rooms there are is for members
}

TEST_CASE("chat: the history is read page by page, from its end or from what was seen") {
  ChatHouse house;
  const std::string token = room_with(house, 5);
  const auto page = [&](const std::string& query) {
    return summary(house.get(token, "/rooms/tea/messages" + query).json());
  };
  CHECK(page("") == "1 m1, 2 m2, 3 m3, 4 m4, 5 m5");
  CHECK(page("?limit=2") == "4 m4, 5 m5");
  CHECK(page("?limit=2&before=4") == "2 m2, 3 m3");
  CHECK(page("?limit=2&before=2") == "1 m1");
  CHECK(page("?before=1").empty());
  CHECK(page("?limit=2&after=0") == "1 m1, 2 m2");
  CHECK(page("?limit=2&after=4") == "5 m5");
  CHECK(page("?after=5").empty());
  CHECK(page("?after=9223372036854775807").empty());
  for (const std::string query : {"?limit=0", "?limit=201", "?before=x", "?around=3"})
    CHECK(house.get(token, "/rooms/tea/messages" + query).status_code() == 422);
}

TEST_CASE("chat: the same nonce of the same user is the same message") {
  ChatHouse house;
  const std::string ada = room_with(house, 0);
  const std::string bob = house.join("bob");
  const Json said{{"text", "once"}, {"nonce", "67e55044-10b1-426f-9247-bb680e5fe0c8"}};
  const Json first = house.post(ada, "/rooms/tea/messages", said).json();
  CHECK(house.post(ada, "/rooms/tea/messages", said).json() == first);
  CHECK(house.post(bob, "/rooms/tea/messages", said).json()["id"] == 2);
  house.restart();
  CHECK(house.post(ada, "/rooms/tea/messages", said).json() == first);
}

TEST_CASE("chat: who says too much is told when to go on") {
  ChatHouse house;
  const std::string ada = room_with(house, 0);
  const std::string bob = house.join("bob");
  for (int i = 0; i < 20; ++i)
    REQUIRE(house.say(ada, "tea", "x").status_code() == 201);
  const TestResponse refused = house.say(ada, "tea", "x");
  CHECK(refused.status_code() == 429);
  CHECK(refused.header("retry-after") == "1");
  CHECK(house.say(bob, "tea", "x").status_code() == 201);
  house.client().advance(500ms);
  CHECK(house.say(ada, "tea", "x").status_code() == 201);
}

TEST_CASE("chat: events begin behind the last one that was seen") {
  ChatHouse house;
  const std::string token = room_with(house, 3);
  CHECK(followed(house, token, "1") == "2 3");
}

TEST_CASE("chat: events without a last one begin now, and go on with what is said") {
  ChatHouse house;
  const std::string token = room_with(house, 3);
  std::optional<Task<TestResponse>> saying;
  house.client().loop().call_later(1s, [&] {
    saying = App::spawn(house.client()
                            .async_post("/rooms/tea/messages")
                            .with({.headers = ChatHouse::bearer(token), .json = Json{{"text", "news"}}})
                            .send());
  });
  CHECK(followed(house, token, "") == "4");
}

TEST_CASE("chat: events end with the token") {
  ChatHouse house({.token_lifetime = std::chrono::seconds(60)});
  const std::string token = room_with(house, 1);
  const TestResponse response = house.get(token, "/rooms/tea/events");
  CHECK(response.status_code() == 200);
  CHECK(response.elapsed() <= std::chrono::seconds(60));
}

TEST_CASE("chat: an event id that nobody has given yet means now") {
  ChatHouse house;
  const std::string token = room_with(house, 1);
  CHECK(followed(house, token, "7").empty());
  CHECK(house.client().get("/rooms/tea/events", {.headers = {{"last-event-id", "x"}}}).status_code() == 401);
}

TEST_CASE("chat: rooms and messages survive a restart, and ids go on") {
  ChatHouse house;
  const std::string token = room_with(house, 2);
  house.restart();
  CHECK(house.say(token, "tea", "m3").json()["id"] == 3);
  CHECK(summary(house.get(token, "/rooms/tea/messages").json()) == "1 m1, 2 m2, 3 m3");
}

TEST_CASE("chat: half a line, which a crash has left, is cut off") {
  ChatHouse house;
  const std::string token = room_with(house, 1);
  house.close();
  const std::string path = house.folder().path("chat.jsonl");
  {
    std::ofstream journal(path, std::ios::app);
    journal << R"({"kind":"message","message":{"id":2,)";
  }
  house.open();
  CHECK(house.say(token, "tea", "m2").json()["id"] == 2);
  house.restart();
  CHECK(summary(house.get(token, "/rooms/tea/messages").json()) == "1 m1, 2 m2");
}

TEST_CASE("chat: a journal has one writer") {
  ChatHouse house;
  const std::string path = house.folder().path("chat.jsonl");
  CHECK_THROWS_AS(chat::Journal{path}, std::system_error);
  house.close();
  CHECK_NOTHROW(chat::Journal{path});
}

TEST_CASE("chat: a journal with a line that is none ends the start") {
  ChatHouse house;
  house.close();
  house.folder().write("chat.jsonl", "{\"kind\":\"room\",\"name\":\"tea\"}\nnonsense\n");
  CHECK_THROWS_AS(house.open(), ValidationError);
}

TEST_SUITE_END();
