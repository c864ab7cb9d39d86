#include "bench/corpus.h"

#include <algorithm>
#include <array>
#include <random>

#include "tools/gen/records.h"

namespace bench {
namespace {

constexpr size_t kBytes = 26'000'000;

std::string export_of(uint64_t records) {
  bulkwrite::gen::Generator generator({.seed = 1});
  std::string text;
  generator.append_header(text);
  for (uint64_t i = 0; i < records; ++i) generator.append_record(i, text);
  return text;
}

std::string header_of(size_t columns) {
  std::string header;
  for (size_t i = 0; i < columns; ++i) header += (i == 0 ? "Field" : ",Field") + std::to_string(i);
  return header + "\n";
}

// `field` appends one field.
template <typename Field>
std::string table(size_t columns, const Field& field) {
  std::mt19937_64 random(1);
  std::string text = header_of(columns);
  text.reserve(kBytes + 10'000);
  while (text.size() < kBytes) {
    for (size_t column = 0; column < columns; ++column) {
      if (column > 0) text += ',';
      field(random, column, text);
    }
    text += '\n';
  }
  return text;
}

size_t columns_of(const std::string& text) {
  const auto end = std::find(text.begin(), text.end(), '\n');
  return 1 + static_cast<size_t>(std::count(text.begin(), end, ','));
}

}  // namespace

const std::string& leads_export() {
  static const std::string text = export_of(100'000);
  return text;
}

const std::string& leads_chunk() {
  static const std::string text = export_of(25'000);
  return text;
}

const std::string& narrow_numeric() {
  static const std::string text = table(kNumericColumns, [](std::mt19937_64& random, size_t, std::string& out) {
    out += std::to_string(random() % 10'000);
  });
  return text;
}

const std::string& every_field_quoted() {
  static const std::string text = table(kQuotedColumns, [](std::mt19937_64& random, size_t, std::string& out) {
    out += '"' + std::string(1 + random() % 20, 'v') + (random() % 10 == 0 ? "\"\"" : "") + '"';
  });
  return text;
}

const std::string& long_free_text() {
  static const std::string text = table(4, [](std::mt19937_64& random, size_t column, std::string& out) {
    if (column < 3) {
      out += std::to_string(random() % 1'000'000);
      return;
    }
    constexpr std::array<std::string_view, 4> kBetween = {" ", ", ", "\n", " \"\"so\"\" "};
    out += '"';
    for (size_t words = 200 + random() % 1000; words > 0; --words) {
      out += std::string(2 + random() % 9, 'w');
      out += kBetween[random() % 8 < 5 ? 0 : 1 + random() % 3];
    }
    out += '"';
  });
  return text;
}

const std::string& stray_quotes() {
  static const std::string text = [] {
    std::string spoilt = leads_export();
    std::mt19937_64 random(1);
    for (size_t at = spoilt.find('\n') + 1; at < spoilt.size(); at += 1 + random() % 5200) {
      at = spoilt.find_first_of("aeiou", at);
      if (at == std::string::npos) break;
      spoilt[at] = '"';
    }
    return spoilt;
  }();
  return text;
}

std::span<const Corpus> corpora() {
  static const std::array<Corpus, 5> all = {{{"crm", columns_of(leads_chunk()), &leads_export},
                                             {"numeric", kNumericColumns, &narrow_numeric},
                                             {"quoted", kQuotedColumns, &every_field_quoted},
                                             {"text", 4, &long_free_text},
                                             {"stray", columns_of(leads_chunk()), &stray_quotes}}};
  return all;
}

}  // namespace bench
