// SPDX-License-Identifier: BSL-1.0
#include "test_client_core.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "client/outgoing_request.hpp"
#include "client/url_join.hpp"
#include "coroute/asyncio/shutdown.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "memory_pipe.hpp"
#include "outgoing_test_request.hpp"
#include "test_exchange.hpp"

namespace coroute::detail {
namespace {

constexpr int settling_turns = 1000;

Headers default_fields(const TestClientOptions& options) {
  Headers fields;
  if (!options.headers.contains("accept")) fields.add("accept", "*/*");
  if (!options.headers.contains("user-agent") && !options.user_agent.empty())
    fields.add("user-agent", options.user_agent);
  for (const HeaderField field : options.headers)
    fields.add(field.name, field.value);
  return fields;
}

std::string base_text(const Url& base) {
  std::string text = base.to_string();
  if (text.find('?') != std::string::npos) throw std::invalid_argument("invalid base URL: it must not have a query");
  while (text.ends_with('/'))
    text.pop_back();
  return text;
}

std::optional<std::string_view> redirect_location(const ClientResponse& response) {
  switch (response.status().code()) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return response.header("location");
    default:
      return std::nullopt;
  }
}

std::string label_of(const ClientResponse& response) {
  return response.method() + ' ' + printable_url({}, response.url().to_string());
}

Url redirect_target(const ClientResponse& response, std::string_view location) {
  try {
    return response.url().resolve(quoted_reference(location));
  } catch (const std::invalid_argument& error) {
    throw ProtocolError(label_of(response), std::string("redirect to ") + error.what());
  }
}

/// Gives what is about to end the turns it needs for that; bounded, since something may never rest.
Async<void> settle(EventLoop& loop) {
  for (int turn = 0; turn < settling_turns && loop.task_count() > 1; ++turn)
    co_await sleep({});
}

}  // namespace

TestClientCore::TestClientCore(Service service, TestClientOptions options)
    : handler_(std::move(service.handler)),
      hooks_(std::move(service.hooks)),
      options_(std::move(options)),
      base_(Url::parse(options_.base_url)),
      base_text_(base_text(base_)),
      headers_(default_fields(options_)),
      loop_(EventLoop::current_or_null()),
      cookies_([this] { return wall_time(); }) {
  for (const HeaderField field : headers_)
    check_field_name(field.name);
  if (!loop_) {
    EventLoopOptions loop_options;
    loop_options.virtual_time = options_.virtual_time;
    own_loop_ = std::make_unique<EventLoop>(loop_options);
    loop_ = own_loop_.get();
  }
  loop_began_ = loop_->time();
}

EventLoop& TestClientCore::loop() const {
  if (!loop_) throw RuntimeError("the TestClient is closed");
  return *loop_;
}

CookieJar::TimePoint TestClientCore::wall_time() const noexcept {
  if (!loop_) return wall_began_;
  return wall_began_ + std::chrono::duration_cast<CookieJar::TimePoint::duration>(loop_->time() - loop_began_);
}

// --- requests ---

void TestClientCore::check_runs_here() const {
  if (EventLoop::current_or_null() == &loop()) return;
  throw RuntimeError("this TestClient belongs to another event loop: make it in the coroutine that uses it");
}

Async<TestResponse> TestClientCore::perform(std::unique_ptr<OutgoingTestRequest> request) {
  const std::shared_ptr<TestClientCore> client = request->client;
  client->check_runs_here();
  request->prepare(client->headers_);
  Url url = test_url(client->base_text_, request->url, request->query);
  const bool follows = request->follow_redirects.value_or(client->options_.follow_redirects);
  std::vector<TestResponse> history;
  while (true) {
    const auto exchange = std::make_shared<TestExchange>(client, *request, url);
    co_await TestExchange::perform(exchange);
    TestResponse response(exchange->response(), exchange->elapsed(), history, exchange->pieces());
    client->keep_cookies(response, *request);
    const std::optional<std::string_view> location = follows ? redirect_location(response) : std::nullopt;
    if (!location) co_return response;
    if (history.size() == client->options_.max_redirects) {
      throw TooManyRedirects(label_of(response), "more than " + std::to_string(history.size()) + " redirects");
    }
    Url next = redirect_target(response, *location);
    request->redirect(response.status(), url, next);
    url = std::move(next);
    history.push_back(std::move(response));
  }
}

void TestClientCore::keep_cookies(const ClientResponse& response, OutgoingTestRequest& request) {
  for (const std::string_view field : response.headers().get_all("set-cookie")) {
    cookies_.store(field, response.url());
    request.forget_cookie(field);
  }
}

// --- around serving ---

void TestClientCore::start_on_own_loop() {
  if (!own_loop_ || !hooks_) return;
  const Task<void> task = create_task_on(*loop_, start(), "start");
  run_until_done(task);
  task.result();
}

