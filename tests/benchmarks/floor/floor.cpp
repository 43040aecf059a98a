// SPDX-License-Identifier: BSL-1.0
// The cost nobody can go below: one thread, edge-triggered epoll, one read and one write of fixed bytes per
// readable event, no parsing. It is no HTTP server: it trusts that requests arrive whole and well formed.
// With --delay-ms each answer is held back for that long: a backend whose share of a client's time is known.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr std::size_t max_connections = 65536;
constexpr std::size_t max_batch = 64;
constexpr std::string_view end_of_head = "\r\n\r\n";

constexpr std::string_view item =
    R"({"name":"Wireless Mechanical Keyboard","sku":"KB-8842-US","price":129.95,"quantity":42,"active":true,)"
    R"("tags":["electronics","keyboard","wireless","rgb"],"description":"A compact 75% layout keyboard with )"
    R"(hot-swappable switches, PBT keycaps, and a battery","dimensions":{"w":32.5,"h":4.1,"d":14.0}})";

/// What is answered, and how a request's end is known.
struct Mode {
  std::string answer;
  bool has_body = false;  // the request has a body of Content-Length bytes
  bool close = false;     // the connection ends with the answer
};

/// What is left of a connection's exchange between two events; indexed by descriptor.
struct Connection {
  std::size_t owed = 0;            // bytes of answers not yet written
  std::size_t received = 0;        // bytes of an unfinished request with a body
  std::size_t request_length = 0;  // head and body; learnt from the first request
  unsigned generation = 0;         // of the descriptor's connections, so that no answer goes to the next one
  bool watches_output = false;
};

using Clock = std::chrono::steady_clock;

/// Held back until it is due. The delay is the same for all, so they are in order.
struct DelayedAnswer {
  Clock::time_point due;
  int fd;
  unsigned generation;
  std::size_t size;
};

std::array<Connection, max_connections> connections;
std::array<char, 65536> input;

std::string make_answer(std::string_view content_type, std::string_view body, bool close) {
  std::string answer = "HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 13:17:22 GMT\r\nserver: minimal\r\n";
  if (close) {
    answer += "connection: close\r\n";
  }
  answer.append("content-type: ").append(content_type);
  answer.append("\r\ncontent-length: ").append(std::to_string(body.size())).append(end_of_head);
  return answer.append(body);
}

Mode make_mode(std::string_view name) {
  constexpr std::string_view text = "text/plain; charset=utf-8";
  constexpr std::string_view json = "application/json";
  constexpr std::string_view bytes = "application/octet-stream";
  if (name == "plaintext" || name == "close") {
    const bool close = name == "close";
    return {.answer = make_answer(text, "Hello, World!", close), .has_body = false, .close = close};
  }
  if (name == "json") {
    return {.answer = make_answer(json, R"({"message":"Hello, World!"})", false)};
  }
  if (name == "item") {
    return {.answer = make_answer(json, R"({"item_id":42,"q":"abc"})", false)};
  }
  if (name == "post") {
    return {.answer = make_answer(json, item, false), .has_body = true};
  }
  if (name == "bytes1k" || name == "bytes100k") {
    const std::size_t size = name == "bytes1k" ? 1024 : 102400;
    return {.answer = make_answer(bytes, std::string(size, 'x'), false)};
  }
  return {};
}

/// Head and body length of the request that `data` starts with; 0 if its head has no Content-Length.
std::size_t measure_request(std::string_view data) {
  constexpr std::string_view field = "\r\ncontent-length: ";
  const char* const found =
      std::search(data.begin(), data.end(), field.begin(), field.end(), [](char in_data, char in_field) {
        return in_field == (in_data | (in_data >= 'A' && in_data <= 'Z' ? 0x20 : 0));
      });
  const std::size_t head_end = data.find(end_of_head);
  if (found == data.end() || head_end == std::string_view::npos) {
    return 0;
  }
  return head_end + end_of_head.size() + std::strtoul(found + field.size(), nullptr, 10);
}

std::size_t count_heads(std::string_view data) {
  std::size_t count = 0;
  for (std::size_t found = data.find(end_of_head); found != std::string_view::npos;
       found = data.find(end_of_head, found + end_of_head.size())) {
    ++count;
  }
  return count;
}

std::size_t count_requests(const Mode& mode, Connection& connection, std::string_view data) {
  if (!mode.has_body) {
    return count_heads(data);
  }
  if (connection.request_length == 0) {
    connection.request_length = measure_request(data);
    if (connection.request_length == 0) {
      return 0;
    }
  }
  connection.received += data.size();
  const std::size_t count = connection.received / connection.request_length;
  connection.received %= connection.request_length;
  return count;
}

