// Applies a job's records to its module's table, one by one, and says what became of each. Lives inside one write
// transaction.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/sandbox/job_plan.h"
#include "tools/sandbox/store.h"
#include "tools/sandbox/verdicts.h"

namespace bulkwrite::sandbox {

// The one user of the sandbox's org.
constexpr int64_t kUserId = 4150868000000225013;
constexpr const char* kUserName = "Patricia Boyle";
constexpr const char* kUserEmail = "patricia.boyle@sandbox.example";

class Applier {
 public:
  // `now` is the job's time, for Created_Time and Modified_Time.
  Applier(Store& store, Database& database, const Catalog& catalog, const JobPlan& plan, const Switches& switches,
          std::string now);

  Verdict apply(const std::vector<std::string>& cells);
  // For jobs that are to skip everything: the same verdict without doing anything.
  Verdict refuse(const std::vector<std::string>& cells) const;

 private:
  struct Slot {  // a mapped column that is written
    const PlannedColumn* column;
    const Module* target = nullptr;  // of a lookup
    std::unique_ptr<Statement> find_target;
    std::unique_ptr<Statement> find_same;  // of a unique field
    std::set<std::string> known_values;    // of a picklist
    Value value;
  };

  void prepare_slots();
  void prepare_match();
  void prepare_writes();
  void load_known_values(Slot& slot);
  std::string text_of(const PlannedColumn& column, const std::vector<std::string>& cells) const;
  int64_t match(const std::vector<std::string>& cells);
  void fill(const std::vector<std::string>& cells, bool adding);
  void fill_slot(Slot& slot, const std::string& text, bool adding);
  std::optional<Value> refer(Slot& slot, const std::string& text);
  void learn_values(Slot& slot);
  void learn_value(Slot& slot, const std::string& value);
  bool write(int64_t id, bool adding);
  void name_duplicates(int64_t own_id);
  Verdict decide(const std::vector<std::string>& cells);
  std::vector<std::string> echo(const std::vector<std::string>& cells) const;

  Store& store_;
  Database& database_;
  const Catalog& catalog_;
  const JobPlan& plan_;
  const Switches& switches_;
  const std::string now_;
  std::vector<Slot> slots_;
  std::vector<std::pair<std::string, Value>> added_constants_;    // set when a record is added
  std::vector<std::pair<std::string, Value>> updated_constants_;  // set when it is updated
  std::unique_ptr<Statement> match_;
  std::unique_ptr<Statement> insert_;
  std::unique_ptr<Statement> update_;
  RecordErrors errors_;
};

}  // namespace bulkwrite::sandbox
