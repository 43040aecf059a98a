// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A proxy that notes what it is asked, makes tunnels to this machine, and answers what it should forward itself.
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/raw_server.hpp"

namespace coroute::test {

class TestProxy {
 public:
  /// `tunnel_answer`: to CONNECT; a tunnel is made when it is 200. `answer`: to all else.
  explicit TestProxy(std::string tunnel_answer = "HTTP/1.1 200 Connection established\r\n\r\n",
                     std::string answer = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nforwarded")
      : tunnel_answer_(std::move(tunnel_answer)),
        answer_(std::move(answer)),
        server_([this](RawConnection& connection) { serve(connection); }) {}

  std::uint16_t port() const { return server_.port(); }
  /// "http://127.0.0.1:4711", or with "user:password@".
  std::string url(const std::string& user_info = "") const {
    return "http://" + user_info + "127.0.0.1:" + std::to_string(port());
  }
  std::size_t accepted() const { return server_.accepted(); }
  /// The heads of all requests so far.
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve(RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(request);
      }
      if (!request.starts_with("CONNECT ")) {
        connection.send(answer_);
        continue;
      }
      connection.send(tunnel_answer_);
      if (!tunnel_answer_.starts_with("HTTP/1.1 200")) return connection.close_gently();
      const std::size_t colon = request.find(':');
      return connection.relay_to(static_cast<std::uint16_t>(std::stoi(request.substr(colon + 1))));
    }
  }

  std::string tunnel_answer_;
  std::string answer_;
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  RawServer server_;
};

}  // namespace coroute::test
