// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/dependency_context.hpp"

#include <algorithm>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/params/dependency_overrides.hpp"
#include "coroute/params/shared_values.hpp"

namespace coroute::detail {

/// Somebody of a concurrent group makes it; others wait for that.
struct DependencyContext::Pending {
  Key key;
  Event done;
  std::exception_ptr error;
};

DependencyContext::DependencyContext(Request& request, Status status) noexcept
    : request_(request), response_(status), route_status_(status) {}

DependencyContext::~DependencyContext() = default;

DependencyContext* DependencyContext::find(Request& request) noexcept {
  return static_cast<DependencyContext*>(request.attachment());
}

DependencyContext& DependencyContext::of(Request& request, Status status) {
  if (!request.attachment()) request.attach(std::make_unique<DependencyContext>(request, status));
  return *find(request);
}

void DependencyContext::merge_response_into(Response& answer) {
  for (const auto& field : response_.headers)
    answer.headers.add(field.name, field.value);
  if (response_.status != route_status_) answer.status = response_.status;
  response_ = Response(route_status_);
}

Async<> DependencyContext::read_body(bool embedded) {
  if (body_) co_return;
  const LockGuard guard = co_await reading_.acquire();
  if (body_) co_return;
  const std::string_view text = co_await request_.body();
  check_body(text, request_.header("content-type").value_or(""));
  embeds_body_ = embedded;
  body_ = text;
}

Async<> DependencyContext::read_form() {
  const LockGuard guard = co_await reading_.acquire();
  co_await request_.form();
}

void DependencyContext::decode(std::span<const BodyTarget> targets, Problems& problems) const {
  decode_body(body(), request_.header("content-type").value_or(""), targets, embeds_body_, problems);
}

DependencyContext::Key DependencyContext::key_of(const DependencyUse& use, const ScopeChain& scopes) {
  Key key{use.info, use.scope, {}};
  if (use.scopes.empty() && !use.info->uses_scopes) return key;
  key.scopes = scopes_of(&scopes);
  std::sort(key.scopes.begin(), key.scopes.end());
  return key;
}

const DependencyInfo& DependencyContext::substitute_for(const DependencyInfo& info) const noexcept {
  const DependencyOverrides* const overrides = request_.dependency_overrides();
  return overrides ? overrides->find(info) : info;
}

const void* DependencyContext::find_made(const Key& key) const noexcept {
  const auto found = std::find_if(made_.begin(), made_.end(), [&](const Made& made) { return made.key == key; });
  return found == made_.end() ? nullptr : found->value->value();
}

std::shared_ptr<DependencyContext::Pending> DependencyContext::find_pending(const Key& key) const {
  for (const std::shared_ptr<Pending>& each : pending_) {
    if (each->key == key) return each;
  }
  return nullptr;
}

bool DependencyContext::take_made(const DependencyTarget& target, const ScopeChain* outer) {
  const DependencyUse& use = *target.use;
  const void* value = nullptr;
  if (use.lifetime != DependencyLifetime::Request) {
    const DependencyInfo& info = substitute_for(*use.info);
    DependencyStore* const store = request_.dependency_store();
    if (store && info.longest >= use.lifetime) value = store->of(use.lifetime).find(info);
  }
  if (!value && use.use_cache && !made_.empty()) value = find_made(key_of(use, {outer, use.scopes}));
  if (value) *target.value = value;
  return value != nullptr;
}

Async<> DependencyContext::resolve(std::span<const DependencyTarget> targets, Problems& problems,
                                   const ScopeChain* scopes) {
  const auto is_sequential = [](const DependencyTarget& target) { return !target.use->is_concurrent; };
  while (!targets.empty()) {
    const auto end = std::find_if(targets.begin(), targets.end(), is_sequential);
    const auto together = static_cast<std::size_t>(end - targets.begin());
    if (together > 1) {
      co_await resolve_together(targets.first(together), problems, scopes);
      targets = targets.subspan(together);
    } else {
      if (!take_made(targets.front(), scopes)) co_await resolve_one(targets.front(), problems, scopes);
      targets = targets.subspan(1);
    }
  }
}

Async<> DependencyContext::resolve_together(std::span<const DependencyTarget> targets, Problems& problems,
                                            const ScopeChain* scopes) {
  struct Group {
    explicit Group(std::size_t& groups) noexcept : count(groups) { ++count; }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() { --count; }
    std::size_t& count;
  };
  const Group group(groups_);
  std::vector<Problems> each(targets.size());
  std::vector<Async<>> all;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!take_made(targets[i], scopes)) all.push_back(resolve_one(targets[i], each[i], scopes));
  }
  co_await gather(std::move(all));
  for (Problems& part : each)
    problems.append(std::move(part));
}

