#include "code/facts.h"

#include <algorithm>
#include <utility>

namespace holdfast::code {
namespace {

// The part of an entry that others ask about: which instruction said so does not matter to them.
WordType answer(const Verdict& verdict) {
  return verdict.word;
}
Address answer(const NamedType& named) {
  return named.type;
}
const RegisterWords& answer(const RegisterWords& words) {
  return words;
}
const std::vector<PathWord>& answer(const std::vector<PathWord>& paths) {
  return paths;
}

template <typename Key, typename Value, typename Hash, typename Question>
void note_changes(const std::unordered_map<Key, Value, Hash>& before, const std::unordered_map<Key, Value, Hash>& now,
                  const Question& question, Questions& changed) {
  const auto differ = [&](const auto& some, const auto& others) {
    for (const auto& [key, value] : some) {
      const auto other = others.find(key);
      if (other == others.end() || answer(other->second) != answer(value)) changed.insert(question(key));
    }
  };
  differ(before, now);
  differ(now, before);
}

template <typename Map, typename Key>
typename Map::mapped_type value_of(const Map& map, const Key& key) {
  const auto at = map.find(key);
  return at == map.end() ? typename Map::mapped_type() : at->second;
}

}  // namespace

Facts::Facts(const LibraryUses& library) {
  for (const auto& [entry, paths] : library) library_[{.root = Origin::Root::kArgument, .at = entry}] = paths;
  below_ = library_;
}

void Facts::start_with(FactTables tables) {
  below_ = find_below(tables);
  tables_ = std::move(tables);
}

Questions Facts::replace(FactTables tables) {
  Questions changed;
  Below below = find_below(tables);
  note_changes(
      tables_.origins, tables.origins, [](const Origin& origin) { return question(origin); }, changed);
  note_changes(tables_.given, tables.given, question_given, changed);
  note_changes(tables_.closures, tables.closures, question_closure, changed);
  note_changes(below_, below, question_below, changed);
  tables_ = std::move(tables);
  below_ = std::move(below);
  return changed;
}

Facts::Below Facts::find_below(const FactTables& tables) const {
  Below below = library_;
  for (const auto& [origin, verdict] : tables.origins) {
    if (origin.root != Origin::Root::kArgument || origin.loads == 0) continue;
    const Origin argument{.root = origin.root, .number = origin.number, .at = origin.at};
    if (!library_.contains(argument)) below[argument].push_back({origin, verdict.word});
  }
  for (auto& [argument, paths] : below) std::ranges::sort(paths, {}, &PathWord::origin);
  return below;
}

WordType Facts::word_at(const Origin& origin) const {
  return value_of(tables_.origins, origin).word;
}

RegisterWords Facts::given(Address function) const {
  return value_of(tables_.given, function);
}

std::span<const PathWord> Facts::below(const Origin& argument) const {
  const auto at = below_.find(argument);
  return at == below_.end() ? std::span<const PathWord>() : at->second;
}

Address Facts::closure_type(Address code) const {
  return value_of(tables_.closures, code).type;
}

}  // namespace holdfast::code
