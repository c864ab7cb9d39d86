#include "tools/sandbox/switches.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bulkwrite::sandbox {
namespace {

struct Choice {
  const char* name;
  std::string Switches::*member;
  std::vector<std::string> values;
  const char* meaning;
};

struct Number {
  const char* name;
  int64_t Switches::*member;
  const char* meaning;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> kChoices{
      {"upload_error_http", &Switches::upload_error_http, {"200", "400"}, "HTTP status of a refused upload"},
      {"upload_header_error",
       &Switches::upload_header_error,
       {"gateway", "envelope"},
       "body when feature or X-CRM-ORG is missing or wrong"},
      {"inprogress_spelling",
       &Switches::inprogress_spelling,
       {"INPROGRESS", "IN PROGRESS", "In_Progress"},
       "status of a running job"},
      {"completed_code", &Switches::completed_code, {"COMPLETED", "SUCCESS"}, "code of a completed resource"},
      {"download_url", &Switches::download_url, {"absolute", "relative", "relative_slash"}, "form of download_url"},
      {"download_org", &Switches::download_org, {"zgid", "org_zgid"}, "org segment of download_url"},
      {"not_found_http", &Switches::not_found_http, {"404", "400"}, "HTTP status for an unknown job"},
      {"layout_mandatory", &Switches::layout_mandatory, {"enforced", "ignored"}, "fields mandatory in the layout"},
      {"find_by", &Switches::find_by, {"unique", "id"}, "what a resource's find_by may name"},
      {"file_names", &Switches::file_names, {"optional", "required"}, "file_names in a resource"},
      {"resource_ignore_empty",
       &Switches::resource_ignore_empty,
       {"honoured", "ignored"},
       "ignore_empty of a resource when the job has none"},
      {"file_id_reuse", &Switches::file_id_reuse, {"allowed", "single"}, "an uploaded file in a second job"},
      {"result_order", &Switches::result_order, {"input", "shuffled"}, "order of the records in a result"},
      {"result_columns",
       &Switches::result_columns,
       {"status_first", "id_first", "in_front"},
       "STATUS,RECORD_ID,ERRORS, RECORD_ID,STATUS,ERRORS, or the former before the file's own columns"},
      {"result_names", &Switches::result_names, {"capitals", "prose"}, "STATUS,RECORD_ID,ERRORS or Status,ID,Errors"},
      {"callback_body",
       &Switches::callback_body,
       {"details", "data", "none", "duplicated"},
       "the job's details, in data[], an empty body, or posted twice"},
      {"job_outcome", &Switches::job_outcome, {"COMPLETED", "ALL_SKIPPED", "FAILED", "STUCK"}, "how jobs end"},
      {"edition",
       &Switches::edition,
       {"unlimited", "free", "standard", "professional", "enterprise", "ultimate"},
       "daily credits and concurrent calls; a call beyond is a 429"},
      {"token_throttle_http", &Switches::token_throttle_http, {"400", "200"}, "HTTP status of \"Access Denied\""},
      {"token_success_http", &Switches::token_success_http, {"200", "400"}, "HTTP status of a reply with a token"},
      {"token_expiry",
       &Switches::token_expiry,
       {"seconds", "milliseconds"},
       "milliseconds: expires_in counts them, and expires_in_sec the seconds"},
      {"api_domain",
       &Switches::api_domain,
       {"own", "none", "foreign"},
       "of a reply with a token: this sandbox, left out, or a host that is not the service's"},
  };
  return kChoices;
}

const std::vector<Number>& numbers() {
  static const std::vector<Number> kNumbers{
      {"file_id_ttl_s", &Switches::file_id_ttl_s, "life of an uploaded file, seconds; 0: for ever"},
      {"result_retention_s", &Switches::result_retention_s, "life of a result after completion, seconds"},
      {"result_order_seed", &Switches::result_order_seed, "seed of result_order=shuffled"},
      {"queue_delay_ms", &Switches::queue_delay_ms, "before a worker may take a job"},
      {"added_dwell_ms", &Switches::added_dwell_ms, "a taken job still says ADDED"},
      {"record_time_us", &Switches::record_time_us, "time a job takes per record"},
      {"users", &Switches::users, "users of the edition, for its daily credits"},
      {"credits", &Switches::credits, "daily credits instead of the edition's; 0: the edition's"},
      {"concurrency", &Switches::concurrency,
       "concurrent calls instead of the edition's (5 10 15 20 25); 0: the edition's"},
      {"token_rate_max", &Switches::token_rate_max, "access tokens per window"},
      {"token_rate_window_s", &Switches::token_rate_window_s, "the window, seconds"},
      {"token_life_s", &Switches::token_life_s, "life of an access token, seconds"},
      {"token_live_max", &Switches::token_live_max, "live access tokens; one more ends the oldest"},
      {"upload_bytes_max", &Switches::upload_bytes_max, "a larger ZIP is refused"},
      {"csv_bytes_max", &Switches::csv_bytes_max, "a larger CSV fails its job"},
      {"records_max", &Switches::records_max, "more records fail their job"},
      {"columns_max", &Switches::columns_max, "more columns or mappings are refused"},
      {"downloads_per_minute", &Switches::downloads_per_minute, "results; one more is a 429; 0: no limit"},
      {"jobs_waiting_max", &Switches::jobs_waiting_max, "jobs waiting to run; one more is a 429"},
  };
  return kNumbers;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " | ") + value;
  return text;
}

bool set_choice(Switches& switches, const std::string& name, const std::string& value) {
  for (const auto& choice : choices()) {
    if (name != choice.name) continue;
    if (std::find(choice.values.begin(), choice.values.end(), value) == choice.values.end()) {
      throw std::invalid_argument(fmt::format("switch {} takes {}, not \"{}\"", name, joined(choice.values), value));
    }
    switches.*choice.member = value;
    return true;
  }
  return false;
}

bool set_number(Switches& switches, const std::string& name, const std::string& value) {
  for (const auto& number : numbers()) {
    if (name != number.name) continue;
    int64_t parsed = 0;
    const auto end = value.data() + value.size();
    const auto outcome = std::from_chars(value.data(), end, parsed);
    if (outcome.ec != std::errc() || outcome.ptr != end || parsed < 0) {
      throw std::invalid_argument(fmt::format("switch {} takes a number from 0 up, not \"{}\"", name, value));
    }
    switches.*number.member = parsed;
    return true;
  }
  return false;
}

}  // namespace

void Switches::set(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  if (equals == std::string::npos) throw std::invalid_argument("\"" + assignment + "\" is not of the form name=value");
  const std::string value = assignment.substr(equals + 1);
  if (set_choice(*this, name, value) || set_number(*this, name, value)) return;
  throw std::invalid_argument("no switch is called \"" + name + "\" (--help lists them)");
}

void Switches::load(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("cannot read the switches file " + path);
  const auto root = nlohmann::json::parse(file, nullptr, false);
  if (!root.is_object()) throw std::invalid_argument("the switches file " + path + " is no JSON object");
  for (const auto& [name, value] : root.items()) {
    set(name + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
}

std::string Switches::help() {
  std::string text = "Switches (--set name=value, the first value is the default):\n";
  for (const auto& choice : choices()) {
    text += fmt::format("  {:<22} {} - {}\n", choice.name, joined(choice.values), choice.meaning);
  }
  const Switches defaults;
  for (const auto& number : numbers()) {
    text += fmt::format("  {:<22} {} - {}\n", number.name, defaults.*number.member, number.meaning);
  }
  return text;
}

}  // namespace bulkwrite::sandbox
