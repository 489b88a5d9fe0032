#include "code/facts.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

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
const ArgumentUses& answer(const ArgumentUses& uses) {
  return uses;
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
  for (const auto& [entry, paths] : library) library_[entry].below = paths;
  argument_uses_ = find_argument_uses({});
}

void Facts::start_with(FactTables tables) {
  UsesByFunction argument_uses = find_argument_uses(tables);
  take(std::move(tables), std::move(argument_uses));
}

Questions Facts::replace(FactTables tables) {
  Questions changed, of_functions;
  UsesByFunction argument_uses;
  run_both(
      [&] {
        note_changes(
            tables_.origins, tables.origins, [](const Origin& origin) { return question(origin); }, changed);
      },
      [&] {
        argument_uses = find_argument_uses(tables);
        note_changes(tables_.given, tables.given, question_given, of_functions);
        note_changes(tables_.closures, tables.closures, question_closure, of_functions);
        note_changes(argument_uses_, argument_uses, question_argument_uses, of_functions);
      });
  for (const std::uint64_t question : of_functions.all()) changed.insert(question);
  take(std::move(tables), std::move(argument_uses));
  return changed;
}

void Facts::take(FactTables tables, UsesByFunction argument_uses) {
  tables_ = std::move(tables);
  argument_uses_ = std::move(argument_uses);
  origins_ = {};
  for (const auto& [origin, verdict] : tables_.origins) origins_.insert(OriginHash()(origin));
}

Facts::UsesByFunction Facts::find_argument_uses(const FactTables& tables) const {
  UsesByFunction found = library_;
  for (const auto& [origin, verdict] : tables.origins) {
    if (origin.root != Origin::Root::kArgument) continue;
    if (origin.loads == 0)
      found[origin.at].words[origin.number] = verdict.word;
    else if (origin.number != 0 || !library_.contains(origin.at))
      found[origin.at].below.push_back({origin, verdict.word});
  }
  for (auto& [function, uses] : found) std::ranges::sort(uses.below, {}, &PathWord::origin);
  return found;
}

WordType Facts::word_at(const Origin& origin) const {
  return origins_.may_have(OriginHash()(origin)) ? value_of(tables_.origins, origin).word : WordType();
}

RegisterWords Facts::given(Address function) const {
  return value_of(tables_.given, function);
}

const ArgumentUses* Facts::argument_uses(Address function) const {
  const auto at = argument_uses_.find(function);
  return at == argument_uses_.end() ? nullptr : &at->second;
}

Address Facts::closure_type(Address code) const {
  return value_of(tables_.closures, code).type;
}

}  // namespace holdfast::code
