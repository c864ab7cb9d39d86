#include "engine/run/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/check.h"
#include "engine/csv/field.h"
#include "engine/run/reject.h"
#include "engine/run/seen_values.h"

namespace bulkwrite::run {

Reconciler::Reconciler(ReconcileOptions options, Rereader rereader, const Front& front, Rules rules)
    : options_(std::move(options)), rereader_(std::move(rereader)), front_(&front), rules_(rules) {}

Result<Reconciler> Reconciler::create(ReconcileOptions options, Rereader rereader, const Front& front, Rules rules) {
  Reconciler made(std::move(options), std::move(rereader), front, rules);
  const std::filesystem::path& directory = made.options_.run_dir;
  auto results = AtomicFile::create(directory / "results.csv");
  if (!results) return std::move(results).error();
  auto failed = SetAside::create(directory, "failed", made.options_.header_bytes);
  if (!failed) return std::move(failed).error();
  auto rejected = SetAside::create(directory, "rejected", made.options_.header_bytes);
  if (!rejected) return std::move(rejected).error();
  made.results_ = *std::move(results);
  made.failed_ = *std::move(failed);
  made.rejected_ = *std::move(rejected);
  if (auto ok = made.results_.write("source,record_number,status,record_id,errors,resent\n"); !ok)
    return std::move(ok).error();
  return made;
}

Result<void> Reconciler::commit() {
  if (auto ok = results_.commit(); !ok) return ok;
  if (auto ok = failed_.commit(); !ok) return ok;
  return rejected_.commit();
}

Result<void> Reconciler::add(const ChunkRow& row, const std::filesystem::path& result,
                             std::optional<std::vector<uint32_t>> rejected) {
  Summary before = counts_;
  auto done = add_chunk(row, result, std::move(rejected));
  if (!done) counts_ = std::move(before);
  return done;
}

Result<void> Reconciler::add_chunk(const ChunkRow& row, const std::filesystem::path& result,
                                   std::optional<std::vector<uint32_t>> rejected) {
  ++counts_.chunks;
  counts_.jobs += row.job_id.empty() ? 0 : 1;
  counts_.records_read += row.records;
  for (const csv::Part& part : row.ranges.parts) counts_.bytes_read += part.bytes();
  if (row.ranges.too_long) return add_too_long(row);
  auto chunk = rereader_.chunk(row.ranges);
  if (!chunk) return std::move(chunk).error();
  auto rules = ChunkRules::of_known(rules_, row.ranges.chunk_index);
  if (!rules) return std::move(rules).error();
  // Where every record was sent, none of them has broken a rule: that need not be found out again.
  if (!rejected)
    rejected = row.sent == row.records ? std::vector<uint32_t>() : rejected_records(*chunk, rules->rules());
  if (row.sent + rejected->size() != row.records)
    return Error{ErrorKind::unexpected,
                 fmt::format("chunk {}: {} of {} records would be sent now where {} were sent", row.ranges.chunk_index,
                             row.records - rejected->size(), row.records, row.sent)};
  auto done = add_verdicts(row, {*chunk, *std::move(rejected), rules->rules()}, result);
  rereader_.recycle(*std::move(chunk));
  return done;
}

Result<void> Reconciler::add_verdicts(const ChunkRow& row, const Sent& sent, const std::filesystem::path& result) {
  if (row.state != ChunkState::finished) return add_records(row, sent, nullptr, row.why);
  auto joined = join(row, sent, result);
  if (!joined) return add_records(row, sent, nullptr, joined.error().message);
  auto done = add_records(row, sent, &*joined, "");
  spare_ = std::move(joined->verdicts);
  return done;
}

Result<Joined> Reconciler::join(const ChunkRow& row, const Sent& sent, const std::filesystem::path& result) {
  auto verdicts = Verdicts::read(result, std::exchange(spare_, {}), *sent.chunk.kernel);
  if (!verdicts) return std::move(verdicts).error();
  auto joined = join_verdicts(*std::move(verdicts), {sent.chunk, sent.rejected, options_.mapped_columns, row.sent});
  if (!joined) return in_context("job " + row.job_id, std::move(joined).error());
  return joined;
}

Result<void> Reconciler::add_too_long(const ChunkRow& row) {
  const csv::Part& part = row.ranges.parts.front();
  const SourceName source = source_name(part.source);
  if (auto ok = write_reasons(rejected_, describe_too_long(part), source.text); !ok) return ok;
  auto copied = rereader_.too_long(row.ranges, [&](std::string_view bytes) { return rejected_.bytes(bytes); });
  if (!copied) return copied;
  if (part.unterminated)
    if (auto ok = rejected_.bytes("\n"); !ok) return ok;
  count(counts_, Fate::rejected);
  return write_result(source, part.first_record, Fate::rejected, "", csv::flaw_name(csv::Flaw::too_long));
}

// The records of a chunk, of which only those are looked at whose bytes somebody needs: as a rule none. Forwards only.
class Reconciler::Walk {
 public:
  explicit Walk(const Sent& sent) : chunk_(sent.chunk), judge_(sent.chunk, sent.rules) {}

  const csv::Chunk& chunk() const { return chunk_; }
  const Judge& sent(uint64_t ordinal) {
    pass_to(ordinal + 1);
    return judge_;
  }
  const Judge& rejected(uint64_t ordinal) {
    pass_to(ordinal);
    ++walked_;
    BULKWRITE_CHECK(judge_.next(), "a chunk that is read again has the records that it had");
    return judge_;
  }

