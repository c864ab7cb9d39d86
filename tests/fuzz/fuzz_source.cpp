// Any bytes as an input file, packed or not, in whatever encoding, are read to an end or to a reason, in bounded steps;
// a second reading in other steps gives the same, and what was transcoded is UTF-8.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iterator>
#include <string>
#include <string_view>

#include "engine/base/file.h"
#include "engine/csv/text.h"
#include "engine/source/input.h"
#include "tests/fuzz/target.h"

using namespace bulkwrite;
using fuzz::must;

namespace {

constexpr const char* kEncodings[] = {"windows-1252", "Shift_JIS", "GB18030", "UTF-16BE", "UTF-7", "ISO-2022-JP"};
constexpr size_t kReadBytesMax = 1 << 20;  // a bomb goes on for ever

struct Seen {
  std::string bytes, failure;
  bool operator==(const Seen&) const = default;
};

bool is_utf8(const std::string& bytes, size_t begin) {
  return csv::first_invalid_utf8(std::string_view(bytes).substr(begin)) == bytes.size() - begin;
}

Seen read(const std::string& path, const std::string& encoding, size_t step_bytes) {
  Seen seen;
  std::string step(step_bytes, '\0');
  auto input = source::Input::open({path}, {}, encoding);
  must(input.has_value(), "a file can be opened");
  while (seen.bytes.size() < kReadBytesMax) {
    auto stream = input->next();
    if (!stream) {
      seen.failure = stream.error().message;
      break;
    }
    if (*stream == nullptr) break;
    seen.bytes += "source\n";
    const size_t begin = seen.bytes.size();
    for (size_t got = 1; got > 0 && seen.bytes.size() < kReadBytesMax;) {
      auto part = (*stream)->read(step);
      if (!part) {
        must(part.error().kind == ErrorKind::input_data, "damage is input data");
        seen.failure = part.error().message;
        must((*stream)->transcoded_from().empty() || is_utf8(seen.bytes, begin), "what comes before an error is UTF-8");
        return seen;
      }
      got = *part;
      must(got <= step.size(), "no more comes than was asked for");
      seen.bytes.append(step, 0, got);
    }
    must((*stream)->transcoded_from().empty() || seen.bytes.size() >= kReadBytesMax || is_utf8(seen.bytes, begin),
         "what is transcoded is UTF-8");
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Descriptor file(memfd_create("input", MFD_CLOEXEC));
  must(file.is_open() && ::write(file.get(), data, size) == static_cast<ssize_t>(size), "there is memory for a file");
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  // As it is, and then in the encoding that its last byte chooses.
  const uint8_t last = size == 0 ? 0 : data[size - 1];
  for (const std::string encoding : {"", kEncodings[last % std::size(kEncodings)]}) {
    const Seen large = read(path, encoding, 64 * 1024), small = read(path, encoding, 61);
    if (large.bytes.size() >= kReadBytesMax || small.bytes.size() >= kReadBytesMax) return 0;
    must(large.failure.empty() == small.failure.empty(), "an error does not depend on the steps");
    if (large.failure.empty()) must(large.bytes == small.bytes, "the bytes do not depend on the steps");
  }
  return 0;
}
