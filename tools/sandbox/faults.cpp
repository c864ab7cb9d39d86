#include "tools/sandbox/faults.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bulkwrite::sandbox {
namespace {

using nlohmann::json;

constexpr std::initializer_list<const char*> kKinds{"any",     "token",    "revoke",  "users",  "org",
                                                    "modules", "fields",   "layouts", "upload", "create",
                                                    "details", "download", "other"};
constexpr std::initializer_list<const char*> kNames{"answer",
                                                    "reset",
                                                    "truncate",
                                                    "garbage",
                                                    "delay",
                                                    "expired_token",
                                                    "throttle",
                                                    "invalid_code",
                                                    "invalid_client",
                                                    "invalid_client_secret",
                                                    "invalid_redirect_uri"};
constexpr std::initializer_list<const char*> kOutcomes{"COMPLETED", "ALL_SKIPPED", "FAILED", "STUCK"};

bool is_one_of(const std::string& text, std::initializer_list<const char*> known) {
  return std::find(known.begin(), known.end(), text) != known.end();
}

void require_known_keys(const json& rule, std::initializer_list<const char*> known) {
  for (const auto& entry : rule.items()) {
    if (!is_one_of(entry.key(), known)) throw std::runtime_error("unknown key \"" + entry.key() + "\"");
  }
}

int http_status(const std::string& name) {
  int status = 0;
  if (!name.starts_with("http_")) return 0;
  const auto parsed = std::from_chars(name.data() + 5, name.data() + name.size(), status);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return whole && status >= 400 && status <= 599 ? status : 0;
}

}  // namespace

struct Faults::Reader {
  static Trigger trigger(const json& rule) {
    Trigger trigger;
    if (rule.contains("nth")) {
      const json& nth = rule["nth"];
      trigger.nths = nth.is_array() ? nth.get<std::vector<int64_t>>() : std::vector<int64_t>{nth.get<int64_t>()};
    }
    trigger.probability = rule.value("probability", 0.0);
    trigger.times_max = rule.value("times", int64_t{0});
    if (trigger.nths.empty() == (trigger.probability <= 0)) throw std::runtime_error("give either nth or probability");
    if (trigger.probability > 1) throw std::runtime_error("probability is from 0 to 1");
    return trigger;
  }

  static When when(const json& rule) {
    const std::string text = rule.value("when", std::string("before"));
    if (text == "before") return When::kBefore;
    if (text == "during") return When::kDuring;
    if (text == "after") return When::kAfter;
    throw std::runtime_error("when is before, during or after, not \"" + text + "\"");
  }

  static RequestRule request_rule(const json& rule) {
    require_known_keys(
        rule, {"request", "nth", "probability", "times", "when", "fault", "http", "body", "delay_ms", "retry_after_s"});
    RequestRule parsed;
    parsed.kind = rule.at("request").get<std::string>();
    if (!is_one_of(parsed.kind, kKinds)) throw std::runtime_error("unknown request \"" + parsed.kind + "\"");
    Fault& fault = parsed.fault;
    fault.name = rule.at("fault").get<std::string>();
    fault.http = http_status(fault.name);
    if (fault.http == 0 && !is_one_of(fault.name, kNames))
      throw std::runtime_error("unknown fault \"" + fault.name + "\"");
    if (fault.name == "answer") {
      fault.http = rule.at("http").get<int>();
      fault.body = rule.at("body").is_string() ? rule["body"].get<std::string>() : rule["body"].dump();
      if (fault.http < 200 || fault.http > 599) throw std::runtime_error("http is from 200 to 599");
    }
    fault.when = when(rule);
    if (fault.when == When::kDuring && fault.name != "reset") throw std::runtime_error("only reset can strike during");
    fault.delay_ms = rule.value("delay_ms", int64_t{0});
    fault.retry_after_s = rule.value("retry_after_s", int64_t{0});
    parsed.trigger = trigger(rule);
    return parsed;
  }

