// What can go wrong while operating, and how much of it is the user's to mend. A bad record is data, not an Error;
// a bug is a failed BULKWRITE_CHECK (check.h).
#pragma once

#include <string>
#include <utility>

namespace bulkwrite {

// Each kind maps to one exit code of the program (docs/exit-codes.md).
enum class ErrorKind {
  unexpected,     // 1: a fault that nobody planned for, such as records that do not add up
  usage,          // 64: the call itself is wrong
  input_data,     // 65: the input cannot be taken as it is
  no_input,       // 66: an input is missing or cannot be read
  service_down,   // 69: the service does not answer, or answers only with failures
  cannot_write,   // 73: a file cannot be written (disk full, read-only, exists already)
  transient,      // 75: gave up for now, throttled or out of credits; running again may work
  not_allowed,    // 77: signed out, or forbidden
  configuration,  // 78: a setting, a schema or a target that does not fit
};

struct Error {
  ErrorKind kind = ErrorKind::unexpected;
  std::string message;  // what, where, and what to do; for people, never with a secret in it
};

// An Error in front of whose message the caller says what it was doing.
inline Error in_context(std::string context, Error error) {
  error.message = std::move(context) + ": " + error.message;
  return error;
}

}  // namespace bulkwrite
