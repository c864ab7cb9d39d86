#include "tools/gen/records.h"

#include <charconv>
#include <optional>
#include <span>

#include "tools/gen/random.h"
#include "tools/gen/words.h"

namespace bulkwrite::gen {
namespace {

using namespace std::string_view_literals;

constexpr size_t kNoColumn = 99;

// The columns of a module's export, and which of them a rule is broken in.
struct Shape {
  std::span<const std::string_view> columns;
  std::array<size_t, kRules> column_of_rule;
};

constexpr std::string_view kLeadsColumns[] = {
    "Export_Id",   "Last_Name",   "First_Name", "Company",         "Email",          "Phone",
    "Lead_Source", "Lead_Status", "Industry",   "No_of_Employees", "Annual_Revenue", "Street",
    "City",        "Country",     "Zip_Code",   "Email_Opt_Out",   "Birthday",       "Description",
};
constexpr Shape kLeadsShape = {kLeadsColumns, {17, 11, 11, 11, 11, 1, 2, 9, 15, 4, 16}};

constexpr std::string_view kEventsColumns[] = {
    "Event_Key",   "Name",     "Source", "Level",   "Occurred_At", "Day",
    "Duration_Ms", "Sequence", "Score",  "Handled", "Message",
};
constexpr Shape kEventsShape = {kEventsColumns, {10, 2, 2, 2, 2, 1, 2, 6, 9, kNoColumn, 5}};

const Shape& shape_of(Module module) {
  return module == Module::leads ? kLeadsShape : kEventsShape;
}

// The values that break a rule, as bytes of the file; none holds a delimiter.
// clang-format off
constexpr std::string_view kStrayQuotes[] = {"12\" Pipe Road", "\"Old\" Mill Lane", "Unit 4\""};
constexpr std::string_view kBareCrs[] = {"Mill\rLane", "\rMill Lane", "Mill Lane\r"};
constexpr std::string_view kNulBytes[] = {"Mill\0Lane"sv, "\0"sv};
constexpr std::string_view kInvalidUtf8[] = {"Rue de l'\xC9" "cole", "Stra\xC3", "\xC0\xAF", "\xED\xA0\x80"};
constexpr std::string_view kBlanks[] = {"", "\"\""};
constexpr std::string_view kIntegers[] = {"12.5", "n/a", "1O0", "about 50", "--7"};
constexpr std::string_view kBooleans[] = {"maybe", "oui", "2"};
constexpr std::string_view kEmails[] = {"name.example.com", "name@", "@example.com", "two names@example.com", "a@@example.com"};
constexpr std::string_view kDates[] = {"2025-02-30", "1900-02-29", "1990-13-01", "31/12/1999", "yesterday"};
// clang-format on

template <typename T, size_t N>
const T& pick(const T (&from)[N], Random& random) {
  return from[random.below(N)];
}
template <typename T>
const T& pick(std::span<const T> from, Random& random) {
  return from[random.below(static_cast<uint32_t>(from.size()))];
}

// What is decided about a record before its fields are: enough to know another record's Email without writing it.
struct Plan {
  std::optional<Rule> fault;
  bool duplicate = false;
};

uint64_t stream_of(uint64_t seed, uint64_t index, uint64_t purpose) {
  return Random(Random(Random(seed).next() ^ index).next() ^ purpose).next();
}

Plan plan_of(const Options& options, uint64_t index) {
  Plan plan;
  if (options.bad == 0 && options.duplicates == 0) return plan;
  Random random(stream_of(options.seed, index, 1));
  if (random.chance(options.bad)) {
    const auto& columns = shape_of(options.module).column_of_rule;
    size_t rule = random.below(kRules);
    while (columns[rule] == kNoColumn) rule = (rule + 1) % kRules;
    plan.fault = static_cast<Rule>(rule);
  } else {
    plan.duplicate = random.chance(options.duplicates);
  }
  return plan;
}

// An earlier record that is good and has its own Email.
std::optional<uint64_t> original_of(const Options& options, uint64_t index) {
  constexpr int kTriesMax = 64;
  Random random(stream_of(options.seed, index, 2));
  uint64_t candidate = index;
  for (int tries = 0; tries < kTriesMax && candidate > 0; ++tries) {
    candidate = random.next() % candidate;
    const Plan plan = plan_of(options, candidate);
    if (!plan.fault && !plan.duplicate) return candidate;
  }
  return std::nullopt;
}

struct Person {
  const Name& first;
  const Name& last;
  std::string_view domain;
};

Person person_of(uint64_t seed, uint64_t index) {
  Random random(stream_of(seed, index, 3));
  const Name& first = pick(kFirstNames, random);
  const Name& last = pick(kLastNames, random);
  return {first, last, pick(kDomains, random)};
}

void append_number(std::string& to, uint64_t number, int base = 10) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  to.append(digits, end);
}

void append_two_digits(std::string& to, uint32_t number) {
  to += static_cast<char>('0' + number / 10);
  to += static_cast<char>('0' + number % 10);
}

void append_hex(std::string& to, uint64_t bits, int digits) {
  while (digits-- > 0) to += "0123456789abcdef"[(bits >> (4 * digits)) & 15];
}

// In the shape of a UUID of version 4.
void append_uuid(std::string& to, Random& random) {
  const uint64_t high = random.next(), low = random.next();
  append_hex(to, high >> 32, 8);
  to += '-';
  append_hex(to, high >> 16, 4);
  to += "-4";
  append_hex(to, high, 3);
  to += '-';
  append_hex(to, 8 | (low >> 60 & 3), 1);
  append_hex(to, low >> 48, 3);
  to += '-';
  append_hex(to, low, 12);
}

// yyyy-MM-dd
void append_date(std::string& to, uint32_t year_min, uint32_t year_max, Random& random) {
  constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const uint32_t year = random.between(year_min, year_max), month = random.between(1, 12);
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  append_number(to, year);
  to += '-';
  append_two_digits(to, month);
  to += '-';
  append_two_digits(to, random.between(1, kDays[month - 1] + (month == 2 && leap ? 1u : 0u)));
}

// Writes one record, field by field.
class Record {
 public:
  Record(const Options& options, uint64_t index, std::string& out)
      : options_(options),
        shape_(shape_of(options.module)),
        index_(index),
        out_(out),
        plan_(plan_of(options, index)),
        random_(stream_of(options.seed, index, 4)) {
    if (plan_.fault) fault_column_ = shape_.column_of_rule[static_cast<size_t>(*plan_.fault)];
  }

