// SPDX-License-Identifier: BSL-1.0
// Keys of an identity provider over real connections with TLS, and a shop that accepts its tokens.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/security/jwt_bearer.hpp"
#include "support/test_certificates.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using enum JwtAlgorithm;

namespace {

struct Claims {
  std::string sub;
};

/// Publishes the keys that it has now.
class Provider {
 public:
  explicit Provider(TestAuthority& authority, JwkSet keys) : server_(handler(), options(authority)) {
    publish(std::move(keys));
  }

  void publish(const JwkSet& keys) {
    const std::lock_guard lock(mutex_);
    published_ = keys.public_json();
  }
  int asked() const { return asked_; }
  std::string url() const { return "https://localhost:" + std::to_string(server_.port()) + "/jwks.json"; }

 private:
  Handler handler() {
    return [this](Request&) -> Async<Response> {
      ++asked_;
      const std::lock_guard lock(mutex_);
      co_return json_text(published_);
    };
  }
  static ServerOptions options(TestAuthority& authority) {
    ServerOptions options;
    options.tls = TlsServerOptions{.identity = authority.issue()};
    return options;
  }

  std::mutex mutex_;
  std::string published_;
  std::atomic<int> asked_{0};
  TestServer server_;
};

JwksClientOptions trusting(const TestAuthority& authority) {
  JwksClientOptions options;
  options.cooldown = std::chrono::seconds(0);
  options.client.tls = {.system_roots = false, .ca_files = {authority.file()}};
  return options;
}

/// Answers with the status that whoever shows the token gets, on one of two loops.
class Shop {
 public:
  explicit Shop(const std::string& jwks_url, JwksClientOptions options)
      : verifier_(JwksClient(jwks_url, std::move(options)), JwtDecodeOptions{.algorithms = {ES256, RS256, EdDSA}}),
        server_(
            [this](Request& request) -> Async<Response> {
              std::string token(request.header("authorization").value_or(""));
              Response answer(Status::Unauthorized);
              try {
                const Claims claims = co_await verifier_.decode<Claims>(std::move(token));
                answer = text(claims.sub);
              } catch (const InvalidTokenError&) {
              } catch (const JwksClientConnectionError&) {
                answer = Response(Status::BadGateway);
              }
              co_return answer;
            },
            with_loops(2)) {}

  std::string ask(const std::string& name, const Jwk& key) const {
    const std::string token = jwt_encode(Claims{.sub = name}, key);
    const RawResponse response = server_.request(get("/", "authorization: " + token + "\r\n"));
    return response.status == 200 ? response.body : std::to_string(response.status);
  }

 private:
  static ServerOptions with_loops(unsigned count) {
    ServerOptions options;
    options.loops = count;
    return options;
  }

  JwtVerifier verifier_;
  TestServer server_;
};

}  // namespace

TEST_SUITE_BEGIN("security");

TEST_CASE("jwks: keys of every kind come from a provider through TLS, and are kept by all loops") {
  TestAuthority authority;
  const std::vector<Jwk> keys{Jwk::generate(ES256, "e"), Jwk::generate(RS256, "r"), Jwk::generate(EdDSA, "d")};
  Provider provider(authority, JwkSet(keys));
  const Shop shop(provider.url(), trusting(authority));
  for (int i = 0; i < 4; ++i) {
    for (const Jwk& key : keys)
      CHECK(shop.ask("alice", key) == "alice");
  }
  CHECK(provider.asked() == 1);
}

TEST_CASE("jwks: a key that the provider has made anew is found, and one that it has withdrawn is not") {
  TestAuthority authority;
  const Jwk first = Jwk::generate(ES256, "1");
  const Jwk second = Jwk::generate(ES256, "2");
  Provider provider(authority, JwkSet{first});
  const Shop shop(provider.url(), trusting(authority));
  CHECK(shop.ask("alice", first) == "alice");
  CHECK(shop.ask("bob", second) == "401");
  provider.publish(JwkSet{second});
  CHECK(shop.ask("bob", second) == "bob");
  CHECK(shop.ask("alice", first) == "401");
  CHECK(shop.ask("mallory", Jwk::generate(ES256, "2")) == "401");
}

TEST_CASE("jwks: many that come at once on all loops with a new key make one request") {
  TestAuthority authority;
  const Jwk key = Jwk::generate(ES256, "1");
  Provider provider(authority, JwkSet{key});
  const Shop shop(provider.url(), trusting(authority));
  std::atomic<int> accepted{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      if (shop.ask("alice", key) == "alice") ++accepted;
    });
  }
  clients.clear();
  CHECK(accepted == 8);
  CHECK(provider.asked() == 1);
}

TEST_CASE("jwks: a provider whose certificate is not trusted, or whose port is closed, gives no keys") {
  TestAuthority authority;
  const TestAuthority other;
  const Jwk key = Jwk::generate(ES256, "1");
  Provider provider(authority, JwkSet{key});
  CHECK(Shop(provider.url(), trusting(other)).ask("alice", key) == "502");
  CHECK(provider.asked() == 0);
  CHECK(Shop("https://localhost:1/jwks.json", trusting(authority)).ask("alice", key) == "502");
}

TEST_SUITE_END();
