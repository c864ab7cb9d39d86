#include "tools/bulkwrite/report.h"

#include <fmt/format.h>

#include <cstdio>

#include "tools/bulkwrite/display.h"
#include "tools/bulkwrite/print.h"

namespace bulkwrite::cli {
namespace {

void row(const char* name, uint64_t count, const char* meaning, bool always = false) {
  if (count > 0 || always) print_to(stderr, "  {:<13} {:>13}  {}\n", name, count_text(count), meaning);
}

void print_load(const run::Summary& s) {
  row("read", s.records_read, "records of the input", true);
  row("rejected", s.rejected, "refused before sending: rejected.csv, why in rejected-reasons.csv", true);
  row("  repeated", s.repeated, "of these only repeat another record, and were left out as asked for");
  row("not sent", s.not_sent, "the load ended before them");
  row("sent", s.sent, "of these the service said:", true);
  row("  added", s.added, "", true);
  row("  updated", s.updated, "", s.updated > 0);
  row("  present", s.present, "were there already");
  row("  skipped", s.skipped, "not taken: failed.csv, why in failed-reasons.csv");
  row("  unprocessed", s.unprocessed, "not tried: failed.csv");
  row("  failed", s.failed, "their job failed: failed.csv");
  row("  in flight", s.in_flight, "their job had not ended");
  row("  uncertain", s.uncertain, "whether their job was created is not known: do not send them again blindly");
  row("  unattributed", s.unattributed, "their job ended, but its results cannot be tied to records");
  if (s.resent > 0)
    print_to(stderr, "  of these, {} were sent more than once: added and updated are what the last job said\n",
             count_text(s.resent));
  if (s.credits_spent > 0) print_to(stderr, "  credits {:>19}  spent by this call\n", count_text(s.credits_spent));
  if (!s.stopped.empty()) print_to(stderr, "stopped: {}\n", s.stopped);
  if (!s.run_dir.empty()) print_to(stderr, "files: {}\n", s.run_dir);
}

void print_pack(const run::Summary& s) {
  row("read", s.records_read, "records of the input", true);
  row("rejected", s.rejected, "rejected.csv, why in rejected-reasons.csv", true);
  row("packed", s.not_sent, "records", true);
  row("chunks", s.chunks, "", true);
  if (!s.run_dir.empty()) print_to(stderr, "files: {}\n", s.run_dir);
}

void print_check(const run::Summary& s) {
  row("read", s.records_read, "records of the input", true);
  row("rejected", s.rejected, "would be refused before sending", true);
}

void print_counts(const run::Summary& s, Shown what) {
  switch (what) {
    case Shown::load:
      print_load(s);
      break;
    case Shown::pack:
      print_pack(s);
      break;
    case Shown::check:
      print_check(s);
      break;
  }
}

}  // namespace

int report(const run::Summary& summary, Shown what) {
  return report(summary, what, run::to_json(summary));
}

int report(const run::Summary& summary, Shown what, const std::string& json) {
  for (const Error& error : summary.errors) print_to(stderr, "bulkwrite: error: {}\n", error.message);
  const bool nothing_begun = !summary.errors.empty() && summary.records_read == 0;
  if (!nothing_begun) print_counts(summary, what);
  print_to(stdout, "{}\n", json);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return 73;
  return run::exit_codes(summary).front();
}

}  // namespace bulkwrite::cli
