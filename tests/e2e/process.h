// Starts programs for real, and sees that none outlives its test.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace e2e {

// A directory that goes away with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Ended {
  int exit_code = -1;  // 128 + signal where one ended it
  std::string out, err;
};

// A program that runs. Its output goes to files of `directory`.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
          const std::filesystem::path& input = "/dev/null", const std::vector<std::string>& environment = {});
  ~Process();  // kills it where it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool is_running();
  // Waits for the end; kills it and fails the test after a minute or so.
  Ended wait();
  std::string out() const;
  std::string err() const;
  long peak_kilobytes() const { return peak_kilobytes_; }  // once wait() has returned

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  long peak_kilobytes_ = 0;
  std::filesystem::path out_, err_;
};

Ended run(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
          const std::filesystem::path& input = "/dev/null");

std::string slurp(const std::filesystem::path& path);
void spill(const std::filesystem::path& path, const std::string& bytes);

// A loopback port that nobody uses at this moment.
int free_port();

// Tries again and again, a little apart, until `holds` is true; false when it never is.
bool eventually(const std::function<bool()>& holds);

}  // namespace e2e
