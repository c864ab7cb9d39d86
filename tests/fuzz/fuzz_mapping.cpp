// Any text as a mapping file, CSV or JSON: rules that can be written and read again, or a reason.
#include <string>
#include <vector>

#include "engine/run/mapping_file.h"
#include "engine/run/schema_json.h"
#include "tests/fuzz/target.h"

using namespace bulkwrite;
using fuzz::must;

namespace {

const schema::Schema& leads() {
  using Type = schema::FieldType;
  static const schema::Schema kLeads{"Leads",
                                     {{.api_name = "Last_Name", .label = "Last Name", .type = Type::text},
                                      {.api_name = "Birthday", .label = "Date of Birth", .type = Type::date},
                                      {.api_name = "Owner", .label = "Owner", .type = Type::ownerlookup},
                                      {.api_name = "Revenue", .label = "Revenue", .type = Type::currency}}};
  return kLeads;
}

void map_by(const std::vector<schema::ColumnRule>& rules) {
  const std::vector<std::string> header{"Last_Name", "Born", "Owner.email", "Revenue"};
  const auto mapped = schema::map_columns(header, leads(), rules);
  if (!mapped) return must(!mapped.error().message.empty(), "a fault has a reason");
  must(mapped->columns.size() == header.size(), "each column goes to a field or nowhere");
  must(mapped->order.size() + mapped->unmapped.size() == header.size(), "each column is in one of the two lists");
}

void read_again(const std::vector<schema::ColumnRule>& rules, const char* name) {
  const auto text = run::mapping_text(rules, name);
  if (!text) return must(text.error().kind == ErrorKind::input_data, "a name that no CSV can hold is the input's");
  const auto again = run::parse_mapping(*text, name);
  must(again.has_value(), "what we write can be read");
  must(again->size() == rules.size(), "no rule is lost");
}

}  // namespace

// The first byte says which of the two it is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const bool is_json = !text.empty() && text.front() == 'j';
  const char* const name = is_json ? "mapping.json" : "mapping.csv";
  const auto rules = run::parse_mapping(text.substr(std::min<size_t>(1, text.size())), name);
  if (!rules) {
    must(rules.error().kind == ErrorKind::configuration, "a mapping at fault is configuration");
    must(!rules.error().message.empty(), "a fault has a reason");
    return 0;
  }
  map_by(*rules);
  read_again(*rules, name);
  return 0;
}
