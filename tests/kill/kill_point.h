// One kill: a load that dies at a crash point, what brings it to its end, and what is then wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/kill/source.h"

namespace kill_anywhere {

struct Scenario {
  std::string name;
  Source source;
  enum class Kept { plain_file, gzip, standard_input } kept = Kept::plain_file;
  bool upserts = false;  // by the source's key column, else a plain insert
  std::string on_repeat = "off";  // of an upsert; off: the second of two updates what the first has added
  // Whether the file is changed after the death, with its size and time as they were, and later put back.
  bool changes = false;
};

// The program under test: one that dies at crash points (crashing.cpp).
struct Program {
  std::string path;
  std::string deliberate_bug;  // empty: none
};

// The crash point to die at: the number-th, counted from 1, of those whose name holds `place`.
struct Point {
  uint64_t number = 1;
  std::string place;
};

struct Attempt {
  bool died = false;                    // else the load came to its end before the point
  std::vector<std::string> places;      // where it died: in the load, then perhaps once more in the session after it
  std::vector<std::string> complaints;  // what is wrong; empty where all is well
  size_t named = 0, resubmitted = 0;    // uncertain chunks, as they were resolved
};

// Loads into a sandbox of its own and dies at the point. Then resumes, or calls the
// same load again, until the run is at its end; the first of these sessions may die, too. Chunks that are uncertain are
// resolved by the sandbox's books. At the end the CRM must hold the source and the run must say so, and one more resume
// and one more load must do nothing. Which ways are taken follows from the point alone.
Attempt kill_at(const Scenario& scenario, const Program& program, const Point& point);

// The names of all points that an undisturbed load passes, without numbers and directories.
std::vector<std::string> points_of(const Scenario& scenario, const Program& program);

}  // namespace kill_anywhere
