// SPDX-License-Identifier: BSL-1.0
// The cost no client can go below: one thread, edge-triggered epoll, one send of fixed bytes for each request, and
// reads until so many bytes have come as the first answer has. Nothing is parsed, no time is limited.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <queue>

#include "load.hpp"

namespace {

struct Connection {
  int socket = -1;
  std::size_t received = 0;
  bench::Clock::time_point began;
};

class FloorClient {
 public:
  explicit FloorClient(const bench::Options& options);
  void run(bench::Load& load);

 private:
  int connect_socket() const;
  void send_next(Connection& connection);
  void receive(Connection& connection, bench::Load& load);

  const bench::Options& options_;
  std::string request_;
  int epoll_ = epoll_create1(0);
  std::vector<Connection> connections_;
  std::queue<bench::Clock::time_point> waiting_;  // when each request began
  std::size_t running_ = 0;
  std::array<char, 64 * 1024> input_{};
  std::size_t whole_answer_ = 0;  // head and body; learnt from the first
};

FloorClient::FloorClient(const bench::Options& options)
    : options_(options), connections_(std::min(options.connections, options.concurrent)) {
  request_ = (options.body.empty() ? "GET " : "POST ") + options.path + " HTTP/1.1\r\nhost: 127.0.0.1:" + options.port +
             "\r\naccept: */*\r\nuser-agent: floor\r\n";
  if (!options.body.empty()) {
    request_ += "content-type: application/json\r\ncontent-length: " + std::to_string(options.body.size()) + "\r\n";
  }
  request_ += "\r\n" + options.body;
  for (Connection& connection : connections_) {
    connection.socket = connect_socket();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
  }
}

int FloorClient::connect_socket() const {
  const int connected = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(std::stoul(options_.port)));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connected, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) bench::fail("cannot connect");
  return connected;
}

void FloorClient::send_next(Connection& connection) {
  if (waiting_.empty()) return;
  connection.began = waiting_.front();
  waiting_.pop();
  ++running_;
  const ssize_t sent = send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request_.size())) bench::fail("cannot send a whole request");
}

void FloorClient::receive(Connection& connection, bench::Load& load) {
  ssize_t size = 0;
  do {
    size = recv(connection.socket, input_.data(), input_.size(), MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN)) bench::fail("the server closed a connection");
    if (size > 0 && whole_answer_ == 0) {
      const std::string_view answer(input_.data(), static_cast<std::size_t>(size));
      whole_answer_ = answer.find("\r\n\r\n") + 4 + options_.answer_size;
    }
    if (size > 0) connection.received += static_cast<std::size_t>(size);
  } while (size == static_cast<ssize_t>(input_.size()));  // a shorter read has emptied the socket
  if (connection.received < whole_answer_) return;
  load.end(connection.began, 200, options_.answer_size + connection.received - whole_answer_);
  connection.received = 0;
  --running_;
  bench::Clock::time_point next;
  if (load.begin(next)) waiting_.push(next);
  send_next(connection);
}

void FloorClient::run(bench::Load& load) {
  bench::Clock::time_point began;
  for (std::size_t i = 0; i < options_.concurrent && load.begin(began); ++i)
    waiting_.push(began);
  for (Connection& connection : connections_)
    send_next(connection);
  std::array<epoll_event, 128> events;
  while (running_ > 0) {
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i)
      receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr), load);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  FloorClient client(options);
  bench::Load warm_up = bench::Load::warm_up(options);
  client.run(warm_up);
  bench::Load load = bench::Load::measured(options);
  client.run(load);
  load.print();
}
