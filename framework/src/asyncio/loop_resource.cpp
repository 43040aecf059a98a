// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/loop_resource.hpp"

#include <memory>

namespace coroute::detail {
namespace {

const int resources_key = 0;

class LoopResources final : public LoopLocal {
 public:
  ~LoopResources() override {
    while (!list_.empty())
      list_.pop_front().on_loop_end();
  }
  void add(LoopResource& resource) noexcept { list_.push_back(resource); }

 private:
  IntrusiveList<LoopResource> list_;
};

}  // namespace

void LoopResource::join_loop(EventLoop& loop) {
  LoopLocal* resources = loop.local(&resources_key);
  if (!resources) {
    auto created = std::make_unique<LoopResources>();
    resources = created.get();
    loop.set_local(&resources_key, std::move(created));
  }
  static_cast<LoopResources*>(resources)->add(*this);
}

void LoopResource::leave_loop() noexcept {
  if (linked()) IntrusiveList<LoopResource>::remove(*this);
}

}  // namespace coroute::detail