Async<void> TestClientCore::start() {
  if (!hooks_ || has_started_) co_return;
  co_await hooks_->start();
  std::exception_ptr error;
  try {
    co_await hooks_->start_loop();
    has_started_ = true;
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return;
  co_await hooks_->stop();
  std::rethrow_exception(error);
}

std::shared_ptr<MemoryPipe> TestClientCore::new_pipe() {
  std::erase_if(pipes_, [](const auto& pipe) { return pipe.expired(); });
  auto pipe = std::make_shared<MemoryPipe>(loop());
  pipes_.push_back(pipe);
  return pipe;
}

void TestClientCore::announce_shutdown() {
  detail::announce_shutdown(loop());
  for (const auto& each : pipes_) {
    if (const auto pipe = each.lock()) pipe->notice_shutdown();
  }
}

Async<void> TestClientCore::stop() {
  if (!std::exchange(has_started_, false)) co_return;
  detail::announce_shutdown(*loop_);
  std::exception_ptr error;
  try {
    co_await timeout(options_.shutdown_timeout, hooks_->stop_loop());
  } catch (...) {
    error = std::current_exception();
  }
  co_await timeout(options_.shutdown_timeout, hooks_->stop());
  if (error) std::rethrow_exception(error);
}

std::exception_ptr TestClientCore::stop_on_own_loop() {
  if (!has_started_ || EventLoop::current_or_null()) return nullptr;
  try {
    const Task<void> task = create_task_on(*loop_, stop(), "stop");
    run_until_done(task);
    task.result();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

// --- the loop ---

void TestClientCore::check_can_run() const {
  loop();
  if (EventLoop::current_or_null() || !own_loop_) {
    throw RuntimeError(
        "a TestClient can't wait for an answer inside a coroutine: co_await its async_get, async_post ...");
  }
}

/// False: the loop was stopped by somebody.
bool TestClientCore::run_while_possible(const AnyTask& task) {
  const auto running = std::make_shared<EventLoop*>(loop_);
  task.add_done_callback([running](const AnyTask&) {
    if (*running) (*running)->stop();
  });
  try {
    loop_->run();
  } catch (...) {
    *running = nullptr;  // the end of the task is not to stop a later run
    throw;
  }
  *running = nullptr;
  return task.done();
}

void TestClientCore::run_until_done(const AnyTask& task) {
  std::string stuck;
  try {
    if (run_while_possible(task)) return;
    stuck = "the event loop was stopped before the end";
  } catch (const DeadlockError& error) {
    stuck = std::string(error.what()) + "\n" + format_task_tree({capture_tasks(*loop_)});
  }
  task.cancel(CancelReason::Disconnect);
  try {
    run_while_possible(task);
  } catch (const DeadlockError&) {
    // It doesn't end by that either: `close` tells of it.
  }
  throw DeadlockError(stuck);
}

std::vector<LeftTask> TestClientCore::find_left_tasks() const {
  std::vector<LeftTask> left;
  const LoopSnapshot now = capture_tasks(*loop_);
  for (const TaskRef& task : loop_->tasks()) {
    const std::optional<std::string> origin = TestExchange::origin_of(*task.get(), *this);
    if (!own_loop_ && (!origin || task.get() == TaskState::current())) continue;
    const auto found =
        std::find_if(now.tasks.begin(), now.tasks.end(), [&](const TaskSnapshot& one) { return one.id == task->id(); });
    if (found != now.tasks.end()) left.push_back({*found, origin.value_or("")});
  }
  return left;
}

void TestClientCore::end_own_loop() {
  try {
    loop_->cancel_all_tasks();
  } catch (const DeadlockError&) {
    // One that is not to be cancelled; it is among those that are reported.
  }
  leave_loop();
  own_loop_.reset();
}

/// They end when their loop goes on; until then they may use what the handler captured.
void TestClientCore::cancel_left_tasks() {
  for (const TaskRef& task : loop_->tasks()) {
    if (task.get() == TaskState::current() || !TestExchange::origin_of(*task.get(), *this)) continue;
    const AnyTask left(task);
    left.add_done_callback([self = shared_from_this()](const AnyTask&) {});
    left.cancel(CancelReason::Shutdown);
  }
  leave_loop();
}

/// The clock of the cookies stops.
void TestClientCore::leave_loop() noexcept {
  wall_began_ = wall_time();
  loop_ = nullptr;
}

void TestClientCore::close() {
  if (!loop_) return;
  if (own_loop_ && EventLoop::current_or_null() == loop_) {
    throw RuntimeError("a TestClient cannot be closed while it runs");
  }
  if (!own_loop_ && !EventLoop::progress_of(loop_)) {
    loop_ = nullptr;
    return;
  }
  const std::exception_ptr error = own_loop_ ? stop_on_own_loop() : nullptr;
  if (own_loop_ && !EventLoop::current_or_null() && loop_->task_count() > 0) {
    run_until_done(create_task_on(*loop_, settle(*loop_), "settle"));
  }
  std::vector<LeftTask> left = find_left_tasks();
  const std::size_t callbacks = own_loop_ ? loop_->timed_callback_count() : 0;
  if (own_loop_) {
    end_own_loop();
  } else {
    cancel_left_tasks();
  }
  if (error) std::rethrow_exception(error);
  if (!left.empty() || callbacks > 0) throw LeftBehind(std::move(left), callbacks);
}

}  // namespace coroute::detail
