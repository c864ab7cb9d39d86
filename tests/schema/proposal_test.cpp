#include "engine/schema/proposal.h"

#include <catch2/catch.hpp>

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

Schema contacts() {
  return {
      .module = "Contacts",
      .fields = {
          {.api_name = "id", .label = "Record Id", .type = FieldType::bigint, .creatable = false, .updatable = false},
          {.api_name = "Owner", .label = "Contact Owner", .type = FieldType::ownerlookup},
          {.api_name = "Last_Name", .label = "Last Name", .type = FieldType::text, .required = true},
          {.api_name = "Account_Name", .label = "Account Name", .type = FieldType::lookup},
          {.api_name = "Note_1", .label = "Note", .type = FieldType::text},
          {.api_name = "Note_2", .label = "Note", .type = FieldType::text},
          {.api_name = "Photo",
           .label = "Photo",
           .data_type = "profileimage",
           .creatable = false,
           .updatable = false}}};
}

}  // namespace

TEST_CASE("a proposal has a rule for every column, and why a column goes nowhere") {
  const std::vector<std::string> header{"last name", "Account Name", "Owner.email", "Last_Name", "Note",
                                        "Photo",     "Record Id",    "Age",         "owner.name"};
  const Proposal proposal = propose_rules(header, contacts());
  std::vector<std::string> rules;
  for (const ColumnRule& rule : proposal.rules) rules.push_back(rule.column + "=" + rule.field + "/" + rule.find_by);
  CHECK(rules == std::vector<std::string>{"last name=/", "Account Name=Account_Name/id", "Owner.email=Owner/email",
                                          "Last_Name=Last_Name/", "Note=/", "Photo=/", "Record Id=/", "Age=/",
                                          "owner.name=/"});
  CHECK(proposal.mapped == 3);
  REQUIRE(proposal.notes.size() == 6);
  CHECK_THAT(proposal.notes[0], Contains("\"last name\"") && Contains("\"Last_Name\" goes to Last_Name already"));
  CHECK_THAT(proposal.notes[1], Contains("Note_1, Note_2"));
  CHECK_THAT(proposal.notes[2], Contains("profileimage"));
  CHECK_THAT(proposal.notes[3], Contains("--find-by id"));
  CHECK_THAT(proposal.notes[4], Contains("\"Age\"") && Contains("no field of Contacts"));
  CHECK_THAT(proposal.notes[5], Contains("owner.name"));
  const auto mapping = map_columns(header, contacts(), proposal.rules);
  REQUIRE(mapping);
  CHECK(check_mapping(*mapping, contacts(), Operation::insert, ""));
  for (const auto& unmapped : mapping->unmapped) CHECK(unmapped.is_meant);
}

TEST_CASE("a proposal says what the module demands and no column supplies, of what can be written") {
  Schema schema = contacts();
  schema.find("Photo")->required = true;
  const Proposal proposal = propose_rules({"Photo"}, schema);
  REQUIRE(proposal.notes.size() == 2);
  CHECK_THAT(proposal.notes[1], Contains("demands Last_Name"));
  CHECK(propose_rules({"Age"}, schema).notes.size() == 2);
}
