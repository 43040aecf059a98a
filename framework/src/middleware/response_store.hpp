// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers that are given again, and who makes one that isn't there yet. For all loops at once.
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/http/response.hpp"
#include "middleware/lru_map.hpp"

namespace coroute::detail {

/// An answer whose body was in memory; copies share it.
struct StoredResponse {
  /// Nothing for other bodies.
  static std::optional<StoredResponse> of(const Response& response);

  Response response() const;
  std::size_t size() const noexcept;

  Status status;
  Headers headers;  ///< With the content type.
  std::shared_ptr<const std::string> body;
};

class ResponseStore {
 public:
  struct Entry {
    std::optional<StoredResponse> response;  ///< Nothing: answers of this key are not kept, nobody need wait for one.
    std::string fingerprint;                 ///< Of the request that it belongs to.
    Clock::time_point stored_at;
    Clock::time_point expires_at;
  };
  /// The making of an answer that others may wait for.
  struct Flight {
    Event landed;
    std::atomic<bool> is_of_no_use{false};  ///< To others: each makes its own.
  };
  /// What `enter` gives: an entry, a flight to wait for, or one to lead.
  struct Ticket {
    std::shared_ptr<const Entry> entry;
    std::shared_ptr<Flight> flight;
    bool leads = false;
  };
  /// Whoever leads a flight lands it, however that ends.
  class Lead {
   public:
    Lead(ResponseStore& store, std::string key, std::shared_ptr<Flight> flight)
        : store_(store), key_(std::move(key)), flight_(std::move(flight)) {}
    ~Lead() { store_.land(key_, *flight_); }
    Lead(const Lead&) = delete;
    Lead& operator=(const Lead&) = delete;

    void set_of_no_use() noexcept { flight_->is_of_no_use.store(true); }

   private:
    ResponseStore& store_;
    std::string key_;
    std::shared_ptr<Flight> flight_;
  };

  ResponseStore(std::size_t max_entries, std::size_t max_bytes) : entries_(max_entries, max_bytes) {}

  Ticket enter(const std::string& key, Clock::time_point now);
  /// False: it is too large to be kept.
  bool put(const std::string& key, Entry entry);
  /// `key` and all that begin with it and a line feed.
  void erase_with_variants(const std::string& key);

 private:
  void land(const std::string& key, Flight& flight);

  std::mutex mutex_;
  LruMap<std::shared_ptr<const Entry>> entries_;
  std::map<std::string, std::shared_ptr<Flight>, std::less<>> flights_;
};

}  // namespace coroute::detail
