#include "tests/kill/source.h"

#include <algorithm>

namespace kill_anywhere {
namespace {

constexpr size_t kChunks = 13, kChunkRecords = 5, kEmptyChunk = 6;
constexpr const char* kNoOwner = "4150868000000999999";  // no user has this id

std::string quoted(const std::string& field) {
  std::string out = "\"";
  for (const char c : field) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

bool must_be_quoted(const std::string& field) {
  return field.find_first_of(",\"\n") != std::string::npos;
}

Fate fate_of(size_t i) {
  if (i / kChunkRecords == kEmptyChunk || i % 7 == 3) return Fate::rejected;
  return i % 11 == 9 ? Fate::skipped : Fate::loaded;
}

std::string text_of(size_t i) {
  const std::string n = std::to_string(i);
  if (i % 4 == 1) return "first line of " + n + "\nsecond, \"quoted\" line\n\nlast line";
  if (i % 4 == 2) return "a \"word\", " + n;
  return i % 4 == 3 ? "" : "plain " + n;
}

// Whether a record is a second occurrence of the one before it, in the same chunk.
bool is_repeated(size_t i) {
  return i % 9 == 5 && i % kChunkRecords != 0 && fate_of(i - 1) == Fate::loaded;
}

Record event(size_t i) {
  const std::string n = std::to_string(i), day = "2025-03-" + std::to_string(10 + i % 20);
  const Fate fate = fate_of(i);
  const std::string owner = fate == Fate::skipped ? kNoOwner : "";
  const std::string bad_day = fate == Fate::rejected ? "2025-02-30" : day;
  const std::string score = n + ".5";
  return {{"Event " + n, "key-" + n, owner, "source, " + n, day + " 03:04:05", bad_day, n, "90000000" + n, score,
           i % 2 == 0 ? "true" : "false", text_of(i)},
          {"Event " + n, "key-" + n, "", "source, " + n, day + "T03:04:05+00:00", bad_day, n, "90000000" + n, score,
           i % 2 == 0 ? "1" : "0", text_of(i)},
          fate};
}

Record lead(size_t i) {
  const std::string n = std::to_string(i);
  const Fate fate = fate_of(i);
  const std::string owner = fate == Fate::skipped ? kNoOwner : "";
  const std::string born = fate == Fate::rejected ? "1970-13-01" : "1970-12-" + std::to_string(10 + i % 20);
  const std::string email = "person" + std::to_string(is_repeated(i) ? i - 1 : i) + "@example.org";
  const std::vector<std::string> fields{"Name " + n, "Company, " + n, email, owner, born, n, text_of(i)};
  return {fields, fields, fate};
}

Source source_of(std::string module, std::vector<std::string> columns, size_t key_column, Record (*record)(size_t)) {
  Source source{.module = std::move(module), .columns = std::move(columns), .key_column = key_column};
  source.chunk_records = kChunkRecords;
  for (size_t i = 0; i < kChunks * kChunkRecords - 2; ++i) source.records.push_back(record(i));
  return source;
}

}  // namespace

bool Source::is_sent(size_t chunk) const {
  for (size_t i = chunk * chunk_records; i < std::min(records.size(), (chunk + 1) * chunk_records); ++i)
    if (records[i].fate != Fate::rejected) return true;
  return false;
}

size_t Source::count(Fate fate) const {
  return static_cast<size_t>(
      std::count_if(records.begin(), records.end(), [&](const Record& record) { return record.fate == fate; }));
}

std::string Source::csv() const {
  std::string out;
  const auto append = [&](const std::vector<std::string>& fields, bool all_quoted) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out += ',';
      out += all_quoted || must_be_quoted(fields[i]) ? quoted(fields[i]) : fields[i];
    }
    out += '\n';
  };
  append(columns, false);
  for (size_t i = 0; i < records.size(); ++i) {
    if (i == records.size() / 2) out += '\n';
    append(records[i].fields, i % 3 == 0);
  }
  return out;
}

Source events() {
  Source source = source_of("Events_Log",
                            {"Name", "Event_Key", "Owner", "Source", "Occurred_At", "Day", "Duration_Ms", "Sequence",
                             "Score", "Handled", "Message"},
                            0, event);
  for (size_t i = 1; i < source.records.size(); ++i)
    if (is_repeated(i)) source.records[i] = source.records[i - 1];
  return source;
}

Source leads() {
  return source_of("Leads", {"Last_Name", "Company", "Email", "Owner", "Birthday", "No_of_Employees", "Description"}, 2,
                   lead);
}

Source leads_once() {
  Source source = leads();
  for (size_t i = 0; i < source.records.size(); ++i)
    if (is_repeated(i)) source.records[i].fate = Fate::rejected;
  return source;
}

}  // namespace kill_anywhere
