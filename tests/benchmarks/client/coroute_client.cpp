// SPDX-License-Identifier: BSL-1.0
// The client under test, with its defaults: time-outs, retries, decompression, propagation.

#include <coroute/asyncio/run.hpp>
#include <coroute/asyncio/task_group.hpp>
#include <coroute/client/client.hpp>

#include "load.hpp"

namespace {

using namespace coroute;

Async<void> work(const Client& client, const bench::Options& options, bench::Load& load) {
  bench::Clock::time_point began;
  while (load.begin(began)) {
    RequestBuilder request = options.body.empty() ? client.get(options.path) : client.post(options.path);
    if (!options.body.empty()) std::move(request).body(options.body, "application/json");
    const ClientResponse response = co_await std::move(request);
    load.end(began, response.status().code(), response.text().size());
  }
}

Async<void> run_load(const Client& client, const bench::Options& options, bench::Load& load) {
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    for (std::size_t i = 0; i < options.concurrent; ++i)
      group.create_task(work(client, options, load));
    co_return;
  });
}

Async<void> measure(const bench::Options& options) {
  ClientOptions client_options{.base_url = "http://127.0.0.1:" + options.port};
  client_options.limits.max_connections_per_host = options.connections;
  const Client client(client_options);
  bench::Load warm_up = bench::Load::warm_up(options);
  co_await run_load(client, options, warm_up);
  bench::Load load = bench::Load::measured(options);
  co_await run_load(client, options, load);
  load.print();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  coroute::run(measure(options));
}
