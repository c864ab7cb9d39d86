#include "engine/api/replies.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace bulkwrite::api {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kToldBytesMax = 300;             // of a text of the service, in a message
constexpr uint64_t kTokenSecondsMax = 24 * 3600;  // whatever a token claims (contract 1.6: an hour)

// A parsed body and the parser that owns it.
struct Json {
  dom::parser parser;
  dom::element root;
  bool valid = false;

  explicit Json(std::string_view body) {
    valid = parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS;
  }
};

dom::element find(dom::element object, std::string_view key, bool& found) {
  dom::element value;
  found = object.is_object() && object.at_key(key).get(value) == simdjson::SUCCESS;
  return value;
}

// A string, or a number as text: ids come as either (contract 2.2).
std::string text_of(dom::element object, std::string_view key) {
  bool found = false;
  const dom::element value = find(object, key, found);
  std::string_view text;
  int64_t number = 0;
  if (!found) return "";
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return "";
}

// A service that says our token back to us must not make us tell it. Tokens are 1000.<hex>.<hex> (contract 1.5).
void mask_tokens(std::string& text) {
  constexpr std::string_view kBegin = "1000.", kMask = "...";
  constexpr std::string_view kOfToken = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  constexpr size_t kTokenBytesMin = 8;
  for (size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at)) {
    at += kBegin.size();
    const size_t end = std::min(text.find_first_not_of(kOfToken, at), text.size());
    if (end - at >= kTokenBytesMin) text.replace(at, end - at, kMask);
  }
}

