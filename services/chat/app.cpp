// SPDX-License-Identifier: BSL-1.0
#include "app.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "coroute/coroute.hpp"

using namespace coroute;

namespace chat {
namespace {

/// The secret that an earlier process has left, or a new one: whoever is logged in stays so over a restart.
std::string kept_secret(const std::string& folder) {
  const std::string path = folder + "/secret";
  if (std::ifstream file(path); file) return {std::istreambuf_iterator<char>(file), {}};
  const std::string secret = to_text(Uuid::random()) + to_text(Uuid::random());
  std::ofstream file(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (!(file << secret).flush()) throw std::runtime_error("can't write " + path);
  return secret;
}

AppOptions about() {
  return {.title = "Chat",
          .version = "1.0.0",
          .summary = "Rooms to talk in.",
          .description =
              "Register, log in (*Authorize*), create a room. `WS /rooms/{room}/ws` brings messages both "
              "ways, `/rooms/{room}/events` those of others as server-sent events; the page is at [/](/).",
          .openapi_tags = {{.name = "users", .description = "Accounts and tokens."},
                           {.name = "rooms", .description = "What is said in them."},
                           {.name = "files", .description = "Pictures and other files in rooms."}}};
}

}  // namespace

Chat::Chat(Settings given)
    : settings(std::move(given)), store(settings.data, [this](const Message& message) { presence.send(message); }) {}

Async<void> Chat::open() {
  co_await store.open();
  std::string secret = settings.secret.get_secret_value();
  if (secret.empty()) secret = co_await to_thread(kept_secret, settings.data);
  key = Jwk::from_secret(secret);
}

std::shared_ptr<Chat> the_chat() {
  throw std::logic_error("make_app provides it");
}

App make_app(Settings settings) {
  const auto chat = std::make_shared<Chat>(std::move(settings));
  App app(about());
  app.provide<the_chat>(chat);
  app.lifespan([chat]() -> Lifespan {
    co_await chat->open();
    co_yield {};
  });
  app.use(CompressionMiddleware());
  app.use(TrustedHostMiddleware({.allowed_hosts = chat->settings.allowed_hosts}));
  app.use(SecurityHeadersMiddleware());
  app.get("/healthz", [] { return Json{{"status", "ok"}}; }, {.include_in_schema = false});
  app.include(users_router());
  app.include(rooms_router());
  app.include(files_router());
  add_websockets(app);
  add_page(app, chat->settings.web);
  return app;
}

}  // namespace chat
