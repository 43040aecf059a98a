// SPDX-License-Identifier: BSL-1.0
// expect: a field of this model has a type that has no JSON: use another one
// expect: Job
// expect: worker
#include "coroute/coroute.hpp"

using namespace coroute;

struct Job {
  std::string name;
#ifdef CORRECT
  int worker;
#else
  std::thread worker;
#endif
};

void declare(App& app) {
  app.post("/", [](const Job& job) { return job.name; });  // MISTAKE
}
