#include "engine/run/reject.h"

namespace bulkwrite::run {

uint64_t source_offset(const csv::Chunk& chunk, const csv::Record& record) {
  const csv::Part& part = chunk.parts[record.part];
  return part.begin + (record.begin - part.at);
}

std::string_view blamed_bytes(const Judge& judge, const Problem& problem) {
  if (!problem.column || *problem.column >= judge.fields().size()) return judge.bytes();
  return judge.fields()[*problem.column];
}

Reject describe_reject(const csv::Chunk& chunk, const Judge& judge, const std::vector<std::string>& names) {
  const csv::Record& record = judge.record();
  Reject reject{.source = chunk.parts[record.part].source,
                .record_number = record.record_number,
                .byte_offset = source_offset(chunk, record),
                .lines = line_count(judge.bytes()),
                .bytes = std::string(chunk.bytes().substr(record.begin, record.next - record.begin))};
  for (const Problem& problem : judge.problems()) {
    std::string excerpt = printable_excerpt(blamed_bytes(judge, problem));
    if (problem.repeat != nullptr) excerpt = judge.repeats()->text(*problem.repeat) + ": " + excerpt;
    reject.reasons.push_back({.rule = problem.rule,
                              .column = problem.column ? names[*problem.column] : std::string(),
                              .excerpt = std::move(excerpt)});
  }
  return reject;
}

Reject describe_too_long(const csv::Part& part) {
  Reject reject{.source = part.source, .record_number = part.first_record, .byte_offset = part.begin};
  reject.reasons.push_back({.rule = csv::flaw_name(csv::Flaw::too_long), .column = "", .excerpt = ""});
  return reject;
}

Result<void> write_reasons(SetAside& out, const Reject& reject, std::string_view source_name) {
  for (const Reject::Why& why : reject.reasons) {
    if (auto ok = out.reason(
            {source_name, reject.record_number, reject.byte_offset, reject.lines, why.column, why.rule, why.excerpt});
        !ok)
      return ok;
  }
  return {};
}

}  // namespace bulkwrite::run
