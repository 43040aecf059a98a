// SPDX-License-Identifier: BSL-1.0
#include "call_trace.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "url_join.hpp"

namespace coroute::detail {
namespace {

/// "ReadTimeout", of others than ours with their namespace.
std::string type_name(const std::exception_ptr& error) {
  const std::type_info* type = nullptr;
  try {
    std::rethrow_exception(error);
  } catch (...) {
    type = abi::__cxa_current_exception_type();
  }
  if (!type) return "unknown";
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr),
                                                         &std::free);
  std::string name = text ? text.get() : type->name();
  if (name.starts_with("coroute::")) name.erase(0, std::string_view("coroute::").size());
  return name;
}

}  // namespace

CallTrace::CallTrace(ClientHooks& hooks, const OutgoingRequest& request, const Url& url, const EventLoop& loop)
    : hooks_(hooks),
      loop_(loop),
      method_(request.method),
      url_(printable_url({}, url.to_string())),
      began_(now()),
      entered_(began_) {
  trace_.method = method_;
  trace_.url = url_;
  trace_.attempt = request.attempts;
  trace_.redirects = request.redirects;
  tell(&ClientHooks::on_request_start);
}

void CallTrace::moved_to(const Url& url) {
  url_ = printable_url({}, url.to_string());
  trace_.url = url_;
}

void CallTrace::tell(Hook hook) noexcept {
  try {
    (hooks_.*hook)(trace_);
  } catch (...) {  // whoever watches a request must not harm it
  }
}

/// The loop's own time stands still between two looks at the kernel.
Clock::time_point CallTrace::now() const noexcept {
  return loop_.has_virtual_time() ? loop_.time() : Clock::now();
}

void CallTrace::enter(Slot slot) noexcept {
  const Clock::time_point now = this->now();
  trace_.*slot_ += now - entered_;
  trace_.total = now - began_;
  entered_ = now;
  slot_ = slot;
}

void CallTrace::connected(bool is_reused) noexcept {
  enter(&ClientTrace::send);
  trace_.is_connection_reused = is_reused;
  trace_.bytes_sent = trace_.bytes_received = 0;
  tell(&ClientHooks::on_connection);
}

void CallTrace::got_head(Status status) noexcept {
  enter(&ClientTrace::body);
  trace_.status = status;
  tell(&ClientHooks::on_response_head);
}

void CallTrace::failed(const std::exception_ptr& error) {
  error_ = type_name(error);
  trace_.error = error_;
}

void CallTrace::end(bool is_complete) noexcept {
  if (has_ended_) return;
  has_ended_ = true;
  enter(slot_);
  if (!is_complete && trace_.error.empty() && trace_.next == ClientTrace::Next::Nothing) trace_.error = "Dropped";
  tell(&ClientHooks::on_request_end);
}

}  // namespace coroute::detail
