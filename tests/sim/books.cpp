#include "tests/sim/books.h"

#include <algorithm>
#include <charconv>

#include "engine/csv/field.h"
#include "engine/run/archive.h"
#include "engine/zip/crc32.h"
#include "engine/zip/reader.h"
#include "tests/api/service_words.h"
#include "tests/sim/violation.h"

namespace sim {
namespace {

using Fields = std::vector<std::string>;

constexpr size_t kEchoed = 3;
constexpr size_t kTokensMax = 10;  // in ten minutes (contract 1.6)
constexpr Milliseconds kTokenWindow = std::chrono::minutes(10);

std::string member_of(const std::string& archive) {
  auto reader = bulkwrite::zip::ArchiveReader::open_bytes(archive);
  demand(reader.has_value() && reader->next_member().has_value(), "what was uploaded is no archive");
  std::string text(1 << 16, '\0');
  auto got = reader->read(text);
  demand(got.has_value() && *got < text.size(), "the archive cannot be read");
  text.resize(*got);
  return text;
}

// A dull CSV reader of its own.
std::vector<Fields> split(const std::string& text) {
  std::vector<Fields> records(1, Fields(1));
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string& field = records.back().back();
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"')
      field += text[++i];
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && text[i] == ',')
      records.back().emplace_back();
    else if (!quoted && text[i] == '\n')
      records.emplace_back(1);
    else
      field += text[i];
  }
  if (records.back() == Fields(1)) records.pop_back();
  return records;
}

uint64_t chunk_of_name(std::string_view name) {
  const size_t dash = name.rfind('-');
  uint64_t chunk = 0;
  std::from_chars(name.data() + dash + 1, name.data() + name.size(), chunk);
  return chunk;
}

std::string zipped(const std::string& text) {
  static thread_local bulkwrite::run::ArchiveMaker archives(bulkwrite::run::Packing::fast);
  const auto archive = archives.make("Leads-bulkwrite.csv", text, bulkwrite::zip::crc32(0, text));
  demand(archive.has_value(), "the result cannot be packed");
  return archive->joined();
}

}  // namespace

Books::Books(const Setup& setup, const Source& source, Faults& faults, Random random, Trace& trace)
    : setup_(setup), faults_(faults), random_(random), trace_(trace) {
  token_life = setup.token_life;
  plan = [this](const twin::Job& job) { return plan_job(job); };
  result = [this](const twin::Job& job) { return result_of(job); };
  for (uint64_t chunk = 0; chunk < source.chunks(); ++chunk) {
    for (const SourceRecord& record : source.records_of(chunk)) {
      if (record.is_bad) bad_keys_.insert(record.key);
      if (record.was_there) table_[record.key] = {{std::to_string(++next_record_id_), "as it was"}};
    }
  }
}

twin::Reply Books::answer(const twin::Request& request, Instant now) {
  work(now);
  if (twin::kind_of(request) == twin::Kind::token && token_is_throttled(now)) {
    faults_.note(Fault::token_throttled);
    return service_words::complete(
        400,
        R"({"error_description":"You have made too many requests continuously. Please try again after some time.",)"
        R"("error":"Access Denied","status":"failure"})");
  }
  return ServiceTwin::answer(request, now);
}

bool Books::token_is_throttled(Instant now) {
  while (!tokens_given_.empty() && tokens_given_.front() + kTokenWindow <= now) tokens_given_.pop_front();
  if (tokens_given_.size() >= kTokensMax) return true;
  tokens_given_.push_back(now);
  return false;
}

twin::JobPlan Books::plan_job(const twin::Job& job) {
  JobRecords& records = job_records_[job.id];
  records.chunk_index = chunk_of_name(job.csv_name);
  records.records = split(member_of(file(job.file_id)));
  demand(!records.records.empty() && records.records.front().size() == kColumns.size(), "an archive has no header");
  records.records.erase(records.records.begin());
  records.verdicts.resize(records.records.size());
  records.records_processed = records.records.size();
  twin::JobPlan planned{.takes = random_.between(Milliseconds(500), setup_.job_time_max)};
  draw_end(planned, records);
  open_.emplace(job.created_at + planned.takes, job.id);
  trace_.tell("service: job {} of chunk {}, {} records, will be {} in {} ms", job.id, records.chunk_index,
              records.records.size(), planned.status, planned.takes.count());
  return planned;
}

void Books::draw_end(twin::JobPlan& planned, JobRecords& records) {
  if (faults_.strikes(Fault::job_stuck))
    planned.takes = setup_.dispatcher.submission.job_deadline + random_.between(Milliseconds(0), std::chrono::hours(1));
  const bool writes_nothing = faults_.strikes(Fault::job_failed_without_writing);
  const bool fails_midway = !writes_nothing && faults_.strikes(Fault::job_failed_midway);
  if (!writes_nothing && !fails_midway) {
    if (faults_.strikes(Fault::record_unprocessed)) records.records_processed = random_.below(records.records.size());
    return;
  }
  planned.status = "FAILED";
  records.has_failed = true;
  records.records_processed = fails_midway ? random_.below(records.records.size() + 1) : 0;
  planned.has_counts = !faults_.strikes(Fault::job_failed_without_counts);
  planned.has_result = faults_.strikes(Fault::job_failed_with_result);
}

