// Callbacks on their way from the service to the loader, and those that others forge.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/sim/books.h"
#include "tests/sim/faults.h"
#include "tests/sim/trace.h"

namespace sim {

constexpr const char* kCallbackUrl = "https://loader.twin/cb";

class Post {
 public:
  Post(Books& books, Faults& faults, Random random, Trace& trace)
      : books_(books), faults_(faults), random_(random), trace_(trace) {}

  struct Call {
    std::string token, job_id;
  };
  // The next call that arrives now.
  std::optional<Call> take(Instant now);
  // Nobody is there to take them.
  void lose(Instant now) {
    while (take(now)) {
    }
  }

 private:
  void collect(Instant now);
  void send(const twin::Job& job, Instant now);

  Books& books_;
  Faults& faults_;
  Random random_;
  Trace& trace_;
  std::multimap<Instant, Call> calls_;  // by when they arrive
};

}  // namespace sim
