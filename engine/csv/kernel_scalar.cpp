#include <algorithm>
#include <array>
#include <cstring>

#include "engine/csv/kernel_words.h"
#include "engine/csv/kernels.h"

namespace bulkwrite::csv {
namespace {

enum ByteClass : uint8_t { kOther, kDelimiter, kQuote, kCr, kLf };

std::array<uint8_t, 256> classes_for(char delimiter) {
  std::array<uint8_t, 256> classes{};
  classes[static_cast<uint8_t>(delimiter)] = kDelimiter;
  classes['"'] = kQuote;
  classes['\r'] = kCr;
  classes['\n'] = kLf;
  return classes;
}

void blame(LexState& state, Index& index, size_t offset, Flaw flaw) {
  if (state.blamed) return;
  state.blamed = true;
  index.flaws.push_back({offset, flaw});
}

size_t find_byte(const char* data, size_t from, size_t to, char byte) {
  if (from >= to) return to;
  const void* found = std::memchr(data + from, byte, to - from);
  return found == nullptr ? to : static_cast<size_t>(static_cast<const char*>(found) - data);
}

// The state behind a byte at which the field is neither quoted nor flawed.
Position behind(uint8_t byte_class, size_t at, Index& index, LexState& state) {
  switch (byte_class) {
    case kDelimiter:
      index.mark(at);
      return Position::field_start;
    case kLf:
      index.mark_end(at);
      state.blamed = false;
      return Position::record_start;
    case kCr:
      return Position::unquoted_cr;
    default:
      return Position::unquoted;
  }
}

}  // namespace

const Kernel kScalarKernel{"scalar", nullptr, &count_by_ends, &list_eight_at_once};

ScanOutcome scan_scalar(const ScanInput& input, LexState& state, Index& index) {
  const std::array<uint8_t, 256> classes = classes_for(input.delimiter);
  const char* const data = input.data;
  const auto class_at = [&](size_t at) { return classes[static_cast<uint8_t>(data[at])]; };

  Position position = state.position;
  size_t at = input.begin;
  while (at < input.end) {
    switch (position) {
      case Position::record_start:
      case Position::field_start:
        if (class_at(at) == kQuote) {
          state.quote_begin = at++;
          position = Position::quoted;
          break;
        }
        position = behind(class_at(at), at, index, state);
        ++at;
        break;

      case Position::unquoted:
        while (at < input.end && class_at(at) == kOther) ++at;
        if (at == input.end) break;
        if (class_at(at) == kQuote) {
          blame(state, index, at, Flaw::stray_quote);
          position = Position::flawed;
        } else {
          position = behind(class_at(at), at, index, state);
        }
        ++at;
        break;

      case Position::unquoted_cr:
        if (class_at(at) != kLf) blame(state, index, at - 1, Flaw::bare_cr);
        position = Position::unquoted;  // looks at the byte again
        break;

      case Position::quoted: {
        const size_t bound = state.quote_begin + input.quote_bytes_max + 1;
        at = find_byte(data, at, std::min(input.end, bound), '"');
        if (at >= bound) {
          state.position = Position::quoted;
          return {at, true};
        }
        if (at == input.end) break;
        ++at;
        position = Position::quote_in_quoted;
        break;
      }

      case Position::quote_in_quoted:
        switch (class_at(at)) {
          case kQuote:
            position = Position::quoted;
            break;
          case kCr:
            position = Position::closing_cr;
            break;
          case kOther:
            blame(state, index, at - 1, Flaw::stray_quote);
            position = Position::flawed;
            break;
          default:
            position = behind(class_at(at), at, index, state);
        }
        ++at;
        break;

      case Position::closing_cr:
        if (class_at(at) != kLf) blame(state, index, at - 2, Flaw::stray_quote);
        position = Position::flawed;  // ends at this LF, or at the next one
        break;

      case Position::flawed:
        at = find_byte(data, at, input.end, '\n');
        if (at == input.end) break;
        position = behind(kLf, at, index, state);
        ++at;
        break;
    }
  }
  state.position = position;
  return {at, false};
}

bool settle_at_end(LexState& state, size_t end, Index& index) {
  switch (state.position) {
    case Position::record_start:
      return false;
    case Position::unquoted_cr:
      blame(state, index, end - 1, Flaw::bare_cr);
      break;
    case Position::closing_cr:
      blame(state, index, end - 2, Flaw::stray_quote);
      break;
    default:
      break;
  }
  return true;
}

}  // namespace bulkwrite::csv
