// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The dependencies of one request while it is answered.
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "coroute/asyncio/lock.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"
#include "coroute/params/body.hpp"
#include "coroute/params/dependency_info.hpp"
#include "coroute/params/made_value.hpp"

namespace coroute::detail {

/// Their values, what is wrong with their parameters, and what they have left to do.
class DependencyContext : public RequestAttachment {
 public:
  /// `status`: of the route's answer, for a context that isn't there yet.
  static DependencyContext& of(Request& request, Status status = Status::Ok);
  /// Null when the request has had no dependency so far.
  static DependencyContext* find(Request& request) noexcept;

  DependencyContext(Request& request, Status status) noexcept;
  ~DependencyContext() override;

  /// In order, each after those that it depends on; those next to each other that are concurrent together. One whose
  /// parameters are wrong has no value.
  Async<> resolve(std::span<const DependencyTarget> targets, Problems& problems, const ScopeChain* scopes = nullptr);
  /// Of dependencies.
  Problems& problems() noexcept { return problems_; }

  /// What dependencies and the handler set on their `Response&`; it begins with the status of the route.
  Response& response() noexcept { return response_; }
  /// Adds what was set so far to an answer, once.
  void merge_response_into(Response& answer);

  /// Reads the body before anybody takes a part of it; what is no JSON is refused as by decode_body. `embedded`: its
  /// parts are the members of an object. Later calls do nothing.
  Async<> read_body(bool embedded);
  Async<> read_form();
  bool has_body() const noexcept { return body_.has_value(); }
  std::string_view body() const noexcept { return body_.value_or(std::string_view()); }
  bool embeds_body() const noexcept { return embeds_body_; }
  /// Of the body that was read.
  void decode(std::span<const BodyTarget> targets, Problems& problems) const;

  /// For `finish`: what is set up now.
  std::size_t depth() const noexcept { return made_.size(); }
  /// Lets the generators of `scope` beyond `depth` go on with `error`, which may be null, the last one first; gives the
  /// error that comes out.
  Async<std::exception_ptr> finish(DependencyScope scope, std::size_t depth, std::exception_ptr error);

 private:
  /// What has to agree for a value to be taken over.
  struct Key {
    const DependencyInfo* info;
    DependencyScope scope;
    std::vector<std::string_view> scopes;  // sorted
    bool operator==(const Key&) const = default;
  };
  struct Made {
    Key key;
    std::unique_ptr<MadeValue> value;
    bool finished = false;
  };
  struct Pending;

  static Key key_of(const DependencyUse& use, const ScopeChain& scopes);
  static bool has_to_finish(const Made& made, DependencyScope scope) noexcept {
    return made.key.scope == scope && made.value->has_teardown && !made.finished;
  }
  const DependencyInfo& substitute_for(const DependencyInfo& info) const noexcept;
  /// Gives a value that is there.
  bool take_made(const DependencyTarget& target, const ScopeChain* outer);
  const void* find_made(const Key& key) const noexcept;
  Async<> resolve_one(const DependencyTarget& target, Problems& problems, const ScopeChain* outer);
  Async<> resolve_together(std::span<const DependencyTarget> targets, Problems& problems, const ScopeChain* scopes);
  Async<const void*> make(const DependencyInfo& info, Key key, const DependencyCall& call);
  Async<const void*> make_shared_value(const DependencyInfo& info, DependencyLifetime lifetime,
                                       const DependencyCall& call);
  const void* keep(Key key, std::unique_ptr<MadeValue> value);
  std::shared_ptr<Pending> find_pending(const Key& key) const;
  Async<> finish_request_scope();

  Request& request_;
  Problems problems_;
  Response response_;
  Status route_status_;
  Lock reading_;  // concurrent dependencies may want the body or the form at once
  std::optional<std::string_view> body_;
  bool embeds_body_ = false;
  bool finishes_later_ = false;
  std::size_t groups_ = 0;  // of concurrent ones, that are being made
  std::vector<Made> made_;
  std::vector<std::shared_ptr<Pending>> pending_;  // only while groups_ > 0
};

}  // namespace coroute::detail