  void write() {
    if (options_.module == Module::leads) {
      write_lead();
    } else {
      write_event();
    }
    if (plan_.fault == Rule::field_count && surplus_) (out_ += options_.delimiter) += "surplus";
    out_ += options_.crlf ? "\r\n" : "\n";
  }

  std::optional<Rule> fault() const { return plan_.fault; }
  bool is_duplicate() const { return duplicate_; }
  bool has_newlines() const { return has_newlines_; }

 private:
  void write_lead();
  void write_event();

  bool is_blank(uint32_t per_million) { return random_.chance(per_million); }

  // The next column's value.
  void put(std::string_view value) {
    const size_t column = column_++;
    if (column == fault_column_) {
      if (plan_.fault == Rule::field_count) {
        surplus_ = random_.below(2) == 0;
        if (!surplus_) return;
      } else {
        out_ += options_.delimiter;
        put_fault(*plan_.fault);
        return;
      }
    }
    if (column > 0) out_ += options_.delimiter;
    if (random_.chance(options_.quoted) || needs_quotes(value)) return put_quoted(value);
    out_ += value;
  }

  bool needs_quotes(std::string_view value) const {
    for (const char c : value) {
      if (c == options_.delimiter || c == '"' || c == '\n' || c == '\r') return true;
    }
    return false;
  }

  void put_quoted(std::string_view value) {
    out_ += '"';
    for (size_t quote; (quote = value.find('"')) != value.npos; value.remove_prefix(quote + 1)) {
      out_.append(value, 0, quote + 1);
      out_ += '"';
    }
    out_ += value;
    out_ += '"';
  }

  void put_fault(Rule rule);
  void put_email();
  void put_free_text(uint32_t phrases_max);

