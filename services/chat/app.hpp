// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The application, and what its parts share.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/middleware/rate_limiter.hpp"
#include "coroute/security/jwk.hpp"
#include "coroute/security/password_hasher.hpp"
#include "presence.hpp"
#include "store.hpp"

namespace chat {

struct Settings {
  std::string data = "chat-data";  ///< The folder of what survives a restart.
  coroute::SecretStr secret = {};  ///< That tokens are signed with; empty: one that is kept in `data`.
  std::chrono::seconds token_lifetime{86'400};
  std::vector<std::string> allowed_hosts = {"*"};
  std::string web = {};  ///< A folder with the page's files, for those who change them; empty: those of the program.
};

/// All loops use it at once.
struct Chat {
  explicit Chat(Settings given);
  /// Makes the folder when there is none, and reads what an earlier process has left. Before anything else.
  coroute::Async<void> open();

  const Settings settings;
  std::optional<coroute::Jwk> key;  // of tokens; since `open`
  coroute::PasswordHasher hasher;
  coroute::RateLimiter message_limiter{{.limit = 20, .window = std::chrono::seconds(10)}};  // by name
  Presence presence;
  Store store;
};

/// A dependency, `Singleton<chat>`: what the application was made with.
std::shared_ptr<Chat> the_chat();

coroute::App make_app(Settings settings);

coroute::Router users_router();                               // users.cpp: registering, logging in
coroute::Router rooms_router();                               // rooms.cpp: rooms, messages, events
coroute::Router files_router();                               // files.cpp: uploads, downloads
void add_websockets(coroute::App& app);                       // live.cpp: messages both ways
void add_page(coroute::App& app, const std::string& folder);  // page.cpp: the web page

}  // namespace chat
