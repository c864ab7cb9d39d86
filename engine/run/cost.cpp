#include "engine/run/cost.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/api/credit_budget.h"

namespace bulkwrite::run {
namespace {

uint64_t divided(uint64_t total, uint64_t part) {
  return total / part + (total % part != 0 ? 1 : 0);
}

// How many records begin in these bytes.
uint64_t records_in(std::string_view text, const csv::Header& header, const InputOptions& options) {
  csv::Cutter cutter(
      {.records_max = csv::kRecordsMax, .quote_bytes_max = options.record_bytes_max, .kernel = &kernel_of(options)});
  cutter.begin_source(0, 0, header.names.size(), header.delimiter);
  std::copy(text.begin(), text.end(), cutter.space(text.size() + 1).begin());
  cutter.filled(text.size());
  cutter.end_source();
  using Kind = csv::Cutter::Cut::Kind;
  uint64_t records = 0;
  for (bool input_ended = false;;) {
    const auto cut = cutter.next();
    if (cut.kind == Kind::chunk) {
      records += cut.chunk.records();
      continue;
    }
    if (cut.kind != Kind::need_bytes || input_ended) return records;
    cutter.end_input();
    input_ended = true;
  }
}

std::string time_text(uint64_t minutes) {
  return minutes < 120 ? fmt::format("{} min", minutes) : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string grouped(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string counted(uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

}  // namespace

std::optional<Cost> estimate_cost(const Front& front, const InputOptions& options) {
  const auto total = front.text_bytes();
  if (!total) return std::nullopt;
  const std::string_view sample = front.first_bytes();
  const uint64_t body = *total - std::min<uint64_t>(*total, front.header().bytes.size());
  const uint64_t in_sample = records_in(sample, front.header(), options);
  Cost cost{.records = in_sample};
  // The last one of a sample is there in part.
  if (in_sample > 0 && sample.size() < body) {
    const double records_per_byte = (static_cast<double>(in_sample) - 0.5) / static_cast<double>(sample.size());
    cost.records = std::max(in_sample, static_cast<uint64_t>(records_per_byte * static_cast<double>(body)));
  }
  cost.chunks = std::max(divided(cost.records, options.records_max), divided(body, options.bytes_max));
  cost.jobs = cost.chunks;
  return cost;
}

std::string cost_text(const Cost& cost, const CostLimits& limits) {
  const uint64_t credits = cost.jobs * api::kCreateCredits;
  std::string text = fmt::format("plan: {}{} in {}: {}{}, {} credits ({} each, and 1 for every other call)",
                                 cost.is_exact ? "" : "about ", counted(cost.records, "record"),
                                 counted(cost.chunks, "chunk"), cost.may_be_fewer_jobs ? "at most " : "",
                                 counted(cost.jobs, "job"), grouped(credits), api::kCreateCredits);
  if (limits.edition) {
    const uint64_t daily = limits.edition->daily_credits;
    text +=
        fmt::format("; the organisation has {} a day ({}, {}){}", grouped(daily), limits.edition->name,
                    counted(limits.edition->users, "user"), credits > daily ? ", which is too few for one day" : "");
  }
  if (limits.credits_max)
    text += fmt::format("; this call spends at most {}{}", grouped(*limits.credits_max),
                        credits > *limits.credits_max ? " and stops before that" : "");
  if (limits.downloads_a_minute > 0 && cost.jobs > limits.downloads_a_minute) {
    text += fmt::format("; {} downloads a minute: {} at least", limits.downloads_a_minute,
                        time_text((cost.jobs - 1) / limits.downloads_a_minute));
  }
  return text;
}

}  // namespace bulkwrite::run
