// Any bytes as an input file, packed or not, are read to an end or to a reason, in bounded steps; a second reading in
// other steps gives the same.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "engine/base/file.h"
#include "engine/source/input.h"
#include "tests/fuzz/target.h"

using namespace bulkwrite;
using fuzz::must;

namespace {

constexpr size_t kReadBytesMax = 1 << 20;  // a bomb goes on for ever

struct Seen {
  std::string bytes, failure;
  bool operator==(const Seen&) const = default;
};

Seen read(const std::string& path, size_t step_bytes) {
  Seen seen;
  std::string step(step_bytes, '\0');
  auto input = source::Input::open({path});
  must(input.has_value(), "a file can be opened");
  while (seen.bytes.size() < kReadBytesMax) {
    auto stream = input->next();
    if (!stream) {
      seen.failure = stream.error().message;
      break;
    }
    if (*stream == nullptr) break;
    seen.bytes += "source\n";
    for (size_t got = 1; got > 0 && seen.bytes.size() < kReadBytesMax;) {
      auto part = (*stream)->read(step);
      if (!part) {
        must(part.error().kind == ErrorKind::input_data, "damage is input data");
        seen.failure = part.error().message;
        return seen;
      }
      got = *part;
      must(got <= step.size(), "no more comes than was asked for");
      seen.bytes.append(step, 0, got);
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Descriptor file(memfd_create("input", MFD_CLOEXEC));
  must(file.is_open() && ::write(file.get(), data, size) == static_cast<ssize_t>(size), "there is memory for a file");
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const Seen large = read(path, 64 * 1024), small = read(path, 61);
  if (large.bytes.size() >= kReadBytesMax || small.bytes.size() >= kReadBytesMax) return 0;
  must(large.failure.empty() == small.failure.empty(), "an error does not depend on the steps");
  if (large.failure.empty()) must(large.bytes == small.bytes, "the bytes do not depend on the steps");
  return 0;
}