class Floor {
 public:
  Floor(Mode mode, int listener, std::chrono::milliseconds delay)
      : mode_(std::move(mode)), listener_(listener), epoll_(epoll_create1(0)), delay_(delay) {
    const std::size_t copies = mode_.answer.size() > 4096 ? 1 : max_batch;
    for (std::size_t i = 0; i < copies; ++i) {
      output_ += mode_.answer;
    }
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 128> events;
    for (;;) {
      const int ready = wait(events);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept_waiting();
        } else {
          serve(event.data.fd, event.events);
        }
      }
      send_due();
    }
  }

 private:
  int wait(std::array<epoll_event, 128>& events) const {
    if (delayed_.empty()) {
      return epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    }
    const auto left = std::max<std::chrono::nanoseconds>(delayed_.front().due - Clock::now(), {});
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), (left - seconds).count()};
    return epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  }

  void send_due() {
    while (!delayed_.empty() && delayed_.front().due <= Clock::now()) {
      const DelayedAnswer answer = delayed_.front();
      delayed_.pop_front();
      Connection& connection = connections[static_cast<std::size_t>(answer.fd)];
      if (connection.generation != answer.generation) {
        continue;
      }
      connection.owed += answer.size;
      if (!write_owed(answer.fd, connection)) {
        end(answer.fd, connection);
      }
    }
  }

  void end(int fd, Connection& connection) {
    ++connection.generation;
    close(fd);
  }

  void watch(int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void accept_waiting() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) {
        return;
      }
      if (static_cast<std::size_t>(fd) >= connections.size()) {
        close(fd);
        continue;
      }
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections[static_cast<std::size_t>(fd)] = {.generation = connections[static_cast<std::size_t>(fd)].generation};
      watch(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
    }
  }

  void serve(int fd, std::uint32_t events) {
    Connection& connection = connections[static_cast<std::size_t>(fd)];
    bool open = true;
    // A client never has 64 KB of requests in flight here, so one read drains the socket and the next
    // arrival is a new edge.
    if ((events & EPOLLIN) != 0) {
      const ssize_t size = recv(fd, input.data(), input.size(), 0);
      if (size > 0) {
        const std::string_view data{input.data(), static_cast<std::size_t>(size)};
        const std::size_t answers = count_requests(mode_, connection, data) * mode_.answer.size();
        if (delay_ == delay_.zero()) {
          connection.owed += answers;
        } else if (answers > 0) {
          delayed_.push_back({Clock::now() + delay_, fd, connection.generation, answers});
        }
      } else {
        open = size < 0 && errno == EAGAIN;
      }
    }
    if (open && connection.owed > 0) {
      open = write_owed(fd, connection);
    }
    if (!open || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      end(fd, connection);
    }
  }

  /// False when the connection is over. What the socket refuses is left in `owed` for its next EPOLLOUT.
  bool write_owed(int fd, Connection& connection) {
    const std::size_t length = mode_.answer.size();
    while (connection.owed > 0) {
      const std::size_t start = (length - connection.owed % length) % length;
      const std::size_t size = std::min(connection.owed, output_.size() - start);
      const ssize_t written = send(fd, output_.data() + start, size, MSG_NOSIGNAL);
      if (written < 0) {
        const bool full = errno == EAGAIN;
        // Asked for only now: a new connection is writable at once, which would be an event for nothing.
        if (full && !connection.watches_output) {
          connection.watches_output = true;
          watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
        }
        return full;
      }
      connection.owed -= static_cast<std::size_t>(written);
    }
    return !mode_.close;
  }

  Mode mode_;
  std::string output_;  // the answer, repeated so that a pipelined batch leaves in one write
  int listener_;
  int epoll_;
  std::chrono::milliseconds delay_;
  std::deque<DelayedAnswer> delayed_;
};

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 4096) != 0) {
    std::perror("floor: cannot listen");
    return -1;
  }
  return fd;
}

/// Ends the process from the handler: a flag could be set between its test and epoll_wait, and be missed.
void stop_on(int signal) {
  struct sigaction action{};
  action.sa_handler = [](int) { _exit(0); };
  sigaction(signal, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  int delay_ms = 0;
  std::string_view mode_name = "plaintext";
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--port") {
      port = std::atoi(argv[i + 1]);
    } else if (option == "--mode") {
      mode_name = argv[i + 1];
    } else if (option == "--delay-ms") {
      delay_ms = std::atoi(argv[i + 1]);
    }
  }
  Mode mode = make_mode(mode_name);
  if (port <= 0 || port > 65535 || mode.answer.empty() || delay_ms < 0) {
    std::fputs("usage: floor --port N --mode plaintext|json|item|post|bytes1k|bytes100k|close [--delay-ms N]\n",
               stderr);
    return 2;
  }
  stop_on(SIGTERM);
  stop_on(SIGINT);
  const int listener = listen_on(static_cast<std::uint16_t>(port));
  if (listener < 0) {
    return 1;
  }
  Floor{std::move(mode), listener, std::chrono::milliseconds(delay_ms)}.run();
}
