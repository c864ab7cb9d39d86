// Any bytes as the archive that a service calls a result: verdicts or a reason, in bounded memory and time.
#include <string>

#include "engine/csv/cutter.h"
#include "engine/run/verdict.h"
#include "engine/zip/reader.h"
#include "tests/fuzz/target.h"

using namespace bulkwrite;
using fuzz::must;

namespace {

constexpr size_t kMembersMax = 100, kReadBytesMax = 1 << 20;

// Every member, as whoever has limits of their own reads them.
void walk(std::string_view bytes) {
  auto archive = zip::ArchiveReader::open_bytes(bytes);
  std::string step(4096, '\0');
  size_t total = 0;
  for (size_t members = 0; archive && members < kMembersMax; ++members) {
    auto name = archive->next_member();
    if (!name) must(name.error().kind == ErrorKind::input_data, "damage is input data");
    if (!name || !name->has_value()) return;
    for (size_t got = 1; got > 0 && total < kReadBytesMax; total += got) {
      auto part = archive->read(step);
      if (!part) return;
      got = *part;
      must(got <= step.size(), "no more comes than was asked for");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  walk(fuzz::text_of(data, size));
  const auto verdicts = run::Verdicts::parse(fuzz::text_of(data, size));
  if (!verdicts)
    must(verdicts.error().kind == ErrorKind::input_data, "what is no result is input data");
  else
    must(verdicts->rows().size() <= csv::kRecordsMax, "no more verdicts than a chunk has records");
  return 0;
}