// A text of the service as it may stand in a message: in brief, without what a terminal would obey, and without tokens.
std::string told(std::string text) {
  mask_tokens(text);
  size_t end = std::min(text.size(), kToldBytesMax);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

std::optional<uint64_t> count_of(dom::element object, std::string_view key) {
  bool found = false;
  const dom::element value = find(object, key, found);
  uint64_t number = 0;
  if (!found || value.get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

// "IN PROGRESS", "In_Progress" and "INPROGRESS" are one (contract 4.3).
std::string normalised(std::string_view status) {
  std::string out;
  for (const char c : status)
    if (c != ' ' && c != '_') out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

JobStatus job_status(std::string_view text) {
  const std::string status = normalised(text);
  if (status == "COMPLETED") return JobStatus::completed;
  if (status == "FAILED" || status == "FAILURE") return JobStatus::failed;
  if (status == "SKIPPED") return JobStatus::skipped;
  return JobStatus::running;
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "Sun, 06 Nov 1994 08:49:37 GMT" in seconds since 1970.
std::optional<int64_t> http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto day = whole_number(text.substr(5, 2)), year = whole_number(text.substr(12, 4));
  const auto hour = whole_number(text.substr(17, 2)), minute = whole_number(text.substr(20, 2));
  const auto second = whole_number(text.substr(23, 2));
  const size_t month = kMonths.find(text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == std::string_view::npos || month % 3 != 0)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_days days(date);
  return days.time_since_epoch().count() * int64_t{86'400} + *hour * 3'600 + *minute * 60 + *second;
}

bool is_throttle(std::string_view error) {
  return normalised(error) == "ACCESSDENIED";
}

// What to do about a refusal of the accounts host (contract 1.7).
std::string_view advice_on(std::string_view error) {
  if (error == "invalid_code") {
    return " (a grant code is good once and for minutes only, in its own data centre: make a new one; a refresh token "
           "that is revoked, or of another data centre: sign in again with `bulkwrite auth login`)";
  }
  if (error == "invalid_client") return " (no such client id in this data centre: look at --client-id and --dc)";
  if (error == "invalid_client_secret") return " (the client secret is not that of the client)";
  if (error == "invalid_redirect_uri") return " (the client is not a self client: make one in the API console)";
  return "";
}

// What the accounts host means by a body without what was asked for.
Error accounts_refusal(std::string_view what, const std::string& why, const Reply& reply) {
  if (is_throttle(why)) {
    return {ErrorKind::transient,
            fmt::format("the accounts host gives out no more tokens for now ({}): ten in ten minutes are its limit; "
                        "leave it alone for a quarter of an hour, then run again",
                        told(why))};
  }
  return {ErrorKind::not_allowed,
          fmt::format("{} was refused: {}{}", what, why.empty() ? describe(reply) : told(why), advice_on(why))};
}

std::string id_in_details(std::string_view body, std::string_view key) {
  const Json json(body);
  if (!json.valid || normalised(text_of(json.root, "status")) != "SUCCESS") return "";
  bool found = false;
  const dom::element details = find(json.root, "details", found);
  return found ? text_of(details, key) : "";
}

}  // namespace

std::optional<ServiceError> parse_service_error(std::string_view body) {
  const Json json(body);
  if (!json.valid) return std::nullopt;
  if (std::string code = text_of(json.root, "code"); !code.empty()) {
    if (normalised(text_of(json.root, "status")) == "SUCCESS") return std::nullopt;
    return ServiceError{told(std::move(code)), told(text_of(json.root, "message"))};
  }
  if (std::string code = text_of(json.root, "ERROR_CODE"); !code.empty()) {
    const std::string hint = text_of(json.root, "x-error");
    return ServiceError{"GATEWAY_" + told(std::move(code)),
                        told(text_of(json.root, "ERROR_MESSAGE") + (hint.empty() ? "" : " (" + hint + ")"))};
  }
  for (const std::string_view key : {"info", "x-info"})
    if (std::string text = text_of(json.root, key); !text.empty())
      return ServiceError{"GATEWAY", told(std::move(text))};
  return std::nullopt;
}

namespace {

constexpr std::string_view kScopeMismatch = "OAUTH_SCOPE_MISMATCH";

std::string code_of(const Reply& reply) {
  auto error = parse_service_error(reply.body);
  return error ? std::move(error->code) : std::string();
}

}  // namespace

bool is_forbidden(const Reply& reply) {
  const std::string code = code_of(reply);
  return reply.status == 401 || reply.status == 403 || code == kScopeMismatch || code == "NO_PERMISSION" ||
         code == "AUTHORIZATION_FAILED";
}

ReplyClass classify(const Reply& reply) {
  if (reply.delivery == Delivery::not_sent) return ReplyClass::not_sent;
  if (reply.delivery == Delivery::uncertain) return ReplyClass::uncertain;
  if (reply.status >= 200 && reply.status < 300) return ReplyClass::answered;
  // A new token would have the same scopes.
  if (reply.status == 401) return code_of(reply) == kScopeMismatch ? ReplyClass::refused : ReplyClass::unauthorised;
  if (reply.status == 429) return ReplyClass::throttled;
  if (reply.status < 400 || reply.status >= 500) return ReplyClass::broken;
  const auto error = parse_service_error(reply.body);
  if (!error) return ReplyClass::broken;
  return error->code == "TOO_MANY_REQUESTS" ? ReplyClass::throttled : ReplyClass::refused;
}

std::string describe(const Reply& reply) {
  if (reply.delivery != Delivery::complete) return reply.failure.empty() ? "no reply" : reply.failure;
  const auto error = parse_service_error(reply.body);
  if (!error) return fmt::format("HTTP {}", reply.status);
  return fmt::format("HTTP {} {}{}{}", reply.status, error->code, error->message.empty() ? "" : ": ", error->message);
}

std::optional<Milliseconds> retry_after(const Reply& reply) {
  const std::string_view text = reply.header("retry-after");
  auto seconds = whole_number(text);
  if (!seconds) {
    const auto until = http_date(text), now = http_date(reply.header("date"));
    if (!until || !now) return std::nullopt;
    seconds = std::max<int64_t>(0, *until - *now);
  }
  if (*seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min<int64_t>(*seconds, 3600));
}

Result<TokenAnswer> parse_token(const Reply& reply) {
  const Json json(reply.body);
  const std::string token = json.valid ? text_of(json.root, "access_token") : "";
  if (token.empty()) return accounts_refusal("the sign-in", json.valid ? text_of(json.root, "error") : "", reply);
  TokenAnswer answer{.access_token = token,
                     .api_domain = text_of(json.root, "api_domain"),
                     .refresh_token = text_of(json.root, "refresh_token")};
  // Where expires_in_sec is there, expires_in counts milliseconds (contract 1.5).
  const auto seconds = count_of(json.root, "expires_in_sec");
  const auto plain = count_of(json.root, "expires_in");
  answer.expires_in = std::chrono::seconds(std::min(kTokenSecondsMax, seconds.value_or(plain.value_or(3600))));
  return answer;
}

Result<void> parse_revocation(const Reply& reply) {
  const Json json(reply.body);
  const std::string why = json.valid ? text_of(json.root, "error") : "";
  if (classify(reply) == ReplyClass::answered && json.valid && why.empty()) return {};
  return accounts_refusal("the revocation", why, reply);
}

bool is_last_word_on_token(const Reply& reply) {
  if (reply.delivery != Delivery::complete) return false;
  const Json json(reply.body);
  if (json.valid && !text_of(json.root, "access_token").empty()) return true;
  if (reply.status == 429 || reply.status >= 500) return false;
  if (json.valid && !text_of(json.root, "error").empty()) return true;
  const ReplyClass kind = classify(reply);
  return kind == ReplyClass::answered || kind == ReplyClass::refused || kind == ReplyClass::unauthorised;
}

bool is_token_throttle(const Reply& reply) {
  if (reply.delivery != Delivery::complete) return false;
  const Json json(reply.body);
  return json.valid && is_throttle(text_of(json.root, "error"));
}

Result<std::string> parse_org(std::string_view body) {
  const Json json(body);
  bool found = false;
  dom::element first;
  if (json.valid) {
    const dom::element orgs = find(json.root, "org", found);
    found = found && orgs.is_array() && orgs.at(0).get(first) == simdjson::SUCCESS;
  }
  std::string zgid = found ? text_of(first, "zgid") : "";
  if (zgid.empty()) return Error{ErrorKind::configuration, "the service's reply about the organisation has no zgid"};
  return zgid;
}

std::string parse_file_id(std::string_view body) {
  return id_in_details(body, "file_id");
}
std::string parse_job_id(std::string_view body) {
  return id_in_details(body, "id");
}

std::optional<JobDetails> parse_job_details(std::string_view body) {
  const Json json(body);
  if (!json.valid) return std::nullopt;
  JobDetails details{.status_text = told(text_of(json.root, "status"))};
  if (details.status_text.empty() || text_of(json.root, "id").empty()) return std::nullopt;
  details.status = job_status(details.status_text);
  bool found = false;
  const dom::element result = find(json.root, "result", found);
  if (found) details.download_url = text_of(result, "download_url");
  const dom::element callback = find(json.root, "callback", found);
  if (found) details.callback_url = text_of(callback, "url");
  const dom::element resources = find(json.root, "resource", found);
  dom::element first;
  if (found && resources.is_array() && resources.at(0).get(first) == simdjson::SUCCESS) {
    details.code = told(text_of(first, "code"));
    const dom::element file = find(first, "file", found);
    if (found) {
      details.counts = {count_of(file, "added_count"), count_of(file, "updated_count"), count_of(file, "skipped_count"),
                        count_of(file, "total_count")};
    }
  }
  return details;
}

std::string parse_callback(std::string_view body) {
  const Json json(body);
  if (!json.valid) return "";
  dom::element job = json.root, first;
  bool found = false;
  const dom::element data = find(json.root, "data", found);
  if (found && data.is_array() && data.at(0).get(first) == simdjson::SUCCESS) job = first;
  const std::string id = text_of(job, "job_id");
  return id.empty() ? text_of(job, "id") : id;
}

}  // namespace bulkwrite::api
