#include "bench/corpus.h"

#include "tools/gen/records.h"

namespace bench {
namespace {

std::string export_of(uint64_t records) {
  bulkwrite::gen::Generator generator({.seed = 1});
  std::string text;
  generator.append_header(text);
  for (uint64_t i = 0; i < records; ++i) generator.append_record(i, text);
  return text;
}

}  // namespace

const std::string& leads_export() {
  static const std::string text = export_of(100'000);
  return text;
}

const std::string& leads_chunk() {
  static const std::string text = export_of(25'000);
  return text;
}

}  // namespace bench
