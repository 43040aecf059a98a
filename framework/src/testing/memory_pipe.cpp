// SPDX-License-Identifier: BSL-1.0
#include "memory_pipe.hpp"

#include <algorithm>

#include "coroute/asyncio/shutdown.hpp"

namespace coroute::detail {

class MemoryPipe::End final : public UpgradedConnection {
 public:
  End(std::shared_ptr<MemoryPipe> pipe, std::size_t side) noexcept : pipe_(std::move(pipe)), side_(side) {}
  ~End() override {
    mine().gone = true;
    mine().callback = nullptr;
    if (!peer().gone) pipe_->tell(1 - side_);
  }

  Received receive(char* buffer, std::size_t size) noexcept override {
    std::string& input = mine().input;
    if (input.empty()) return {peer().gone ? Outcome::Closed : Outcome::WouldBlock};
    const std::size_t count = input.copy(buffer, size);
    input.erase(0, count);
    pipe_->tell(1 - side_);
    return {Outcome::Progress, count};
  }
  Outcome send(std::string_view& bytes) noexcept override {
    if (peer().gone) return Outcome::Closed;
    const std::size_t count = std::min(bytes.size(), capacity - peer().input.size());
    peer().input += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (count > 0) pipe_->tell(1 - side_);
    return bytes.empty() ? Outcome::Progress : Outcome::WouldBlock;
  }
  bool has_input() const noexcept override { return !mine().input.empty() || peer().gone; }
  bool is_writable() const noexcept override { return peer().gone || peer().input.size() < capacity; }
  void on_ready(IoHandle::ReadyCallback callback, void* context) noexcept override {
    mine().callback = callback;
    mine().context = context;
  }
  bool can_vanish() const noexcept override { return false; }
  bool is_draining() const noexcept override { return side_ == server_side && is_shutdown_requested(); }

 private:
  Side& mine() const noexcept { return pipe_->sides_[side_]; }
  Side& peer() const noexcept { return pipe_->sides_[1 - side_]; }

  std::shared_ptr<MemoryPipe> pipe_;
  std::size_t side_;
};

MemoryPipe::Ends MemoryPipe::ends() {
  return {std::make_unique<End>(shared_from_this(), 1 - server_side),
          std::make_unique<End>(shared_from_this(), server_side)};
}

void MemoryPipe::tell(std::size_t side) {
  if (std::exchange(sides_[side].told, true)) return;
  EventLoop::call_soon_if_alive(loop_, [pipe = shared_from_this(), side] {
    Side& told = pipe->sides_[side];
    told.told = false;
    if (told.callback) told.callback(told.context);
  });
}

}  // namespace coroute::detail
