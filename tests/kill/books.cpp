#include "tests/kill/books.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

namespace kill_anywhere {
namespace {

// States of /proc/net/tcp in which the server has, or is about to have, something to do for the other end.
bool is_busy(const std::string& state) {
  return state == "01" || state == "03" || state == "08";  // ESTABLISHED, SYN_RECV, CLOSE_WAIT
}

size_t connections_of(unsigned port) {
  std::ifstream table("/proc/net/tcp");
  size_t count = 0;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state;
    words >> slot >> local >> remote >> state;
    if (std::stoul(local.substr(local.find(':') + 1), nullptr, 16) == port && is_busy(state)) ++count;
  }
  return count;
}

unsigned port_of(const std::string& url) {
  return static_cast<unsigned>(std::stoul(url.substr(url.rfind(':') + 1)));
}

}  // namespace

bool Books::is_quiet() const {
  return connections_of(port_of(sandbox_.url())) == 0 &&
         sandbox_.query("select count(*) from sandbox_jobs where status in ('ADDED', 'INPROGRESS')") == 0;
}

void Books::wait_until_quiet() const {
  REQUIRE(e2e::eventually([&] { return is_quiet(); }));
}

std::map<std::string, std::vector<std::string>> Books::jobs() const {
  std::map<std::string, std::vector<std::string>> jobs;
  for (const Fields& row : e2e::select(
           sandbox_.database(), "select json_extract(request, '$.resource[0].file_names[0]'), id from sandbox_jobs"))
    jobs[row.at(0)].push_back(row.at(1));
  return jobs;
}

std::map<std::string, Fields> Books::records() const {
  std::string columns;
  for (const std::string& column : source_.columns) columns += ", " + column;
  std::map<std::string, Fields> records;
  for (Fields& row : e2e::select(sandbox_.database(), "select id" + columns + " from " + source_.module)) {
    const std::string id = row.front();
    row.erase(row.begin());
    records.emplace(id, std::move(row));
  }
  return records;
}

}  // namespace kill_anywhere
