#include "tools/sandbox/job_store.h"

namespace bulkwrite::sandbox {

int64_t add_upload(Store& store, const std::string& name, const std::string& zip, int64_t now) {
  int64_t id = 0;
  store.write([&](Database& database) {
    id = store.next_id();
    Statement row(database, "INSERT INTO sandbox_uploads(id, name, created_ms, zip) VALUES(?, ?, ?, ?)");
    row.bind(1, id).bind(2, name).bind(3, now).bind_blob(4, zip).run();
  });
  return id;
}

std::optional<Upload> find_upload(Store& store, int64_t id) {
  std::optional<Upload> upload;
  store.read([&](Database& database) {
    Statement row(database, "SELECT id, created_ms, uses, zip FROM sandbox_uploads WHERE id = ?");
    row.bind(1, id);
    if (row.step()) upload = Upload{row.integer(0), row.integer(1), row.integer(2), row.blob(3)};
  });
  return upload;
}

int64_t add_job(Store& store, const Job& job) {
  int64_t id = 0;
  store.write([&](Database& database) {
    id = store.next_id();
    Statement row(database,
                  "INSERT INTO sandbox_jobs(id, status, outcome, file_id, created_ms, code, request, mappings, origin)"
                  " VALUES(?, 'ADDED', ?, ?, ?, 'ADDED', ?, ?, ?)");
    row.bind(1, id).bind(2, job.outcome).bind(3, job.file_id).bind(4, job.created_ms);
    row.bind(5, job.request).bind(6, job.mappings).bind(7, job.origin).run();
    Statement(database, "UPDATE sandbox_uploads SET uses = uses + 1 WHERE id = ?").bind(1, job.file_id).run();
  });
  return id;
}

std::optional<Job> find_job(Store& store, int64_t id) {
  std::optional<Job> job;
  store.read([&](Database& database) {
    Statement row(database,
                  "SELECT id, status, outcome, file_id, created_ms, finished_ms, code, file_name, added, updated,"
                  " skipped, total, request, mappings, origin FROM sandbox_jobs WHERE id = ?");
    row.bind(1, id);
    if (!row.step()) return;
    job.emplace();
    job->id = row.integer(0);
    job->status = row.text(1);
    job->outcome = row.text(2);
    job->file_id = row.integer(3);
    job->created_ms = row.integer(4);
    job->finished_ms = row.integer(5);
    job->code = row.text(6);
    job->file_name = row.text(7);
    job->tally = Tally{row.integer(8), row.integer(9), row.integer(10), row.integer(11)};
    job->request = row.text(12);
    job->mappings = row.text(13);
    job->origin = row.text(14);
  });
  return job;
}

void set_in_progress(Store& store, int64_t id) {
  store.write([&](Database& database) {
    Statement(database, "UPDATE sandbox_jobs SET status = 'INPROGRESS' WHERE id = ?").bind(1, id).run();
  });
}

void finish_job(Database& database, const Job& job) {
  Statement row(database,
                "UPDATE sandbox_jobs SET status = ?, finished_ms = ?, code = ?, file_name = ?, added = ?, updated = ?,"
                " skipped = ?, total = ? WHERE id = ?");
  row.bind(1, job.status).bind(2, job.finished_ms).bind(3, job.code).bind(4, job.file_name);
  row.bind(5, job.tally.added).bind(6, job.tally.updated).bind(7, job.tally.skipped).bind(8, job.tally.total);
  row.bind(9, job.id).run();
}

void add_result(Database& database, int64_t job_id, const std::string& zip) {
  Statement(database, "INSERT INTO sandbox_results VALUES(?, ?)").bind(1, job_id).bind_blob(2, zip).run();
}

std::optional<std::string> find_result(Store& store, int64_t job_id) {
  std::optional<std::string> zip;
  store.read([&](Database& database) {
    Statement row(database, "SELECT zip FROM sandbox_results WHERE job_id = ?");
    row.bind(1, job_id);
    if (row.step()) zip = row.blob(0);
  });
  return zip;
}

std::vector<int64_t> requeue_unfinished(Store& store) {
  std::vector<int64_t> ids;
  store.write([&](Database& database) {
    const std::string undone = " WHERE status IN ('ADDED', 'INPROGRESS') AND outcome <> 'STUCK'";
    Statement rows(database, "SELECT id FROM sandbox_jobs" + undone + " ORDER BY id");
    while (rows.step()) ids.push_back(rows.integer(0));
    database.execute("UPDATE sandbox_jobs SET status = 'ADDED'" + undone);
  });
  return ids;
}

}  // namespace bulkwrite::sandbox
