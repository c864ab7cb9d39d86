// The service's replies, read with distrust.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/transport.h"
#include "engine/base/result.h"

namespace bulkwrite::api {

// What the service says of a failure: its own envelope, or that of the gateway before it (contract 1.9, 2.3).
struct ServiceError {
  std::string code, message;
};
std::optional<ServiceError> parse_service_error(std::string_view body);

// What a reply means for the one who asked, before its content is looked at.
enum class ReplyClass {
  answered,      // a whole reply with a 2xx
  refused,       // a whole 4xx with the documented envelope
  unauthorised,  // 401: another token may do
  throttled,     // 429, or a 4xx that says so (contract 8.5)
  broken,        // a whole reply that is none of these: 5xx, another status, a body that is not understood
  not_sent,
  uncertain,
};
ReplyClass classify(const Reply& reply);
// Of a refused reply: whether it is for want of a permission or a scope (contract 1.7, 2.3), whatever its status.
bool is_forbidden(const Reply& reply);

// "HTTP 400 INVALID_FILE_ID: improper file id", or how the delivery failed; for messages.
std::string describe(const Reply& reply);

// The wait that a Retry-After header asks for, an hour at most: in seconds, or as a date after that of the reply.
std::optional<Milliseconds> retry_after(const Reply& reply);

struct TokenAnswer {
  std::string access_token, api_domain;
  std::string refresh_token;  // of a grant code only
  Milliseconds expires_in{0};
};
// Success is the presence of access_token, whatever the HTTP status (contract 1.7). Errors: not_allowed, with what to
// do; transient where too many were asked for.
Result<TokenAnswer> parse_token(const Reply& reply);
// Of the revocation of a refresh token. Errors: as of parse_token.
Result<void> parse_revocation(const Reply& reply);
// Whether the accounts host itself has said yes or no: asking again changes nothing, or makes it worse (contract 1.7).
bool is_last_word_on_token(const Reply& reply);
// Whether it says that too many tokens were asked for.
bool is_token_throttle(const Reply& reply);
// After that nobody asks for this long (contract 1.7: it takes 10 to 30 minutes of quiet).
constexpr Milliseconds kTokenQuiet = std::chrono::minutes(15);

// The zgid of GET /org (contract 9.2), as text.
Result<std::string> parse_org(std::string_view body);

// The file_id of a successful upload (contract 2.2): empty where the body says anything else.
std::string parse_file_id(std::string_view body);
// The id of a created job (contract 3.10): empty where the body says anything else.
std::string parse_job_id(std::string_view body);

struct JobCounts {
  std::optional<uint64_t> added, updated, skipped, total;
};
enum class JobStatus { running, completed, failed, skipped };
struct JobDetails {
  JobStatus status = JobStatus::running;  // an unknown one counts as running
  std::string status_text, code;          // as the service spells them
  std::string download_url;               // may be empty
  JobCounts counts;
  std::string callback_url;  // as it was given at the creation; may be empty
};
// Nothing where the body is not that of a job (contract 4.2, 4.3).
std::optional<JobDetails> parse_job_details(std::string_view body);

// The job that a callback's body names, in either documented shape (contract 5): empty where it names none.
std::string parse_callback(std::string_view body);

}  // namespace bulkwrite::api
