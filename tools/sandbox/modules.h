// The catalogue: which modules exist, with which fields, as read from modules.json. Immutable after loading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::sandbox {

enum class FieldType {
  kText,
  kTextArea,
  kEmail,
  kPhone,
  kWebsite,
  kPicklist,
  kMultiPicklist,
  kBoolean,
  kDate,
  kDateTime,
  kInteger,
  kBigint,
  kDouble,
  kCurrency,
  kPercent,
  kLookup,
  kOwner,
  kLayout,
  kId,
};

struct Field {
  std::string api_name;
  std::string label;
  FieldType type = FieldType::kText;
  std::string type_name;
  int64_t id = 0;
  size_t length = 255;  // characters or digits, contract 7.3
  int decimal_place = 0;
  bool system_mandatory = false;
  bool layout_mandatory = false;
  bool unique = false;
  bool read_only = false;
  bool custom = false;
  bool display = false;
  std::string textarea;
  std::string lookup;               // API name of the looked-up module
  std::vector<std::string> values;  // a picklist's seed values
  std::vector<std::string> joins;   // a display field computed from others, as Full_Name
};

struct Module {
  std::string api_name;
  std::string singular_label;
  std::string plural_label;
  std::string layout;
  bool custom = false;
  int64_t id = 0;
  int64_t layout_id = 0;
  std::vector<Field> fields;  // the first is always `id`

  const Field* find(std::string_view api_name) const;
  // As find(), in any letter case: the documentation's own samples say "email" for Email (contract 3.2).
  const Field* find_any_case(std::string_view api_name) const;
  const Field* display_field() const;
};

class Catalog {
 public:
  // Throws std::runtime_error that names the module and field at fault.
  static Catalog parse(const std::string& json);
  static Catalog load(const std::string& path);

  const std::vector<Module>& modules() const { return modules_; }
  const Module* find(std::string_view api_name) const;
  bool is_lookup_target(const Module& module) const;

 private:
  std::vector<Module> modules_;
};

// data/modules.json as it was at build time.
const char* default_modules_json();

std::string lower_case(std::string_view text);

}  // namespace bulkwrite::sandbox
