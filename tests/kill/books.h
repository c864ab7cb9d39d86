// What the sandbox itself holds: the only witness of what the service was asked to do.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/world.h"
#include "tests/kill/source.h"

namespace kill_anywhere {

using Fields = std::vector<std::string>;

class Books {
 public:
  Books(const e2e::Sandbox& sandbox, const Source& source) : sandbox_(sandbox), source_(source) {}

  // Waits until no request is under way and no job waits or runs: only then do the books say what came of a request
  // whose sender died.
  void wait_until_quiet() const;
  // The ids of the jobs of each CSV, by its name.
  std::map<std::string, std::vector<std::string>> jobs() const;
  // The records of the module by id: the source's columns of each.
  std::map<std::string, Fields> records() const;

 private:
  bool is_quiet() const;

  const e2e::Sandbox& sandbox_;
  const Source& source_;
};

}  // namespace kill_anywhere
