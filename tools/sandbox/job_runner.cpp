#include "tools/sandbox/job_runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "tools/sandbox/apply.h"
#include "tools/sandbox/clock.h"
#include "tools/sandbox/csv_reader.h"
#include "tools/sandbox/job_plan.h"
#include "tools/sandbox/job_view.h"
#include "tools/sandbox/zip_file.h"

namespace bulkwrite::sandbox {
namespace {

constexpr int64_t kTryAgainAfterMs = 500;

struct Stopped {};

struct Failure {  // of a whole job
  std::string code;
};

struct JobFile {
  std::string name;
  std::string bytes;
  char delimiter = ',';
  std::vector<std::string> header;
  int64_t records = 0;
};

std::string choose_member(const std::string& zip, const std::string& wanted) {
  const auto names = zip_member_names(zip);
  if (!names) throw Failure{"INVALID_FILE_FORMAT"};
  if (wanted.empty() && names->size() == 1) return names->front();
  if (std::find(names->begin(), names->end(), wanted) != names->end() && names->size() == 1) return wanted;
  throw Failure{"FILE_NOT_SUPPORTED"};  // contract 7.5: one CSV in an ordinary job
}

JobFile open_file(const std::string& zip, const JobPlan& plan, const Switches& switches) {
  JobFile file;
  file.name = choose_member(zip, plan.file_name);
  const auto bytes_max = static_cast<size_t>(switches.csv_bytes_max);
  auto bytes = read_zip_member(zip, file.name, bytes_max);
  if (!bytes) throw Failure{"INVALID_FILE_FORMAT"};
  if (bytes->size() > bytes_max) throw Failure{"FILE_TOO_LARGE"};
  file.bytes = std::move(*bytes);
  file.delimiter = detect_delimiter(file.bytes);
  CsvReader reader(file.bytes, file.delimiter);
  if (reader.next(file.header) != CsvOutcome::kRecord) throw Failure{"INVALID_DATA"};
  if (static_cast<int64_t>(file.header.size()) > switches.columns_max) throw Failure{"HEADER_LIMIT_EXCEEDED"};
  std::vector<std::string> cells;
  for (;;) {
    const CsvOutcome outcome = reader.next(cells);
    if (outcome == CsvOutcome::kBroken) throw Failure{"INVALID_DATA"};
    if (outcome == CsvOutcome::kEnd) return file;
    if (++file.records > switches.records_max) throw Failure{"LIMIT_EXCEEDED"};
  }
}

std::string result_csv(std::vector<Verdict> verdicts, const JobPlan& plan, const Switches& switches, int64_t job_id) {
  std::vector<std::string> names;
  for (const auto& column : plan.columns) {
    if (column.index >= 0 && names.size() < 3) names.push_back(column.header);
  }
  const bool id_first = switches.result_columns == "id_first";
  const bool in_front = switches.result_columns == "in_front";
  const bool prose = switches.result_names == "prose";
  const std::string status_name = prose ? "Status" : "STATUS", id_name = prose ? "ID" : "RECORD_ID";
  names.insert(in_front ? names.begin() : names.end(),
               {id_first ? id_name : status_name, id_first ? status_name : id_name, prose ? "Errors" : "ERRORS"});
  if (switches.result_order == "shuffled") {
    std::mt19937_64 random(static_cast<uint64_t>(switches.result_order_seed + job_id));
    std::shuffle(verdicts.begin(), verdicts.end(), random);
  }
  std::string csv;
  const auto append_line = [&csv](const std::vector<std::string>& fields) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) csv += ',';
      append_csv_field(csv, fields[i]);
    }
    csv += '\n';
  };
  append_line(names);
  for (auto& verdict : verdicts) {
    std::vector<std::string> fields = std::move(verdict.echo);
    const std::string status = status_text(verdict.status);
    const std::string id = verdict.record_id == 0 ? std::string() : std::to_string(verdict.record_id);
    fields.insert(in_front ? fields.begin() : fields.end(),
                  {id_first ? id : status, id_first ? status : id, verdict.errors});
    append_line(fields);
  }
  return csv;
}

[[noreturn]] void crash_now() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

}  // namespace

JobRunner::JobRunner(Store& store, const Catalog& catalog, const Switches& switches, std::string org, int workers)
    : store_(store), catalog_(catalog), switches_(switches), org_(std::move(org)) {
  for (const int64_t id : requeue_unfinished(store_)) enqueue(id, 0, Crash::kNever);
  for (int i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
}

JobRunner::~JobRunner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& worker : workers_) worker.join();
}

