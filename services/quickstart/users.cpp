// SPDX-License-Identifier: BSL-1.0
#include "users.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <vector>

#include "coroute/coroute.hpp"
#include "tour.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace tour {
namespace {

struct Account {
  User user;
  SecretStr password;  // a real service keeps a slow hash of it
};

const std::vector<Account>& accounts() {
  static const std::vector<Account> all{{{"ada", "Ada Lovelace"}, SecretStr("lovelace")},
                                        {{"grace", "Grace Hopper"}, SecretStr("hopper")}};
  return all;
}

/// The tokens that were given out; all loops use them at once.
class Tokens {
 public:
  static constexpr std::size_t most = 1000;  // then the oldest is forgotten

  std::string give(const User& user) {
    const std::scoped_lock lock(mutex_);
    if (given_.size() == most) given_.pop_front();
    return given_.emplace_back(to_text(Uuid::random()), user).first;
  }
  std::optional<User> find(const std::string& token) const {
    const std::scoped_lock lock(mutex_);
    const auto found =
        std::find_if(given_.begin(), given_.end(), [&](const auto& each) { return each.first == token; });
    if (found == given_.end()) return std::nullopt;
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<std::string, User>> given_;
};

Tokens& tokens() {
  static Tokens all;
  return all;
}

struct Token {
  std::string access_token;
  std::string token_type;
};

Token log_in(Params<OAuth2PasswordRequestForm> form) {
  for (const Account& each : accounts()) {
    if (each.user.username == *form->username && each.password == SecretStr(*form->password)) {
      return {tokens().give(each.user), "bearer"};
    }
  }
  throw HttpException(400, "Incorrect username or password");
}

User read_me(Depends<current_user> user) {
  return user;
}

struct Visits {
  int visits;
};

Visits count_visits(Cookie<int, "visits", defaults_to(0), ge(0), lt(1'000'000)> visits, Response& response) {
  response.set_cookie({.name = "visits", .value = std::to_string(*visits + 1), .max_age = 24h, .http_only = true});
  return {*visits + 1};
}

}  // namespace

User current_user(OAuth2PasswordBearer<"token"> credentials) {
  if (auto user = tokens().find(credentials.token)) return *user;
  throw HttpException(401, "Invalid authentication credentials", {{"www-authenticate", "Bearer"}});
}

Router users_router() {
  Router router({}, {.tags = {"users"}});
  router.post(
      "/token", log_in,
      {.name = "log_in", .summary = "Log in", .description = "Gives a bearer token for a user name and password."});
  router.get("/users/me", read_me, {.name = "read_me", .summary = "Who am I?"});
  router.get("/visits", count_visits, {.name = "count_visits", .description = "Counts in a cookie."});
  return router;
}

}  // namespace tour
