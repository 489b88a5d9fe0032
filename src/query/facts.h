// What the columns and functions of queries are made of. Each part is made when something asks for it first, and then
// kept: a query that only adds up sizes makes none of them. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/dominator_tree.h"
#include "graph/shortest_ways.h"
#include "heap/object_index.h"
#include "query/grouping.h"
#include "query/homes.h"
#include "query/references.h"
#include "query/source.h"
#include "query/type_names.h"
#include "view/names.h"
#include "view/type_table.h"

namespace holdfast::query {

// The rows of a small table in the order of one of its columns; those without a value come first.
struct SortedRows {
  std::vector<std::uint32_t> rows;
  std::vector<std::int64_t> values;  // of the rows that have one: the last values.size() of them

  Rows find(const Bound& bound) const;
};

class Facts {
 public:
  // What the source refers to must outlive this.
  explicit Facts(Source source) : source_(std::move(source)) {}

  // These fail as what they make does, and throw when cancelled.
  const heap::Snapshot& snapshot() const { return source_.snapshot; }
  const heap::ObjectIndex& index() { return index_ ? *index_ : make(index_, "", snapshot()); }
  const view::Names& names() { return names_ ? *names_ : make(names_, "names", snapshot(), index(), source_.rules); }
  const graph::Dominators& dominators() {
    if (dominators_ == nullptr) dominators_ = &source_.dominators();
    return *dominators_;
  }
  const graph::DominatorTree& tree() { return tree_ ? *tree_ : make(tree_, "tree", dominators()); }
  const graph::Reachability& reached() {
    if (reached_ == nullptr) reached_ = &source_.reached();
    return *reached_;
  }
  void unpack() {
    if (source_.unpack) source_.unpack();
  }
  const heap::OwnerRules& rules() const { return source_.rules; }
  const TypeNames& types() { return types_ ? *types_ : make(types_, "type names", snapshot()); }
  const Homes& homes() { return homes_ ? *homes_ : make(homes_, "owners", snapshot(), dominators(), source_.rules); }
  const References& references() { return references_ ? *references_ : make(references_, "", snapshot()); }
  const graph::ShortestWays& ways();
  Reaches& reaches() { return reaches_ ? *reaches_ : make(reaches_, "", snapshot(), references()); }
  // Objects by type and by home (type_names.h, homes.h), references by the object that they lead to.
  const Grouping& by_type();
  const Grouping& by_home();
  const Grouping& incoming();
  // What `holdfast types` says of a type of types(); null if no reachable object has it.
  const view::TypeTotals* totals(std::uint32_t type);
  // By RootId: as `holdfast roots` names them.
  const std::vector<std::string>& root_names();
  // By goroutine, then by allocation stack: where its frames begin among all of them; then how many there are.
  const std::vector<std::uint64_t>& frame_begin();
  // Returns the rows of a table in the order of a column, which `make` makes at the first call with this key.
  const SortedRows& sorted(const void* column, const std::function<SortedRows()>& make);

 private:
  template <typename Part, typename... Args>
  Part& make(std::optional<Part>& part, const char* pass, Args&&... args) {
    run(pass, [&] { part.emplace(std::forward<Args>(args)...); });
    return *part;
  }
  // A nameless pass takes no time worth a name.
  void run(const char* pass, const std::function<void()>& work);

  Source source_;
  const graph::Dominators* dominators_ = nullptr;
  const graph::Reachability* reached_ = nullptr;
  std::optional<heap::ObjectIndex> index_;
  std::optional<view::Names> names_;
  std::optional<graph::DominatorTree> tree_;
  std::optional<TypeNames> types_;
  std::optional<Homes> homes_;
  std::optional<References> references_;
  std::optional<graph::ShortestWays> ways_;
  std::optional<Reaches> reaches_;
  std::optional<Grouping> by_type_, by_home_, incoming_;
  std::optional<std::vector<view::TypeTotals>> totals_;
  std::vector<std::uint32_t> totals_of_type_;  // by type: row + 1 of totals_; 0 = none
  std::optional<std::vector<std::string>> root_names_;
  std::vector<std::uint64_t> frame_begin_;
  std::map<const void*, SortedRows> sorted_;
};

}  // namespace holdfast::query
