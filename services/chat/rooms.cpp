// SPDX-License-Identifier: BSL-1.0
#include "rooms.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "coroute/coroute.hpp"
#include "users.hpp"

using namespace coroute;

namespace chat {
namespace {

/// Which part of a room's history.
struct Page {
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> after;
  int limit = 50;
  static constexpr auto schema =
      fields(field<&Page::before>(description<"Messages with lower ids, the last ones of them">),
             field<&Page::after>(ge(0), description<"Instead: those with higher ids, the first ones of them">),
             field<&Page::limit>(defaulted, ge(1), le(200)))
          .forbid_extra();
};

std::vector<RoomInfo> list_rooms(Singleton<the_chat> chat) {
  std::vector<RoomInfo> rooms = (*chat)->store.rooms();
  for (RoomInfo& room : rooms)
    room.online = (*chat)->presence.online(room.name);
  return rooms;
}

Async<RoomInfo> create_room(const NewRoom& room, Singleton<the_chat> chat) {
  const Store::Added added = co_await (*chat)->store.add_room(room.name);
  if (added == Store::Added::Taken) throw HttpException(Status::Conflict, "There is such a room");
  if (added == Store::Added::Full) throw HttpException(Status::InsufficientStorage, "No more rooms");
  co_return RoomInfo{room.name, 0, {}};
}

std::vector<Message> list_messages(Depends<known_room> room, Query<Page> page, Singleton<the_chat> chat) {
  const Store& store = (*chat)->store;
  const auto limit = static_cast<std::size_t>(page->limit);
  if (page->after) return store.messages_after(*room, *page->after, limit);
  return store.messages_before(*room, page->before.value_or(std::numeric_limits<std::int64_t>::max()), limit);
}

Async<Message> post_message(Depends<known_room> room, Depends<current_user> user, const NewMessage& message,
                            Singleton<the_chat> chat) {
  count_message(**chat, *user);
  Message posted{.room = *room, .username = user->username, .text = message.text, .nonce = message.nonce};
  co_return co_await (*chat)->store.post(std::move(posted));
}

/// Reads the history as it grows: a client that takes its time misses nothing and costs nothing.
/// It ends with the token, and the client that comes back has none.
AsyncGenerator<ServerSentEvent> follow(const Store& store, std::string room, std::int64_t last,
                                       std::chrono::sys_seconds until) {
  while (true) {
    const Store::News news = store.news(room, last);
    for (const Message& message : news.messages) {
      last = message.id;
      co_yield ServerSentEvent().data(message).event("message").id(std::to_string(message.id));
    }
    if (!news.messages.empty()) continue;
    const Clock::duration left = until - std::chrono::system_clock::now();
    const auto next = co_await race(news.more->wait(), shutdown_requested(), sleep(left));
    if (next.index() != 0) break;  // the client comes back, and says what it has
  }
}

/// From now on, or from where a client that comes back has been.
AsyncGenerator<ServerSentEvent> room_events(Depends<known_room> room,
                                            Header<std::optional<std::int64_t>, "last-event-id", ge(0)> seen,
                                            Depends<current_session> session, Singleton<the_chat> chat) {
  const Store& store = (*chat)->store;
  const std::int64_t last = store.last_id(*room);
  return follow(store, *room, std::min(seen->value_or(last), last), session->until);
}

}  // namespace

std::string known_room(Path<std::string, "room"> room, Singleton<the_chat> chat) {
  if (!(*chat)->store.has_room(*room)) throw HttpException(Status::NotFound, "No such room");
  return *room;
}

void count_message(const Chat& chat, const User& user) {
  const RateLimiter::Verdict verdict = chat.message_limiter.take(user.username);
  if (verdict.allowed) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.retry_after).count();
  throw HttpException(Status::TooManyRequests, "Not so fast", {{"retry-after", std::to_string(seconds)}});
}

Router rooms_router() {
  const DocumentedResponse taken{.description = "There is such a room", .schema = schema_of<Error>};
  const DocumentedResponse not_found{.description = "No such room", .schema = schema_of<Error>};
  const DocumentedResponse too_fast{.description = "Too many messages", .schema = schema_of<Error>};
  Router router("/rooms", {.tags = {"rooms"}, .dependencies = {depends<current_user>()}});
  router.get("", list_rooms, {.name = "list_rooms"});
  router.post("", create_room, {.status = 201, .name = "create_room", .responses = {{"409", taken}}});
  router.get("/{room}/messages", list_messages, {.name = "list_messages", .responses = {{"404", not_found}}});
  router.post("/{room}/messages", post_message,
              {.status = 201, .name = "post_message", .responses = {{"404", not_found}, {"429", too_fast}}});
  router.get("/{room}/events", room_events, {.name = "room_events", .responses = {{"404", not_found}}});
  return router;
}

}  // namespace chat
