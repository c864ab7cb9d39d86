#include "engine/run/verdict.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/base/file.h"
#include "engine/csv/cutter.h"
#include "engine/csv/field.h"
#include "engine/csv/header.h"
#include "engine/csv/records.h"
#include "engine/zip/plain.h"
#include "engine/zip/reader.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;
// A result holds three of the columns that were sent, and three short ones: this much is not a result.
constexpr uint64_t kResultBytesMax = 64 << 20;

Error not_a_result(std::string why) {
  return {ErrorKind::input_data, "the result is not one: " + std::move(why)};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::optional<size_t> find_column(const std::vector<std::string>& names,
                                  std::initializer_list<std::string_view> wanted) {
  // From the end: the service's columns stand behind the echoed ones, whose names are the user's.
  for (const std::string_view name : wanted)
    for (size_t i = names.size(); i-- > 0;)
      if (upper(names[i]) == name) return i;
  return std::nullopt;
}

VerdictStatus status_of(std::string_view raw) {
  constexpr std::array<std::pair<std::string_view, VerdictStatus>, 4> kNames{
      {{"ADDED", VerdictStatus::added},
       {"UPDATED", VerdictStatus::updated},
       {"SKIPPED", VerdictStatus::skipped},
       {"UNPROCESSED", VerdictStatus::unprocessed}}};
  for (const auto& [name, status] : kNames)
    if (raw == name) return status;
  std::string scratch;
  const std::string text = upper(csv::value_of(raw, scratch));
  for (const auto& [name, status] : kNames)
    if (text == name) return status;
  return VerdictStatus::unknown;
}

Result<void> read_member(zip::ArchiveReader& archive, std::string& text) {
  text.clear();
  for (;;) {
    const size_t had = text.size();
    if (had == kResultBytesMax) return not_a_result("it is larger than any result can be");
    text.resize(std::min<size_t>(had + kBlockBytes, kResultBytesMax));
    auto got = archive.read(std::span(text).subspan(had));
    if (!got) return std::move(got).error();
    text.resize(had + *got);
    if (*got == 0) return {};
  }
}

Result<void> read_any(std::string_view bytes, std::string& text) {
  auto archive = zip::ArchiveReader::open_bytes(bytes);
  if (!archive) return std::move(archive).error();
  auto member = archive->next_member();
  if (!member) return std::move(member).error();
  if (!member->has_value()) return not_a_result("the archive is empty");
  return read_member(*archive, text);
}

// Whether a group of errors begins at `at`: capital letters and underscores up to a dash or the end.
bool begins_group(std::string_view text, size_t at) {
  const size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", at);
  return end != at && at < text.size() && (end == std::string_view::npos || text[end] == '-' || text[end] == ':');
}

VerdictError parse_group(std::string_view group) {
  const size_t dash = group.find('-');
  VerdictError error{.code = std::string(group.substr(0, dash))};
  if (dash == std::string_view::npos) return error;
  for (size_t from = dash + 1; from <= group.size();) {
    const size_t comma = std::min(group.find(',', from), group.size());
    error.fields.emplace_back(group.substr(from, comma - from));
    from = comma + 1;
  }
  return error;
}

}  // namespace

Result<Verdicts> Verdicts::read(const std::filesystem::path& path, Verdicts spare, const csv::Kernel& kernel) {
  std::string archive = std::exchange(spare.archive_, {});
  if (auto done = read_file(path, archive); !done) return std::move(done).error();
  auto verdicts = parse(archive, std::move(spare), kernel);
  if (!verdicts) return in_context(path.string(), std::move(verdicts).error());
  verdicts->archive_ = std::move(archive);
  return verdicts;
}

Result<Verdicts> Verdicts::parse(std::string_view archive, Verdicts spare, const csv::Kernel& kernel) {
  Verdicts verdicts = std::move(spare);
  verdicts.rows_.clear();
  if (!zip::read_plain(archive, kResultBytesMax, verdicts.text_))
    if (auto ok = read_any(archive, verdicts.text_); !ok) return std::move(ok).error();
  auto header = csv::read_header(verdicts.text_, true, {.delimiter = ','});
  if (!header) return not_a_result(std::move(header).error().message);
  if (!header->has_value()) return not_a_result("it has no header");
  const std::vector<std::string>& names = (**header).names;
  if (names.size() > csv::kColumnsMax) return not_a_result("it has more columns than any result");
  if (auto ok = verdicts.cut(static_cast<size_t>((**header).data_offset), names.size(), kernel); !ok)
    return std::move(ok).error();
  if (auto ok = verdicts.index(names); !ok) return std::move(ok).error();
  return verdicts;
}

Result<void> Verdicts::cut(size_t data_offset, size_t columns, const csv::Kernel& kernel) {
  csv::Cutter cutter({.records_max = csv::kRecordsMax + 1, .bytes_max = 2 * kResultBytesMax, .kernel = &kernel});
  cutter.recycle(std::exchange(bytes_, {}));
  cutter.begin_source(0, data_offset, columns, ',');
  const std::string_view data = std::string_view(text_).substr(data_offset);
  std::copy(data.begin(), data.end(), cutter.space(data.size() + 1).begin());
  cutter.filled(data.size());
  cutter.end_source();
  csv::Cutter::Cut cut = cutter.next();
  if (cut.kind == csv::Cutter::Cut::Kind::unclosed_quote) return not_a_result("a quote in it is not closed");
  if (cut.kind == csv::Cutter::Cut::Kind::need_bytes) {
    cutter.end_input();
    cut = cutter.next();
  }
  if (cut.kind == csv::Cutter::Cut::Kind::chunk && cut.chunk.records() > csv::kRecordsMax)
    return not_a_result("it has more records than any chunk");
  if (cut.kind == csv::Cutter::Cut::Kind::chunk) bytes_ = std::move(cut.chunk);
  bytes_.columns = columns;
  return {};
}

Result<void> Verdicts::index(const std::vector<std::string>& names) {
  const auto status = find_column(names, {"STATUS"});
  const auto id = find_column(names, {"RECORD_ID", "ID"});
  const auto errors = find_column(names, {"ERRORS"});
  if (!status || !id) return not_a_result("its header lacks STATUS or RECORD_ID");
  std::vector<size_t> echoed;
  for (size_t i = 0; i < names.size() && echoed.size() < kEchoedMax; ++i)
    if (i != *status && i != *id && i != errors) echoed.push_back(i);
  if (echoed.empty()) return not_a_result("it repeats no column that was sent: nothing ties it to the records");
  csv::RecordReader reader(bytes_);
  for (csv::Record record; reader.next(record);) {
    if (record.flaw) return not_a_result("record " + std::to_string(record.record_number) + " of it is broken");
    const auto& fields = reader.fields();
    rows_.push_back({.status = status_of(fields[*status]),
                     .record_id = fields[*id],
                     .errors = errors ? fields[*errors] : std::string_view(),
                     .echoed = {}});
    for (const size_t column : echoed) rows_.back().echoed.add(fields[column]);
  }
  return {};
}

std::vector<VerdictError> parse_errors(std::string_view errors) {
  std::vector<VerdictError> groups;
  size_t from = 0;
  for (size_t colon = errors.find(':'); colon != std::string_view::npos; colon = errors.find(':', colon + 1)) {
    if (!begins_group(errors, colon + 1)) continue;
    groups.push_back(parse_group(errors.substr(from, colon - from)));
    from = colon + 1;
  }
  if (from < errors.size()) groups.push_back(parse_group(errors.substr(from)));
  return groups;
}

}  // namespace bulkwrite::run
