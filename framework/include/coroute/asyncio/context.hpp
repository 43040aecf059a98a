// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `ContextVar<T>`: a value that follows the flow of a request through its tasks and threads, Python's contextvars.
///
///     const ContextVar<std::string> tenant{"tenant"};
///     tenant.set("acme");                       // seen from here on in this task, and by what it starts from now on
///     co_await gather(load(), to_thread(log));  // tenant.get() == "acme" in both
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace coroute {

class Context;
template <class T>
class ContextVar;

/// `ContextVar::get` found neither a value nor a default: Python's LookupError.
class LookupError : public std::out_of_range {
 public:
  using std::out_of_range::out_of_range;
};

/// What `ContextVar::set` replaced; `ContextVar::reset` puts it back, once and in the same context.
class ContextToken;

namespace detail {

struct ContextValues;

/// The variables of one task or of several that share them. Counted; used by one thread at a time.
class ContextState {
 public:
  ContextState() = default;
  ContextState(const ContextState&) = delete;
  ContextState& operator=(const ContextState&) = delete;

  std::shared_ptr<const void> find(std::uint64_t variable) const;
  /// Null removes it. Returns what was there.
  std::shared_ptr<const void> replace(std::uint64_t variable, std::shared_ptr<const void> value);

 private:
  friend class ContextRef;
  std::atomic<std::uint32_t> references_{1};
  std::shared_ptr<const ContextValues> values_;  // shared by copies, so never changed
};

/// Counted reference to a ContextState; null stands for a context without variables, which costs nothing.
class ContextRef {
 public:
  ContextRef() noexcept = default;
  ContextRef(const ContextRef& other) noexcept : state_(other.state_) {
    if (state_) state_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  ContextRef(ContextRef&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  ContextRef& operator=(ContextRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~ContextRef() {
    if (state_) release();
  }

  /// A context of its own with the same values.
  ContextRef copy() const { return state_ ? copy_values() : ContextRef(); }
  ContextState* get() const noexcept { return state_; }
  ContextState& get_or_make();

 private:
  void release() noexcept;
  ContextRef copy_values() const;

  ContextState* state_ = nullptr;
};

/// The context of what runs on this thread now: the current task's, or outside of tasks the thread's own.
ContextRef& current_context() noexcept;

/// A copy of it for work that leaves what runs now, such as a function on another thread or a task without the scope:
/// with what the scope of the present task gives along.
ContextRef leaving_context();

std::uint64_t new_context_variable() noexcept;
[[noreturn]] void throw_no_context_value(const std::string& name);

/// While it lives, `context` is the current one.
class ContextSwap {
 public:
  explicit ContextSwap(ContextRef& context) noexcept : context_(&context) { std::swap(current_context(), *context_); }
  ~ContextSwap() { std::swap(current_context(), *context_); }
  ContextSwap(const ContextSwap&) = delete;
  ContextSwap& operator=(const ContextSwap&) = delete;

 private:
  ContextRef* context_;
};

}  // namespace detail

class ContextToken {
 public:
  ContextToken(ContextToken&&) noexcept = default;
  ContextToken& operator=(ContextToken&&) noexcept = default;

 private:
  template <class T>
  friend class ContextVar;
  ContextToken(std::uint64_t variable, detail::ContextRef context, std::shared_ptr<const void> old) noexcept
      : variable_(variable), context_(std::move(context)), old_(std::move(old)) {}

  void use(std::uint64_t variable);

  std::uint64_t variable_;
  detail::ContextRef context_;
  std::shared_ptr<const void> old_;
};

/// A set of variables and their values, as a value of its own. Copies of the handle refer to the same set; tasks that
/// are given one (`TaskOptions().context(c)`) share it, and must then be of one loop.
class Context {
 public:
  /// Without variables.
  Context() { ref_.get_or_make(); }

  /// Calls `function` with this context as the current one: what it sets stays in here.
  template <class F>
  std::invoke_result_t<F&> run(F&& function) const {
    detail::ContextRef ref = ref_;
    const detail::ContextSwap swap(ref);
    return function();
  }

  detail::ContextRef ref() const noexcept { return ref_; }

 private:
  friend Context copy_context();
  explicit Context(detail::ContextRef ref) noexcept : ref_(std::move(ref)) { ref_.get_or_make(); }

  detail::ContextRef ref_;
};

/// The present variables and values of what runs now; later changes on either side are not seen by the other.
Context copy_context();

/// A variable of the context. A task begins with a copy of its creator's values, so what it sets is not seen outside;
/// `to_thread` and callbacks of the loop see the values of where they were asked for. Make it once, with static
/// lifetime or longer than its values are needed; any thread may use it.
template <class T>
class ContextVar {
 public:
  using value_type = T;

  explicit ContextVar(std::string name) : name_(std::move(name)) {}
  ContextVar(std::string name, T default_value) : name_(std::move(name)), default_(std::move(default_value)) {}
  ContextVar(const ContextVar&) = delete;
  ContextVar& operator=(const ContextVar&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// The value set in this context, else the variable's default; LookupError when there is neither.
  T get() const {
    if (const std::shared_ptr<const T> value = find()) return *value;
    if (!default_) detail::throw_no_context_value(name_);
    return *default_;
  }
  T get(T fallback) const {
    const std::shared_ptr<const T> value = find();
    return value ? *value : std::move(fallback);
  }
  /// The value set in this context without copying it, or null. Stays what it is when the variable is set anew.
  std::shared_ptr<const T> find() const {
    const detail::ContextState* context = detail::current_context().get();
    return context ? std::static_pointer_cast<const T>(context->find(id_)) : nullptr;
  }

  ContextToken set(T value) const {
    detail::ContextRef& context = detail::current_context();
    std::shared_ptr<const void> old = context.get_or_make().replace(id_, std::make_shared<const T>(std::move(value)));
    return ContextToken(id_, context, std::move(old));
  }
  /// Puts back what `set` replaced. std::invalid_argument when the token is another variable's or was made in another
  /// context, RuntimeError when it was used before.
  void reset(ContextToken token) const { token.use(id_); }

 private:
  std::string name_;
  std::optional<T> default_;
  std::uint64_t id_ = detail::new_context_variable();
};

}  // namespace coroute
