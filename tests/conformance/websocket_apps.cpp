// SPDX-License-Identifier: BSL-1.0
// WebSockets, and work after the answer.
#include <memory>
#include <mutex>
#include <vector>

#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

/// Shared by all loops.
class SendLog {
 public:
  void add(std::string line) {
    const std::lock_guard guard(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard guard(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

Async<> add_later(std::shared_ptr<SendLog> log, std::string line) {
  log->add(std::move(line));
  co_return;
}

Async<void> answer_one_text(WebSocket& ws, [[maybe_unused]] Query<int, "q"> q) {
  co_await ws.accept();
  const std::optional<std::string> text = co_await ws.receive_text();
  if (text) co_await ws.send_text("got " + *text);
  co_await ws.close();
}

Async<void> refuse(WebSocket&) {
  throw WebSocketException(WebSocketCloseCode::PolicyViolation);
  co_return;
}

}  // namespace

App ws_app() {
  App app;
  app.websocket("/ws", answer_one_text);
  app.websocket("/wsrej", refuse);
  return app;
}

App bg_app() {
  App app;
  const auto log = std::make_shared<SendLog>();
  app.post("/send/{e}", [log](Request& request, Path<std::string, "e"> e) {
    request.add_after_response(add_later(log, "first " + *e));
    request.add_after_response(add_later(log, "second"));
    return Json{{"message", "sent"}};
  });
  app.get("/log", [log] { return log->lines(); });
  return app;
}

}  // namespace coroute::conformance