  const Options& options_;
  const Shape& shape_;
  const uint64_t index_;
  std::string& out_;
  const Plan plan_;
  Random random_;
  size_t column_ = 0, fault_column_ = kNoColumn;
  bool surplus_ = false, duplicate_ = false, has_newlines_ = false;
  std::string value_;  // of the field at hand
};

void Record::put_fault(Rule rule) {
  switch (rule) {
    case Rule::stray_quote:
      out_ += pick(kStrayQuotes, random_);
      return;
    case Rule::bare_cr:
      out_ += pick(kBareCrs, random_);
      return;
    case Rule::nul_byte:
      out_ += pick(kNulBytes, random_);
      return;
    case Rule::invalid_utf8:
      out_ += pick(kInvalidUtf8, random_);
      return;
    case Rule::required:
      out_ += pick(kBlanks, random_);
      return;
    case Rule::integer:
      out_ += pick(kIntegers, random_);
      return;
    case Rule::boolean:
      out_ += pick(kBooleans, random_);
      return;
    case Rule::email:
      out_ += pick(kEmails, random_);
      return;
    case Rule::date:
      out_ += pick(kDates, random_);
      return;
    case Rule::length: {
      // One character more than First_Name (40) and Source (120) may have; each of two bytes.
      const int characters = options_.module == Module::leads ? 41 : 121;
      for (int i = 0; i < characters; ++i) out_ += "é";
      return;
    }
    case Rule::field_count:
      return;
  }
}

void Record::put_email() {
  uint64_t whose = index_;
  if (plan_.duplicate) {
    const std::optional<uint64_t> original = original_of(options_, index_);
    duplicate_ = original.has_value();
    whose = original.value_or(index_);
  }
  const Person person = person_of(options_.seed, whose);
  value_.assign(person.first.ascii) += '.';
  (value_ += person.last.ascii) += '.';
  append_number(value_, whose, 36);  // what makes it unique
  (value_ += '@') += person.domain;
  put(value_);
}

void Record::put_free_text(uint32_t phrases_max) {
  value_.clear();
  // A stray quote's record ends at the next LF, so one in a field would make two records of it.
  has_newlines_ = random_.chance(options_.newlines) && plan_.fault != Rule::stray_quote;
  if (!has_newlines_ && is_blank(300'000)) return put("");
  const uint32_t phrases = random_.between(has_newlines_ ? 2 : 1, phrases_max);
  for (uint32_t phrase = 0; phrase < phrases; ++phrase) {
    constexpr std::string_view kLineEnds[] = {"\n", "\n", "\n\n", "\r\n"};
    if (phrase > 0) value_ += has_newlines_ ? pick(kLineEnds, random_) : " "sv;
    value_ += pick(kPhrases, random_);
  }
  // A record that is cut short loses its last field, and the line ends in it.
  const size_t before = out_.size();
  put(value_);
  has_newlines_ = has_newlines_ && out_.size() > before;
}

void Record::write_lead() {
  const Person person = person_of(options_.seed, index_);
  const Place& place = pick(kPlaces, random_);

  value_.clear();
  append_uuid(value_, random_);
  put(value_);
  put(person.last.text);
  put(is_blank(30'000) ? ""sv : person.first.text);

  value_.assign(pick(kCompanyWords, random_)) += ' ';
  value_ += pick(kCompanyTrades, random_);
  value_ += pick(kCompanySuffixes, random_);
  put(value_);

  put_email();

  value_.clear();
  if (!is_blank(100'000)) {
    value_ += place.phone_prefix;
    append_number(value_, 5'550'000 + random_.below(10'000));
  }
  put(value_);

  put(pick(kLeadSources, random_));
  put(pick(kLeadStatuses, random_));
  put(is_blank(100'000) ? ""sv : pick(kIndustries, random_));

  // Many small companies and few large ones.
  const uint32_t employees = random_.below(1u << random_.between(1, 16));
  value_.clear();
  if (!is_blank(100'000)) append_number(value_, employees);
  put(value_);

  value_.clear();
  if (!is_blank(150'000)) {
    append_number(value_, (employees + 1) * uint64_t{random_.between(20'000, 200'000)});
    value_ += '.';
    append_two_digits(value_, random_.below(100));
  }
  put(value_);

  value_.clear();
  append_number(value_, random_.between(1, 300));
  put(value_ += pick(kStreets, random_));
  put(place.city);
  put(place.country);

  value_.assign(place.zip);
  for (char& c : value_) {
    if (c == '#') c = static_cast<char>('0' + random_.below(10));
  }
  put(value_);

  put(random_.below(8) == 0 ? "true" : "false");

  value_.clear();
  if (!is_blank(300'000)) append_date(value_, 1945, 2006, random_);
  put(value_);

  put_free_text(3);
}

void Record::write_event() {
  value_.clear();
  append_uuid(value_, random_);
  put(value_);
  put(pick(kEventNames, random_));
  put(pick(kEventSources, random_));
  put(pick(kEventLevels, random_));

  std::string day;
  append_date(day, 2020, 2025, random_);
  (value_ = day) += ' ';
  append_two_digits(value_, random_.below(24));
  value_ += ':';
  append_two_digits(value_, random_.below(60));
  value_ += ':';
  append_two_digits(value_, random_.below(60));
  put(value_);
  put(day);

  value_.clear();
  append_number(value_, random_.below(1u << random_.between(4, 24)));
  put(value_);

  value_.clear();
  append_number(value_, index_ + 1);
  put(value_);

  value_.clear();
  append_number(value_, random_.below(100));
  value_ += '.';
  append_two_digits(value_, random_.below(100));
  put(value_);

  put(random_.below(2) == 0 ? "true" : "false");
  put_free_text(6);
}

}  // namespace

std::string_view rule_name(Rule rule) {
  constexpr std::array<std::string_view, kRules> kNames = {"field_count",  "stray_quote", "bare_cr", "nul_byte",
                                                           "invalid_utf8", "required",    "length",  "integer",
                                                           "boolean",      "email",       "date"};
  return kNames[static_cast<size_t>(rule)];
}

Generator::Generator(const Options& options) : options_(options) {}

void Generator::append_header(std::string& out) const {
  if (options_.bom) out += "\xEF\xBB\xBF";
  bool first = true;
  for (const std::string_view column : shape_of(options_.module).columns) {
    if (!first) out += options_.delimiter;
    first = false;
    out += column;
  }
  out += options_.crlf ? "\r\n" : "\n";
}

void Generator::append_record(uint64_t index, std::string& out) {
  Record record(options_, index, out);
  record.write();
  ++counts_.records;
  if (const std::optional<Rule> fault = record.fault()) {
    ++counts_.bad;
    ++counts_.bad_by_rule[static_cast<size_t>(*fault)];
  }
  if (record.is_duplicate()) ++counts_.duplicates;
  if (record.has_newlines()) ++counts_.with_newlines;
}

}  // namespace bulkwrite::gen
