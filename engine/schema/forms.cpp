#include "engine/schema/forms.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

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

constexpr uint8_t kPhoneMark = 1, kPhoneSign = 2, kNotInPhone = 4;
constexpr std::array<uint8_t, 256> make_phone_signs() {
  std::array<uint8_t, 256> signs{};
  for (uint8_t& sign : signs) sign = kNotInPhone;
  for (const char c : std::string_view("+-(). ,;#/*")) signs[static_cast<uint8_t>(c)] = kPhoneMark;
  for (size_t c = '0'; c <= '9'; ++c) signs[c] = kPhoneSign;
  for (size_t c = 'a'; c <= 'z'; ++c) signs[c] = signs[c - 'a' + 'A'] = kPhoneSign;
  return signs;
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

}  // namespace bulkwrite::schema
