// SPDX-License-Identifier: BSL-1.0
#include "users.hpp"

#include <chrono>
#include <utility>

#include "coroute/coroute.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace chat {
namespace {

HttpException not_logged_in(std::string_view detail) {
  return {Status::Unauthorized, detail, {{"www-authenticate", "Bearer"}}};
}

User known_user(const Claims& claims, const Chat& chat) {
  if (!chat.store.password_hash(claims.sub)) throw not_logged_in("User not found");
  return {claims.sub};
}

Async<User> register_user(const Registration& registration, Singleton<the_chat> chat) {
  std::string hash = co_await (*chat)->hasher.hash(registration.password.get_secret_value());
  const Store::Added added = co_await (*chat)->store.add_user(registration.username, std::move(hash));
  if (added == Store::Added::Taken) throw HttpException(Status::Conflict, "This name is taken");
  if (added == Store::Added::Full) throw HttpException(Status::InsufficientStorage, "No more users");
  co_return User{registration.username};
}

Async<Token> log_in(Params<OAuth2PasswordRequestForm> form, Singleton<the_chat> chat) {
  const PasswordHasher& hasher = (*chat)->hasher;
  const std::optional<std::string> hash = (*chat)->store.password_hash(*form->username);
  // As much work for a name that isn't there: how long the answer takes tells nobody which names are.
  const bool is_right = co_await hasher.verify(*form->password, hash.value_or(hasher.dummy_hash()));
  if (!hash || !is_right) throw not_logged_in("Incorrect username or password");
  const std::chrono::seconds lifetime = (*chat)->settings.token_lifetime;
  const Claims claims{.sub = *form->username, .exp = NumericDate::in(lifetime)};
  co_return Token{.access_token = jwt_encode(claims, *(*chat)->key), .expires_in = lifetime.count()};
}

User read_me(Depends<current_user> user) {
  return *user;
}

}  // namespace

WebSocketBearer WebSocketBearer::from_request(Request& request) {
  if (auto bearer = PasswordBearer::try_from_request(request)) return {std::move(bearer->token)};
  constexpr std::string_view prefix = "bearer.";
  for (const std::string& offered : request.websocket().offered_subprotocols()) {
    if (offered.starts_with(prefix)) return {offered.substr(prefix.size())};
  }
  throw not_logged_in("Not authenticated");
}

JwtVerifier make_verifier(Singleton<the_chat> chat) {
  return {*(*chat)->key, {.algorithms = {JwtAlgorithm::HS256}, .require = {"exp", "sub"}}};
}

Session current_session(JwtBearer<make_verifier, Claims, PasswordBearer> claims, Singleton<the_chat> chat) {
  return {known_user(*claims, **chat), claims->exp};
}

User current_user(Depends<current_session> session) {
  return session->user;
}

Session websocket_session(JwtBearer<make_verifier, Claims, WebSocketBearer> claims, Singleton<the_chat> chat) {
  return {known_user(*claims, **chat), claims->exp};
}

Router users_router() {
  const DocumentedResponse refused{.description = "Wrong name or password", .schema = schema_of<Error>};
  const DocumentedResponse taken{.description = "The name is taken", .schema = schema_of<Error>};
  const RateLimitMiddleware few_attempts({.limit = 30, .window = 60s});  // of both, for each address
  Router router({}, {.tags = {"users"}});
  router.post("/register", register_user,
              {.status = 201, .name = "register", .responses = {{"409", taken}}, .middleware = {few_attempts}});
  router.post("/login", log_in, {.name = "log_in", .responses = {{"401", refused}}, .middleware = {few_attempts}});
  router.get("/users/me", read_me, {.name = "read_me"});
  return router;
}

}  // namespace chat
