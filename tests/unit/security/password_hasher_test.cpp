// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/password_hasher.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "support/blocker.hpp"

using namespace coroute;
using coroute::testing::Blocker;

namespace {

/// As cheap as Argon2id goes.
PasswordHasherOptions cheap() {
  return {.memory_kib = 8, .iterations = 1};
}
std::string hashed(const PasswordHasher& hasher, std::string password) {
  return run(hasher.hash(std::move(password)));
}
bool verified(const PasswordHasher& hasher, std::string password, std::string hash) {
  return run(hasher.verify(std::move(password), std::move(hash)));
}

Async<> check_turns(ThreadPool& pool, Blocker& blocker) {
  PasswordHasherOptions options = cheap();
  options.max_concurrent = 2;
  const PasswordHasher hasher(options);
  Task<> busy = create_task(to_thread(std::ref(blocker)));
  co_await sleep(std::chrono::milliseconds(0));
  Task<std::string> first = create_task(hasher.hash("a"));
  Task<std::string> second = create_task(hasher.hash("b"));
  Task<std::string> third = create_task(hasher.hash("c"));
  co_await sleep(std::chrono::milliseconds(0));
  blocker.wait_started();
  CHECK(pool.queued() == 2);  // wait for the one thread, the third one for its turn
  third.cancel();
  blocker.release();
  const std::string hash = co_await first;
  CHECK(hash.starts_with("$argon2id$"));
  co_await second;
  co_await busy;
  bool was_cancelled = false;
  try {
    co_await third;
  } catch (const Cancelled&) {
    was_cancelled = true;
  }
  CHECK(was_cancelled);
}

/// How many of `asked` hashes are refused when one is computed and `max_waiting` may wait.
Async<int> count_refused(std::size_t max_waiting, int asked, Blocker& blocker) {
  PasswordHasherOptions options = cheap();
  options.max_concurrent = 1;
  options.max_waiting = max_waiting;
  const PasswordHasher hasher(options);
  Task<> busy = create_task(to_thread(std::ref(blocker)));
  std::vector<Task<std::string>> hashes;
  for (int i = 0; i < asked; ++i)
    hashes.push_back(create_task(hasher.hash("a")));
  co_await sleep(std::chrono::milliseconds(0));
  blocker.wait_started();
  blocker.release();
  int refused = 0;
  for (Task<std::string>& each : hashes) {
    try {
      co_await each;
    } catch (const ThreadPoolFull&) {
      ++refused;
    }
  }
  co_await busy;
  co_return refused;
}

constexpr const char* reference =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("password hasher: verifies what it has hashed and nothing else") {
    const PasswordHasher hasher(cheap());
    const std::string hash = hashed(hasher, "secret");
    CHECK(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    CHECK(verified(hasher, "secret", hash));
    CHECK_FALSE(verified(hasher, "Secret", hash));
    CHECK_FALSE(verified(hasher, "", hash));
    CHECK_FALSE(verified(hasher, std::string("secret\0", 7), hash));
    CHECK(verified(hasher, "", hashed(hasher, "")));
  }

  TEST_CASE("password hasher: each hash has a salt of its own") {
    const PasswordHasher hasher(cheap());
    CHECK(hashed(hasher, "secret") != hashed(hasher, "secret"));
  }

  TEST_CASE("password hasher: verifies hashes of other programs and costs, and says that they are out of date") {
    const PasswordHasher hasher(cheap());
    CHECK(verified(hasher, "password", reference));
    CHECK_FALSE(verified(hasher, "passwore", reference));
    CHECK(hasher.needs_rehash(reference));
    CHECK_FALSE(hasher.needs_rehash(hashed(hasher, "x")));
    CHECK(PasswordHasher({.memory_kib = 8, .iterations = 2}).needs_rehash(hashed(hasher, "x")));
    CHECK(PasswordHasher({.memory_kib = 8, .iterations = 1, .hash_bytes = 33}).needs_rehash(hashed(hasher, "x")));
    CHECK(hasher.needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
  }

  TEST_CASE("password hasher: what is no hash is an error, not a wrong password") {
    const PasswordHasher hasher(cheap());
    for (const char* wrong : {"", "secret", "$2b$12$abcdefghijklmnopqrstuv",
                              "$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                              "$argon2id$v=19$m=8,t=1,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                              "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$nf65EOgL"})
      CHECK_THROWS_AS(verified(hasher, "x", wrong), InvalidHashError);
  }

  TEST_CASE("password hasher: hashes beyond its limits are refused before they cost anything") {
    PasswordHasherOptions options = cheap();
    options.max_memory_kib = 256;
    options.max_iterations = 2;
    options.max_parallelism = 1;
    CHECK(verified(PasswordHasher(options), "password", reference));
    options.max_memory_kib = 257;
    CHECK(verified(PasswordHasher(options), "password", reference));
    options.max_memory_kib = 255;
    CHECK_THROWS_AS(verified(PasswordHasher(options), "password", reference), InvalidHashError);
    options.max_memory_kib = 256;
    options.max_iterations = 1;
    CHECK_THROWS_AS(verified(PasswordHasher(options), "password", reference), InvalidHashError);
    constexpr const char* two_lanes =
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    CHECK(verified(PasswordHasher(cheap()), "password", two_lanes));
    options.max_iterations = 2;
    CHECK_THROWS_AS(verified(PasswordHasher(options), "password", two_lanes), InvalidHashError);
  }

  TEST_CASE("password hasher: a password may have as many bytes as the limit says") {
    PasswordHasherOptions options = cheap();
    options.max_password_bytes = 8;
    const PasswordHasher hasher(options);
    CHECK(verified(hasher, "1234567", hashed(hasher, "1234567")));
    const std::string hash = hashed(hasher, "12345678");
    CHECK(verified(hasher, "12345678", hash));
    CHECK_THROWS_AS(hashed(hasher, "123456789"), PasswordTooLong);
    CHECK_FALSE(verified(hasher, "123456789", hash));
  }

  TEST_CASE("password hasher: no password has the dummy hash, which costs as much as others") {
    const PasswordHasher hasher(cheap());
    CHECK_FALSE(verified(hasher, "", hasher.dummy_hash()));
    CHECK_FALSE(hasher.needs_rehash(hasher.dummy_hash()));
  }

  TEST_CASE("password hasher: computes off the loop, no more at once than it is told") {
    ThreadPool pool({.threads = 1});
    Blocker blocker;
    ThreadPool::set_default_pool(&pool);
    run(check_turns(pool, blocker));
    ThreadPool::set_default_pool(nullptr);
  }

  TEST_CASE("password hasher: as many may wait for their turn as the limit says, and more are refused") {
    const auto refused = [](std::size_t max_waiting, int asked) {
      ThreadPool pool({.threads = 1});
      Blocker blocker;
      ThreadPool::set_default_pool(&pool);
      const int count = run(count_refused(max_waiting, asked, blocker));
      ThreadPool::set_default_pool(nullptr);
      return count;
    };
    CHECK(refused(2, 2) == 0);
    CHECK(refused(2, 3) == 0);
    CHECK(refused(2, 4) == 1);
    CHECK(refused(0, 1) == 0);
    CHECK(refused(0, 2) == 1);
  }

  TEST_CASE("password hasher: costs and lengths that make no sense are refused when it is made") {
    CHECK_THROWS_AS(PasswordHasher({.memory_kib = 7}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.memory_kib = 15, .parallelism = 2}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.iterations = 0}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.parallelism = 0}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.salt_bytes = 7}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.hash_bytes = 15}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.max_concurrent = 0}), std::invalid_argument);
    CHECK_THROWS_AS(PasswordHasher({.iterations = 65}), std::invalid_argument);
    CHECK_NOTHROW(PasswordHasher({.memory_kib = 8, .iterations = 64, .salt_bytes = 8, .hash_bytes = 16}));
  }
}
