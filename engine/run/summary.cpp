#include "engine/run/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/run/options.h"

namespace bulkwrite::run {
namespace {

// The first of these that applies is the exit code: the order of docs/exit-codes.md.
constexpr std::array kOrder{1, 4, 3, 64, 65, 66, 77, 78, 69, 73, 75, 130, 143, 5, 2, 0};

}  // namespace

Result<void> check_conservation(const Summary& s) {
  const uint64_t told = s.added + s.updated + s.present + s.skipped + s.unprocessed + s.failed + s.in_flight +
                        s.uncertain + s.unattributed;
  if (s.records_read == s.rejected + s.not_sent + s.sent && s.sent == told) return {};
  return Error{
      ErrorKind::unexpected,
      fmt::format(
          "records do not add up: read {} = rejected {} + not sent {} + sent {}; sent = {} by its parts: the result "
          "files of this run must not be trusted",
          s.records_read, s.rejected, s.not_sent, s.sent, told)};
}

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unexpected:
      return 1;
    case ErrorKind::usage:
      return 64;
    case ErrorKind::input_data:
      return 65;
    case ErrorKind::no_input:
      return 66;
    case ErrorKind::service_down:
      return 69;
    case ErrorKind::cannot_write:
      return 73;
    case ErrorKind::transient:
      return 75;
    case ErrorKind::not_allowed:
      return 77;
    case ErrorKind::configuration:
      return 78;
  }
  return 1;
}

std::vector<int> exit_codes(const Summary& summary) {
  if (!summary.earlier_codes.empty()) return summary.earlier_codes;
  std::vector<int> codes;
  for (const Error& error : summary.errors) codes.push_back(exit_code_of(error.kind));
  if (summary.uncertain + summary.unattributed > 0) codes.push_back(4);
  if (summary.threshold_reached) codes.push_back(3);
  if (summary.in_flight > 0 || summary.deadline_reached || summary.credits_kept) codes.push_back(5);
  if (summary.signal != 0) codes.push_back(128 + summary.signal);
  const uint64_t not_taken = summary.rejected - summary.repeated + summary.skipped + summary.unprocessed +
                             summary.failed + summary.abandoned + (summary.strict ? summary.present : 0);
  if (not_taken > 0) codes.push_back(2);
  if (codes.empty()) codes.push_back(0);
  const auto rank = [](int code) { return std::find(kOrder.begin(), kOrder.end(), code) - kOrder.begin(); };
  std::sort(codes.begin(), codes.end(), [&](int a, int b) { return rank(a) < rank(b); });
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

Result<Summary> summary_from_json(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  Summary s;
  const std::array<std::pair<const char*, uint64_t*>, 17> counts{{{"records_read", &s.records_read},
                                                                  {"rejected", &s.rejected},
                                                                  {"not_sent", &s.not_sent},
                                                                  {"sent", &s.sent},
                                                                  {"added", &s.added},
                                                                  {"updated", &s.updated},
                                                                  {"present", &s.present},
                                                                  {"skipped", &s.skipped},
                                                                  {"unprocessed", &s.unprocessed},
                                                                  {"failed", &s.failed},
                                                                  {"in_flight", &s.in_flight},
                                                                  {"uncertain", &s.uncertain},
                                                                  {"unattributed", &s.unattributed},
                                                                  {"resent", &s.resent},
                                                                  {"blank_lines", &s.blank_lines},
                                                                  {"chunks", &s.chunks},
                                                                  {"jobs", &s.jobs}}};
  try {
    for (const auto& [name, count] : counts) *count = json.at(name).get<uint64_t>();
    s.repeated = json.value("repeated", uint64_t{0});
    s.bytes_read = json.at("bytes_read").get<uint64_t>();
    s.seconds = json.at("seconds").get<double>();
    s.run_dir = json.at("run_dir").get<std::string>();
    // A summary of an older program lacks these.
    s.credits_spent = json.value("credits_spent", uint64_t{0});
    s.stopped = json.value("stopped", std::string());
    s.earlier_codes = json.at("exit_codes").get<std::vector<int>>();
  } catch (const nlohmann::json::exception&) {
    s.earlier_codes.clear();
  }
  if (s.earlier_codes.empty()) return Error{ErrorKind::input_data, "it is no summary of a run"};
  return s;
}

std::string to_json(const Summary& s) {
  const std::vector<int> codes = exit_codes(s);
  nlohmann::ordered_json json{{"version", version()},
                              {"records_read", s.records_read},
                              {"rejected", s.rejected},
                              {"not_sent", s.not_sent},
                              {"sent", s.sent},
                              {"added", s.added},
                              {"updated", s.updated},
                              {"present", s.present},
                              {"skipped", s.skipped},
                              {"unprocessed", s.unprocessed},
                              {"failed", s.failed},
                              {"in_flight", s.in_flight},
                              {"uncertain", s.uncertain},
                              {"unattributed", s.unattributed},
                              {"repeated", s.repeated},
                              {"resent", s.resent},
                              {"blank_lines", s.blank_lines},
                              {"chunks", s.chunks},
                              {"jobs", s.jobs},
                              {"credits_spent", s.credits_spent},
                              {"bytes_read", s.bytes_read},
                              {"seconds", s.seconds},
                              {"exit_code", codes.front()},
                              {"exit_codes", codes},
                              {"run_dir", s.run_dir},
                              {"stopped", s.stopped},
                              {"errors", nlohmann::ordered_json::array()}};
  for (const Error& error : s.errors) json["errors"].push_back(error.message);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace bulkwrite::run