size_t JobRunner::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void JobRunner::enqueue(int64_t job_id, int64_t created_ms, Crash crash) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(created_ms + switches_.queue_delay_ms, Entry{job_id, crash});
  }
  changed_.notify_all();
}

void JobRunner::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const int64_t early_ms = waiting_.begin()->first - now_ms();
    if (early_ms > 0) {
      changed_.wait_for(lock, std::chrono::milliseconds(early_ms));
      continue;
    }
    const Entry entry = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    lock.unlock();
    run(entry);
    lock.lock();
  }
}

bool JobRunner::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + time;
  return !changed_.wait_until(lock, until, [&] { return stopping_.load(); });
}

void JobRunner::run(const Entry& entry) {
  bool has_ended = false;
  try {
    if (!rest(std::chrono::milliseconds(switches_.added_dwell_ms))) return;
    set_in_progress(store_, entry.job_id);
    Job job = *find_job(store_, entry.job_id);
    if (job.outcome == "STUCK") return;
    try {
      run_to_end(job, entry.crash);
    } catch (const Failure& failure) {
      fail(job, failure.code);
    } catch (const Refusal& refusal) {  // the modules file has changed since the job was created
      fail(job, refusal.code);
    }
    has_ended = true;
    announce(job);
  } catch (const Stopped&) {
  } catch (const std::exception& fault) {
    fmt::print(stderr, "job {}: {}\n", entry.job_id, fault.what());
    // Such as a disk that is full: nothing of the job was done.
    if (!has_ended) enqueue(entry.job_id, now_ms() + kTryAgainAfterMs, Crash::kNever);
  }
}

void JobRunner::run_to_end(Job& job, Crash crash) {
  if (job.outcome == "FAILED") throw Failure{"INTERNAL_ERROR"};
  JobPlan plan = plan_job(nlohmann::json::parse(job.request), catalog_, switches_);
  const auto upload = find_upload(store_, job.file_id);
  if (!upload) throw Failure{"INVALID_FILE_ID"};
  const JobFile file = open_file(upload->zip, plan, switches_);
  bind_to_header(plan, file.header, catalog_, switches_);
  if (!rest(std::chrono::milliseconds(file.records * switches_.record_time_us / 1000))) throw Stopped{};

  store_.write([&](Database& database) {
    job.tally = {};
    Applier applier(store_, database, catalog_, plan, switches_, iso_time(now_ms()));
    CsvReader reader(file.bytes, file.delimiter);
    std::vector<std::string> cells;
    reader.next(cells);  // the header
    std::vector<Verdict> verdicts;
    while (reader.next(cells) == CsvOutcome::kRecord) {
      if (stopping_) throw Stopped{};
      if (crash == Crash::kDuring && job.tally.total >= file.records / 2) crash_now();
      verdicts.push_back(job.outcome == "ALL_SKIPPED" ? applier.refuse(cells) : applier.apply(cells));
      job.tally.count(verdicts.back().status);
    }
    job.status = "COMPLETED";
    job.code = "COMPLETED";
    job.file_name = file.name;
    job.finished_ms = now_ms();
    const std::string csv = result_csv(std::move(verdicts), plan, switches_, job.id);
    add_result(database, job.id, make_zip(plan.module->api_name + "-" + file.name, csv));
    finish_job(database, job);
  });
  if (crash == Crash::kAfter) crash_now();
}

void JobRunner::fail(Job& job, const std::string& code) {
  job.status = "FAILED";
  job.code = code;
  job.tally = {};
  job.finished_ms = now_ms();
  store_.write([&](Database& database) { finish_job(database, job); });
}

void JobRunner::announce(const Job& job) {
  const auto request = nlohmann::json::parse(job.request);
  if (!request.contains("callback") || !request["callback"].is_object()) return;
  const std::string url = request["callback"].at("url").get<std::string>();
  nlohmann::ordered_json details = job_details(job, job.origin, org_, catalog_, switches_);
  if (switches_.callback_body == "data") details = {{"data", nlohmann::ordered_json::array({details})}};
  const std::string body = switches_.callback_body == "none" ? std::string() : details.dump();
  callbacks_.post(url, body);
  if (switches_.callback_body == "duplicated") callbacks_.post(url, body);
}

}  // namespace bulkwrite::sandbox