Async<> DependencyContext::resolve_one(const DependencyTarget& target, Problems& problems, const ScopeChain* outer) {
  const DependencyUse& use = *target.use;
  const DependencyInfo& info = substitute_for(*use.info);
  const ScopeChain scopes{outer, use.scopes};
  const DependencyCall call{request_, *this, problems, &scopes};
  if (use.lifetime != DependencyLifetime::Request && info.longest >= use.lifetime) {
    *target.value = co_await make_shared_value(info, use.lifetime, call);
    co_return;
  }
  Key key = key_of(use, scopes);
  while (use.use_cache) {
    const std::shared_ptr<Pending> pending = find_pending(key);
    if (!pending) break;
    co_await pending->done.wait();
    if (pending->error) std::rethrow_exception(pending->error);
    if (const void* const value = find_made(key)) {
      *target.value = value;
      co_return;
    }
  }
  *target.value = co_await make(info, std::move(key), call);
}

Async<const void*> DependencyContext::make(const DependencyInfo& info, Key key, const DependencyCall& call) {
  if (groups_ == 0 || find_pending(key)) {
    std::unique_ptr<MadeValue> value = co_await info.make(call);
    co_return value ? keep(std::move(key), std::move(value)) : nullptr;
  }
  const auto pending = std::make_shared<Pending>();
  pending->key = key;
  pending_.push_back(pending);
  const void* kept = nullptr;
  try {
    std::unique_ptr<MadeValue> value = co_await info.make(call);
    if (value) kept = keep(std::move(key), std::move(value));
  } catch (...) {
    pending->error = std::current_exception();
  }
  std::erase(pending_, pending);
  pending->done.set();
  if (pending->error) std::rethrow_exception(pending->error);
  co_return kept;
}

const void* DependencyContext::keep(Key key, std::unique_ptr<MadeValue> value) {
  const void* const kept = value->value();
  const bool later = value->has_teardown && key.scope == DependencyScope::Request;
  made_.push_back({std::move(key), std::move(value)});
  if (later && !finishes_later_) {
    finishes_later_ = true;
    request_.add_last(finish_request_scope());  // work after the response may use what has been made
  }
  return kept;
}

Async<const void*> DependencyContext::make_shared_value(const DependencyInfo& info, DependencyLifetime lifetime,
                                                        const DependencyCall& call) {
  DependencyStore* const store = request_.dependency_store();
  if (!store) throw RuntimeError("Singleton and PerLoop belong to an App: its routes alone can take them");
  return store->of(lifetime).get(info, call);
}

Async<std::exception_ptr> DependencyContext::finish(DependencyScope scope, std::size_t depth,
                                                    std::exception_ptr error) {
  for (std::size_t i = made_.size(); i > depth; --i) {
    Made& made = made_[i - 1];
    if (!has_to_finish(made, scope)) continue;
    made.finished = true;
    error = co_await made.value->finish(std::move(error));
  }
  co_return error;
}

Async<> DependencyContext::finish_request_scope() {
  const std::exception_ptr error = co_await finish(DependencyScope::Request, 0, nullptr);
  if (error) std::rethrow_exception(error);
}

}  // namespace coroute::detail
