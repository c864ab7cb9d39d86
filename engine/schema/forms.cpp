#include "engine/schema/forms.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/schema/eight_bytes.h"

namespace bulkwrite::schema {
namespace {

// An e-mail address is judged in one pass, by what stands beside what.
enum Letter : uint8_t { plain, dot, hyphen, local_only, at_sign, never, edge };  // edge: where the value begins or ends
constexpr size_t kLetters = 8;
constexpr uint8_t kWrong = 1, kDomainDot = 2;

constexpr std::array<uint8_t, 256> make_letters() {
  std::array<uint8_t, 256> letters{};
  for (size_t c = 0; c <= 0x20; ++c) letters[c] = never;
  letters[0x7F] = never;
  for (const char c : std::string_view(",;:<>()[]\\\"")) letters[static_cast<uint8_t>(c)] = never;
  for (const char c : std::string_view("_/")) letters[static_cast<uint8_t>(c)] = local_only;
  letters['.'] = dot;
  letters['-'] = hyphen;
  letters['@'] = at_sign;
  return letters;
}

constexpr uint8_t judge_local_pair(size_t left, size_t right) {
  const bool wrong = right == never || right == edge || (left == edge && (right == at_sign || right == dot)) ||
                     (left == dot && (right == at_sign || right == dot));
  return wrong ? kWrong : 0;
}

constexpr uint8_t judge_domain_pair(size_t left, size_t right) {
  const bool label_begins = left == at_sign || left == dot, label_ends = right == dot || right == edge;
  const bool wrong = right == never || right == local_only || right == at_sign ||
                     (label_begins && (label_ends || right == hyphen)) || (left == hyphen && label_ends);
  if (wrong) return kWrong;
  return right == dot ? kDomainDot : 0;
}

// By pair: first those before the @ and with it, then those behind it.
constexpr size_t kInDomain = kLetters * kLetters;
constexpr std::array<uint8_t, 2 * kInDomain> make_pairs() {
  std::array<uint8_t, 2 * kInDomain> pairs{};
  for (size_t left = 0; left < kLetters; ++left) {
    for (size_t right = 0; right < kLetters; ++right) {
      pairs[left * kLetters + right] = judge_local_pair(left, right);
      pairs[kInDomain + left * kLetters + right] = judge_domain_pair(left, right);
    }
  }
  return pairs;
}

// The usual address, eight bytes at a time: letters and digits, and among them single dots and hyphens. False says
// nothing.
bool is_usual_email(std::string_view value) {
  if constexpr (std::endian::native != std::endian::little) return false;  // the bits would stand in reverse
  if (value.size() < 8 || value.size() > 64) return false;
  uint64_t unusual = 0, marks = 0, ats = 0, dots = 0;
  for (size_t begin = 0; begin < value.size(); begin += 8) {
    const size_t from = std::min(begin, value.size() - 8);
    const uint64_t bytes = eight_bytes(value, from);
    const uint64_t mark = ~(letters(bytes) | digits(bytes)) & eight_of(0x80);
    const uint64_t is_at = equal(bytes, '@'), is_dot = equal(bytes, '.');
    unusual |= mark & ~(is_at | is_dot | equal(bytes, '-'));
    marks |= eight_bits(mark) << from;
    ats |= eight_bits(is_at) << from;
    dots |= eight_bits(is_dot) << from;
  }
  const uint64_t edges = 1 | uint64_t{1} << (value.size() - 1);
  const bool one_at = ats != 0 && (ats & (ats - 1)) == 0;
  return unusual == 0 && one_at && (marks & edges) == 0 && (marks & marks << 1) == 0 && dots > ats;
}

bool is_possible_email(std::string_view value) {
  static constexpr std::array<uint8_t, 256> kLetterOf = make_letters();
  static constexpr std::array<uint8_t, 2 * kInDomain> kPairs = make_pairs();
  uint8_t seen = 0;
  size_t left = edge, side = 0;
  for (const char c : value) {
    const size_t right = kLetterOf[static_cast<uint8_t>(c)];
    seen |= kPairs[side + left * kLetters + right];
    if (right == at_sign) side = kInDomain;
    left = right;
  }
  seen |= kPairs[side + left * kLetters + edge];
  return seen == kDomainDot;
}

constexpr uint8_t kPhoneMark = 1, kPhoneSign = 2, kNotInPhone = 4;
constexpr std::array<uint8_t, 256> make_phone_signs() {
  std::array<uint8_t, 256> signs{};
  for (uint8_t& sign : signs) sign = kNotInPhone;
  for (const char c : std::string_view("+-(). ,;#/*")) signs[static_cast<uint8_t>(c)] = kPhoneMark;
  for (size_t c = '0'; c <= '9'; ++c) signs[c] = kPhoneSign;
  for (size_t c = 'a'; c <= 'z'; ++c) signs[c] = signs[c - 'a' + 'A'] = kPhoneSign;
  return signs;
}

// The usual number, eight bytes at a time: digits and what stands between them in ASCII's order. False says nothing.
bool is_usual_phone(std::string_view value) {
  if (value.size() < 8) return false;
  uint64_t unusual = 0, seen = 0;
  for (size_t begin = 0; begin < value.size(); begin += 8) {
    const uint64_t bytes = eight_bytes(value, std::min(begin, value.size() - 8));
    unusual |= ~(between(bytes, '(', '9') | equal(bytes, ' ')) & eight_of(0x80);
    seen |= digits(bytes);
  }
  return unusual == 0 && seen != 0;
}

// The usual number: digits, and among them one point. False says nothing.
bool is_usual_decimal(std::string_view value, const DecimalBounds& bounds) {
  if constexpr (std::endian::native != std::endian::little) return false;  // the bits would stand in reverse
  if (value.empty() || value.size() > 16) return false;
  const bool is_long = value.size() > 8;
  const uint64_t first = is_long ? eight_bytes(value, 0) : few_bytes(value);
  const uint64_t last = is_long ? eight_bytes(value, value.size() - 8) : first;
  const size_t from = is_long ? value.size() - 8 : 0;
  const uint64_t numerals = eight_bits(digits(first)) | eight_bits(digits(last)) << from;
  const uint64_t points = eight_bits(equal(first, '.')) | eight_bits(equal(last, '.')) << from;
  if ((numerals | points) != (uint64_t{1} << value.size()) - 1 || (points & (points - 1)) != 0 || numerals == 0)
    return false;
  const size_t before = points == 0 ? value.size() : static_cast<size_t>(std::countr_zero(points));
  const size_t after = points == 0 ? 0 : value.size() - 1 - before;
  return before <= bounds.before_max && after <= std::min(bounds.after_max, bounds.decimals_max);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

size_t count_digits(std::string_view text, size_t from) {
  size_t at = from;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - from;
}

uint32_t four_bytes(std::string_view text, size_t at) {
  uint32_t bytes = 0;
  std::memcpy(&bytes, text.data() + at, sizeof bytes);
  return bytes;
}

}  // namespace

bool fits_characters(std::string_view value, size_t characters_max) {
  if (value.size() <= characters_max) return true;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return value.size() - static_cast<size_t>(std::count_if(value.begin(), value.end(), continues)) <= characters_max;
}

bool is_integer(std::string_view value, size_t digits_max) {
  if (value.starts_with('-')) value.remove_prefix(1);
  if (value.empty() || value.size() > digits_max) return false;
  // Always as many steps, some on the last digit again: how many there are cannot be guessed.
  unsigned above = 0;
  for (size_t i = 0; i < digits_max; ++i) {
    const char c = value[std::min(i, value.size() - 1)];
    above = std::max(above, static_cast<unsigned>(static_cast<unsigned char>(c) - '0'));
  }
  return above <= 9;
}

bool is_boolean(std::string_view value) {
  if (value.size() != 4 && value.size() != 5) return false;
  const uint32_t first = four_bytes(value, 0) | 0x20202020, last = four_bytes(value, value.size() - 4) | 0x20202020;
  if (value.size() == 4) return first == four_bytes("true", 0);
  return first == four_bytes("fals", 0) && last == four_bytes("alse", 0);
}

bool is_phone(std::string_view value) {
  if (is_usual_phone(value)) return true;
  static constexpr std::array<uint8_t, 256> kSigns = make_phone_signs();
  uint8_t seen = 0;
  for (const char c : value) seen |= kSigns[static_cast<uint8_t>(c)];
  return (seen & (kPhoneSign | kNotInPhone)) == kPhoneSign;
}

bool is_website(std::string_view value) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  return value.find('.') != std::string_view::npos && std::none_of(value.begin(), value.end(), is_space);
}

bool is_record_id(std::string_view value) {
  constexpr size_t kDigitsMax = 19;
  return !value.empty() && value.size() <= kDigitsMax && count_digits(value, 0) == value.size();
}

bool is_decimal(std::string_view value, const DecimalBounds& bounds) {
  if (is_usual_decimal(value, bounds)) return true;
  if (value.starts_with('-')) value.remove_prefix(1);
  size_t at = count_digits(value, 0), before = at;
  while (bounds.may_group && at > 0 && at < value.size() && value[at] == ',') {
    const size_t group = count_digits(value, at + 1);
    if (group == 0) return false;
    before += group;
    at += 1 + group;
  }
  if (at == value.size()) return before > 0 && before <= bounds.before_max;
  const std::string_view behind = value.substr(at + 1);
  if (value[at] != '.' || count_digits(behind, 0) != behind.size() || before + behind.size() == 0) return false;
  if (before > bounds.before_max || behind.size() > bounds.after_max) return false;
  return behind.size() <= bounds.decimals_max ||
         behind.find_first_not_of('0', bounds.decimals_max) == std::string_view::npos;
}

bool is_email(std::string_view value) {
  return is_usual_email(value) || is_possible_email(value);
}

}  // namespace bulkwrite::schema
