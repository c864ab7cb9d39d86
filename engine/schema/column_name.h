// What a column's name says of the field that it goes to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::schema {

std::string lower_text(std::string_view text);  // of A to Z

// Whether two names differ in case, spaces and underscores at most.
bool is_same_loosely(std::string_view one, std::string_view other);

// Of "Account_Name.id" the field, with find_by set; nothing where the name is no such thing.
std::optional<Field> reference_named(std::string_view name, const Schema& schema);

// The fields with this label, compared loosely; of several the one that can be written, if it is alone in that.
std::vector<const Field*> fields_labelled(std::string_view name, const Schema& schema);

bool is_reference(const Field& field);
// A user, as an owner is one, is found by id and email alone (contract 7.3).
bool finds_nothing(const Field& field);

// By API name, else as a reference, else by label. Nothing where no field is meant; input_data where several are.
Result<std::optional<Field>> field_named(const std::string& name, const Schema& schema);

// Of a field that is not writable, or by one operation only.
std::string why_not_written(const Field& field);

}  // namespace bulkwrite::schema
