// SPDX-License-Identifier: BSL-1.0
// libcurl's multi interface as its manual recommends it for many transfers: multi_socket over epoll, handles that are
// used again, connections kept.

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <memory>

#include "load.hpp"

namespace {

struct Transfer {
  CURL* handle = nullptr;
  std::string answer;
  bench::Clock::time_point began;
};

std::size_t take_answer(char* data, std::size_t, std::size_t size, void* transfer) {
  static_cast<Transfer*>(transfer)->answer.append(data, size);
  return size;
}

class CurlClient {
 public:
  explicit CurlClient(const bench::Options& options);
  void run(bench::Load& load);

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM*, long milliseconds, void* self);

  CURL* make_handle(const bench::Options& options, Transfer& transfer);
  void begin(Transfer& transfer, bench::Load& load);
  void take_finished(bench::Load& load);
  int wait_milliseconds() const;

  CURLM* multi_ = curl_multi_init();
  int epoll_ = epoll_create1(0);
  curl_slist* fields_ = nullptr;
  std::vector<std::unique_ptr<Transfer>> transfers_;
  std::size_t running_ = 0;
  bool timer_set_ = false;
  bench::Clock::time_point timer_;
};

CurlClient::CurlClient(const bench::Options& options) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.connections));
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options.connections));
  if (!options.body.empty()) fields_ = curl_slist_append(fields_, "Content-Type: application/json");
  for (std::size_t i = 0; i < options.concurrent; ++i) {
    transfers_.push_back(std::make_unique<Transfer>());
    transfers_.back()->handle = make_handle(options, *transfers_.back());
  }
}

CURL* CurlClient::make_handle(const bench::Options& options, Transfer& transfer) {
  CURL* const handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, options.url().c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "libcurl");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take_answer);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, &transfer);
  if (!options.body.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields_);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(options.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, options.body.data());
  }
  return handle;
}

int CurlClient::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  CurlClient& client = *static_cast<CurlClient*>(self);
  epoll_event event{};
  event.data.fd = socket;
  event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(client.epoll_, EPOLL_CTL_DEL, socket, &event);
  } else {
    epoll_ctl(client.epoll_, known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(client.multi_, socket, &client);
  }
  return 0;
}

int CurlClient::on_timer(CURLM*, long milliseconds, void* self) {
  CurlClient& client = *static_cast<CurlClient*>(self);
  client.timer_set_ = milliseconds >= 0;
  client.timer_ = bench::Clock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

int CurlClient::wait_milliseconds() const {
  if (!timer_set_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timer_ - bench::Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void CurlClient::begin(Transfer& transfer, bench::Load& load) {
  if (!load.begin(transfer.began)) return;
  transfer.answer.clear();
  ++running_;
  curl_multi_add_handle(multi_, transfer.handle);
}

void CurlClient::take_finished(bench::Load& load) {
  int left = 0;
  while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->data.result != CURLE_OK) bench::fail(curl_easy_strerror(message->data.result));
    CURL* const handle = message->easy_handle;
    Transfer* transfer = nullptr;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, handle);
    --running_;
    load.end(transfer->began, static_cast<int>(status), transfer->answer.size());
    begin(*transfer, load);
  }
}

void CurlClient::run(bench::Load& load) {
  for (const auto& transfer : transfers_)
    begin(*transfer, load);
  std::array<epoll_event, 128> events;
  int running = 0;
  while (running_ > 0) {
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_milliseconds());
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi_, event.data.fd, what, &running);
    }
    if (timer_set_ && bench::Clock::now() >= timer_) {
      timer_set_ = false;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    take_finished(load);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CurlClient client(options);  // never taken down: the process ends
  bench::Load warm_up = bench::Load::warm_up(options);
  client.run(warm_up);
  bench::Load load = bench::Load::measured(options);
  client.run(load);
  load.print();
}
