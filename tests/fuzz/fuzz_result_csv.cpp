// Any text as the CSV within a sound result archive: verdicts that lie in it or a reason, and errors that can be told.
#include <string>

#include "engine/csv/cutter.h"
#include "engine/csv/field.h"
#include "engine/run/verdict.h"
#include "tests/fuzz/target.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const std::string bytes = zip_builder::build({{.name = "Leads-bulkwrite.csv", .bytes = text, .deflated = false}});
  const auto verdicts = run::Verdicts::parse(bytes);
  if (!verdicts) {
    must(verdicts.error().kind == ErrorKind::input_data, "what is no result is input data");
    return 0;
  }
  must(verdicts->rows().size() <= csv::kRecordsMax, "no more verdicts than a chunk has records");
  std::string scratch;
  for (const run::Verdict& verdict : verdicts->rows()) {
    must(verdict.echoed.size() == verdicts->rows().front().echoed.size(), "every verdict echoes the same columns");
    must(verdict.record_id.empty() || text.find(verdict.record_id) != std::string::npos, "an id is in the text");
    for (const run::VerdictError& error : run::parse_errors(csv::value_of(verdict.errors, scratch)))
      must(error.code.find(':') == std::string::npos || !error.fields.empty() || !error.code.empty(),
           "a code is a text");
  }
  for (const run::VerdictError& error : run::parse_errors(text))
    must(error.code.size() <= text.size(), "a code is no longer than the text");
  return 0;
}