 private:
  void pass_to(uint64_t records) {
    for (; walked_ < records; ++walked_)
      BULKWRITE_CHECK(judge_.pass(), "a chunk that is read again has the records that it had");
  }

  const csv::Chunk& chunk_;
  Judge judge_;
  uint64_t walked_ = 0;
};

Result<void> Reconciler::add_records(const ChunkRow& row, const Sent& sent, const Joined* joined,
                                     std::string_view why) {
  BULKWRITE_CHECK(row.records == sent.chunk.records(), "a chunk that is read again has the records that it had");
  std::span<const uint32_t> rejected = sent.rejected;
  uint64_t ordinal = 0, at = 0;  // of all records, and of those that were sent
  Walk walk(sent);
  for (const csv::Part& part : sent.chunk.parts) {
    const SourceName source = source_name(part.source);
    for (uint64_t i = 0; i < part.records; ++i, ++ordinal) {
      if (!rejected.empty() && rejected.front() == ordinal) {
        rejected = rejected.subspan(1);
        if (auto ok = add_reject(sent.chunk, walk.rejected(ordinal), source); !ok) return ok;
        continue;
      }
      const Verdict* const verdict = joined != nullptr ? &joined->of(at++) : nullptr;
      if (auto ok = add_sent(row, {source, part.first_record + i, ordinal}, walk, verdict, why); !ok) return ok;
    }
  }
  return {};
}

Result<void> Reconciler::add_sent(const ChunkRow& row, const Place& place, Walk& walk, const Verdict* verdict,
                                  std::string_view why) {
  const Fate fate = verdict != nullptr ? fate_of(*verdict, options_.present_field) : fate_of(row.state);
  count(counts_, fate);
  const bool resent = row.resent && fate != Fate::not_sent;
  counts_.resent += resent ? 1 : 0;
  const std::string_view errors = verdict != nullptr ? csv::value_of(verdict->errors, scratch_) : why;
  if (is_not_taken(fate)) {
    const auto groups =
        verdict != nullptr ? parse_errors(errors) : std::vector<VerdictError>{{std::string(state_name(row.state)), {}}};
    if (auto ok = write_failed(walk.chunk(), walk.sent(place.ordinal), place.source.text, groups); !ok) return ok;
  }
  const std::string_view id =
      verdict != nullptr ? csv::value_of(verdict->record_id, other_scratch_) : std::string_view();
  return write_result(place.source, place.record_number, fate, id, errors, resent);
}

Result<void> Reconciler::add_reject(const csv::Chunk& chunk, const Judge& judge, const SourceName& source) {
  BULKWRITE_CHECK(!judge.problems().empty(), "a record that was rejected once is rejected again");
  const Reject reject = describe_reject(chunk, judge, options_.names);
  if (auto ok = rejected_.record(reject.bytes); !ok) return ok;
  if (auto ok = write_reasons(rejected_, reject, source.text); !ok) return ok;
  count(counts_, Fate::rejected);
  counts_.repeated += judge.is_left_out() ? 1 : 0;
  return write_result(source, reject.record_number, Fate::rejected, "", judge.problems().front().rule);
}

Reconciler::SourceName Reconciler::source_name(uint32_t ordinal) const {
  SourceName name{.text = front_->source(ordinal).name, .field = {}};
  csv::append_field(name.field, name.text);
  return name;
}

Result<void> Reconciler::write_result(const SourceName& source, uint64_t record_number, Fate fate,
                                      std::string_view record_id, std::string_view errors, bool resent) {
  const fmt::format_int number(record_number);
  row_ = source.field;
  row_ += ',';
  row_ += std::string_view(number.data(), number.size());
  row_ += ',';
  row_ += fate_name(fate);
  row_ += ',';
  csv::append_field(row_, record_id);
  row_ += ',';
  csv::append_field(row_, errors);
  row_ += resent ? ",resent\n" : ",\n";
  return results_.write(row_);
}

// By the service's word for it.
std::optional<size_t> Reconciler::column_named(std::string_view name) const {
  for (const auto* const names : {&options_.sent_names, &options_.names}) {
    const auto found = std::find(names->begin(), names->end(), name);
    if (found != names->end()) return static_cast<size_t>(found - names->begin());
  }
  return std::nullopt;
}

Result<void> Reconciler::write_failed(const csv::Chunk& chunk, const Judge& judge, const std::string& source,
                                      const std::vector<VerdictError>& errors) {
  const csv::Record& record = judge.record();
  if (auto ok = failed_.record(chunk.bytes().substr(record.begin, record.next - record.begin)); !ok) return ok;
  Reason reason{.source = source,
                .record_number = record.record_number,
                .byte_offset = source_offset(chunk, record),
                .lines = line_count(judge.bytes()),
                .excerpt = judge.bytes()};
  if (errors.empty()) return failed_.reason(reason);
  for (const VerdictError& error : errors) {
    reason.rule = error.code;
    reason.column = {};
    reason.excerpt = judge.bytes();
    if (error.fields.empty())
      if (auto ok = failed_.reason(reason); !ok) return ok;
    for (const std::string& field : error.fields) {
      const auto column = column_named(field);
      reason.column = column ? options_.names[*column] : field;
      reason.excerpt = column ? judge.fields()[*column] : judge.bytes();
      if (auto ok = failed_.reason(reason); !ok) return ok;
    }
  }
  return {};
}

}  // namespace bulkwrite::run