  static JobRule job_rule(const json& rule) {
    require_known_keys(rule, {"nth", "probability", "times", "outcome", "crash"});
    JobRule parsed;
    parsed.fault.outcome = rule.value("outcome", std::string());
    const bool known = parsed.fault.outcome.empty() || is_one_of(parsed.fault.outcome, kOutcomes);
    if (!known) throw std::runtime_error("unknown outcome \"" + parsed.fault.outcome + "\"");
    const std::string crash = rule.value("crash", std::string());
    if (crash == "during") parsed.fault.crash = Crash::kDuring;
    if (crash == "after") parsed.fault.crash = Crash::kAfter;
    if (!crash.empty() && parsed.fault.crash == Crash::kNever) throw std::runtime_error("crash is during or after");
    parsed.trigger = trigger(rule);
    return parsed;
  }

  static void read(const json& root, Faults& faults) {
    require_known_keys(root, {"seed", "requests", "jobs"});
    faults.random_.seed(root.value("seed", uint64_t{1}));
    for (const auto& rule : root.value("requests", json::array())) faults.request_rules_.push_back(request_rule(rule));
    for (const auto& rule : root.value("jobs", json::array())) faults.job_rules_.push_back(job_rule(rule));
  }
};

const char* when_text(When when) {
  if (when == When::kBefore) return "before";
  return when == When::kDuring ? "during" : "after";
}

void Faults::load(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read the faults file " + path);
  try {
    Reader::read(json::parse(file), *this);
  } catch (const std::exception& fault) {
    throw std::runtime_error("faults file " + path + ": " + fault.what());
  }
}

bool Faults::fires(Trigger& trigger) {
  ++trigger.seen;
  const bool spent = trigger.times_max > 0 && trigger.fired >= trigger.times_max;
  bool fires = std::find(trigger.nths.begin(), trigger.nths.end(), trigger.seen) != trigger.nths.end();
  if (trigger.probability > 0) fires = std::bernoulli_distribution(trigger.probability)(random_);
  if (!fires || spent) return false;
  ++trigger.fired;
  return true;
}

std::optional<Fault> Faults::next_request(const std::string& kind) {
  const std::lock_guard lock(mutex_);
  std::optional<Fault> fault;
  for (auto& rule : request_rules_) {
    if (rule.kind != "any" && rule.kind != kind) continue;
    if (fires(rule.trigger) && !fault) fault = rule.fault;
  }
  return fault;
}

JobFault Faults::next_job() {
  const std::lock_guard lock(mutex_);
  std::optional<JobFault> fault;
  for (auto& rule : job_rules_) {
    if (fires(rule.trigger) && !fault) fault = rule.fault;
  }
  return fault.value_or(JobFault{});
}

std::string Faults::help() {
  return "Faults (--faults FILE), a JSON object:\n"
         "  {\"seed\": 7,\n"
         "   \"requests\": [{\"request\": \"upload\", \"nth\": 3, \"when\": \"during\", \"fault\": \"reset\"},\n"
         "                {\"request\": \"details\", \"probability\": 0.1, \"times\": 5, \"fault\": \"http_429\", "
         "\"retry_after_s\": 1}],\n"
         "   \"jobs\": [{\"nth\": [2, 5], \"outcome\": \"FAILED\"}, {\"nth\": 3, \"crash\": \"during\"}]}\n"
         "  request: token revoke users org modules fields layouts upload create details download other, or any\n"
         "  nth: a number or a list, counted from 1 since the start; or probability, with times as a cap\n"
         "  when: before (the default: no effect), during (the body arrives; reset only), after (the effect is "
         "committed)\n"
         "  fault: http_400 … http_599, answer (http and body, which may be any JSON or a text), reset, truncate (half "
         "a reply), garbage (200 with a body that is no JSON),\n"
         "         delay (delay_ms, which any other fault takes too), expired_token (401, and the token is dead),\n"
         "         throttle (the token endpoint's \"Access Denied\"), and its refusals: invalid_code, invalid_client,\n"
         "         invalid_client_secret, invalid_redirect_uri\n"
         "  outcome: COMPLETED, ALL_SKIPPED, FAILED, STUCK; crash: during (a job half applied) or after (its commit)\n";
}

}  // namespace bulkwrite::sandbox
