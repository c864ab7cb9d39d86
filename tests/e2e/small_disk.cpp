#include "tests/e2e/small_disk.h"

#include <unistd.h>

#include <catch2/catch.hpp>

namespace e2e {
namespace {

constexpr const char* kUnshare = "/usr/bin/unshare";
constexpr const char* kEnter = "/usr/bin/nsenter";

// A mount namespace of our own; an ordinary user needs a user namespace for it.
std::vector<std::string> in_new_namespace(const std::string& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> call{kUnshare, "--mount", "--propagation", "private"};
  if (geteuid() != 0) call.insert(call.end(), {"--user", "--map-root-user"});
  call.insert(call.end(), {"/bin/sh", "-c", script});
  call.insert(call.end(), arguments.begin(), arguments.end());
  return call;
}

std::string options_of(DiskLimits limits, bool read_only) {
  return "size=" + std::to_string(limits.bytes) + ",nr_inodes=" + std::to_string(limits.files) +
         (read_only ? ",ro" : ",rw");
}

}  // namespace

std::string SmallDisk::why_not(const TemporaryDirectory& directory) {
  for (const char* const program : {kUnshare, kEnter})
    if (access(program, X_OK) != 0) return std::string(program) + " is not there";
  std::filesystem::create_directories(directory / "trial");
  const Ended ended = run(in_new_namespace("mount -t tmpfs trial \"$0\"", {directory / "trial"}), directory.path());
  return ended.exit_code == 0 ? "" : "no file system may be mounted here: " + ended.err;
}

SmallDisk::SmallDisk(const TemporaryDirectory& directory, const std::filesystem::path& at, DiskLimits limits)
    : directory_(directory.path()), at_(at) {
  std::filesystem::create_directories(at);
  const std::string script = "mount -t tmpfs -o \"$1\" small \"$0\" && echo there && exec sleep infinity";
  keeper_ = std::make_unique<Process>(in_new_namespace(script, {at, options_of(limits, false)}), directory_);
  REQUIRE(eventually([&] { return keeper_->out() == "there\n" || !keeper_->is_running(); }));
  INFO(keeper_->err());
  REQUIRE(keeper_->is_running());
}

std::vector<std::string> SmallDisk::inside(const std::vector<std::string>& arguments) const {
  const std::string place = "/proc/" + std::to_string(keeper_->pid()) + "/ns/";
  std::vector<std::string> call{kEnter, "--mount=" + place + "mnt"};
  if (geteuid() != 0) call.insert(call.end(), {"--user=" + place + "user", "--preserve-credentials"});
  call.emplace_back("--");
  call.insert(call.end(), arguments.begin(), arguments.end());
  return call;
}

std::filesystem::path SmallDisk::seen(const std::filesystem::path& path) const {
  return "/proc/" + std::to_string(keeper_->pid()) + "/root" + path.string();
}

void SmallDisk::change(DiskLimits limits, bool read_only) const {
  const Ended ended =
      run(inside({"/bin/mount", "-o", "remount," + options_of(limits, read_only), "small", at_}), directory_);
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
}

std::vector<std::string> with_files_of_at_most(uint64_t bytes, const std::vector<std::string>& arguments) {
  std::vector<std::string> call{"/usr/bin/prlimit", "--fsize=" + std::to_string(bytes), "--"};
  call.insert(call.end(), arguments.begin(), arguments.end());
  return call;
}

}  // namespace e2e