void Books::work(Instant until) {
  while (!open_.empty() && open_.begin()->first <= until) {
    const std::string id = open_.begin()->second;
    open_.erase(open_.begin());
    finish(jobs_.at(id));
  }
}

void Books::finish(const twin::Job& job) {
  JobRecords& records = job_records_.at(job.id);
  records.is_over = true;
  twin::JobPlan& planned = jobs_.at(job.id).plan;
  for (size_t i = 0; i < records.records_processed; ++i) {
    Verdict& verdict = records.verdicts[i] = take(job, records.records[i]);
    planned.added += verdict.status == "ADDED";
    planned.updated += verdict.status == "UPDATED";
    planned.skipped += verdict.status == "SKIPPED";
  }
  planned.skipped += records.records.size() - records.records_processed;
  records.has_written = planned.added + planned.updated > 0;
  trace_.tell("service: job {} of chunk {} has ended, added {}, updated {}, skipped {}", job.id, records.chunk_index,
              planned.added, planned.updated, planned.skipped);
}

Verdict Books::take(const twin::Job& job, const Fields& fields) {
  const std::string &key = fields[0], &note = fields.back();
  if (bad_keys_.contains(key)) {
    faults_.note(Fault::record_skipped);
    return {"SKIPPED", "", "INVALID_DATA-Company"};
  }
  std::vector<Row>& rows = table_[key];
  const bool is_there = !job.find_by.empty() && !rows.empty();
  if (job.operation == "insert" && is_there) return {"SKIPPED", "", "DUPLICATE_DATA-Email"};
  if (job.operation == "update" && !is_there) return {"SKIPPED", "", "RESOURCE_NOT_FOUND-Email"};
  if (is_there) {
    rows.front().note = note;
    return {"UPDATED", rows.front().record_id, ""};
  }
  rows.push_back({std::to_string(++next_record_id_), note});
  return {"ADDED", rows.back().record_id, ""};
}

std::string Books::result_of(const twin::Job& job) {
  const auto made = results_.find(job.id);
  if (made != results_.end()) return made->second;
  JobRecords& records = job_records_.at(job.id);
  const auto echo_of = [&](const Fields& fields) {
    std::string echo;
    for (size_t i = 0; i < kEchoed; ++i) {
      bulkwrite::csv::append_field(echo, fields[setup_.mapped_columns[i]]);
      echo += ',';
    }
    return echo;
  };
  std::vector<std::string> echoes, lines;
  for (size_t i = 0; i < records.records.size(); ++i) {
    const Verdict& verdict = records.verdicts[i];
    echoes.push_back(echo_of(records.records[i]));
    lines.push_back(fmt::format("{}{},{},{}\n", echoes.back(), verdict.status, verdict.record_id, verdict.errors));
  }
  const Fault shuffle = setup_.echo_is_unique ? Fault::result_shuffled : Fault::result_shuffled_ambiguous;
  // A shuffle that shows in what is echoed. Where it does not, nobody can see it.
  const size_t turn = random_.below(std::max<size_t>(lines.size(), 1));
  auto turned = echoes;
  std::rotate(turned.begin(), turned.begin() + static_cast<ptrdiff_t>(turn), turned.end());
  if (turned != echoes && faults_.strikes(shuffle)) {
    std::rotate(lines.begin(), lines.begin() + static_cast<ptrdiff_t>(turn), lines.end());
    records.result_is_sound &= setup_.echo_is_unique;
  }
  if (faults_.strikes(Fault::result_truncated)) {
    lines.resize(random_.below(lines.size()));
    records.result_is_sound = false;
  } else if (faults_.strikes(Fault::result_too_long)) {
    lines.push_back(lines.front());
    records.result_is_sound = false;
  }
  std::string text;
  for (size_t i = 0; i < kEchoed; ++i) text += std::string(kColumns[setup_.mapped_columns[i]]) + ",";
  text += "STATUS,RECORD_ID,ERRORS\n";
  for (const std::string& line : lines) text += line;
  std::string archive = zipped(text);
  if (faults_.strikes(Fault::result_damaged)) {
    archive.resize(archive.size() / 2);
    records.result_is_sound = false;
  }
  return results_[job.id] = archive;
}

const std::vector<Row>* Books::rows(const std::string& key) const {
  const auto found = table_.find(key);
  return found == table_.end() ? nullptr : &found->second;
}

const JobRecords* Books::job(const std::string& job_id) const {
  const auto found = job_records_.find(job_id);
  return found == job_records_.end() ? nullptr : &found->second;
}

std::vector<std::string> Books::jobs_of_chunk(uint64_t chunk_index) const {
  std::vector<std::string> ids;
  for (const auto& [id, records] : job_records_)
    if (records.chunk_index == chunk_index) ids.push_back(id);
  return ids;
}

}  // namespace sim
