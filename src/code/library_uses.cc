#include "code/library_uses.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::code {
namespace {

enum class Holds : std::uint8_t { kPointer, kArray, kMap };

// The field of a library structure, and which methods take the structure's address.
struct Rule {
  std::string_view methods;           // how their names begin
  std::string_view structure, field;  // empty: the structure's first word
  std::string_view type;              // what the field points to, or its own map type
  Holds holds = Holds::kPointer;
  std::string_view variable = {};  // the only one whose methods these are
};

constexpr std::string_view kTrieMethods = "internal/sync.(*HashTrieMap[go.shape.interface {},go.shape.interface {}]).";
// Of unique.uniqueMaps. From Go 1.24 on a sync.Map begins with such a trie; that of 1.23 begins with its root.
constexpr std::string_view kTrieOfTypes =
    "internal/sync.(*HashTrieMap[go.shape.*internal/abi.Type,go.shape.interface {}]).";
constexpr std::string_view kOldTrieOfTypes =
    "internal/concurrent.(*HashTrieMap[go.shape.*internal/abi.Type,go.shape.interface {}]).";

constexpr std::array kRules = {
    Rule{kTrieMethods, "sync.Map", "m.root", "internal/sync.indirect[interface {},interface {}]"},
    Rule{kTrieOfTypes, "sync.Map", "m.root", "internal/sync.indirect[*internal/abi.Type,interface {}]", Holds::kPointer,
         "unique.uniqueMaps"},
    Rule{kOldTrieOfTypes, "", "", "internal/concurrent.indirect[*internal/abi.Type,interface {}]", Holds::kPointer,
         "unique.uniqueMaps"},
    Rule{"sync.(*Map).", "sync.Map", "read", "sync.readOnly"},
    Rule{"sync.(*Map).", "sync.Map", "dirty", "map[interface {}]*sync.entry", Holds::kMap},
    Rule{"sync.(*Pool).", "sync.Pool", "local", "sync.poolLocal", Holds::kArray},
    Rule{"sync.(*Pool).", "sync.Pool", "victim", "sync.poolLocal", Holds::kArray},
};

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ') out += c;
  return out;
}

// Descriptors of the rules' types. Names are compared without blanks, since releases put them differently.
std::unordered_map<std::string, Address> find_types(const go::TypeReader& reader, const go::TypeUniverse& universe) {
  std::unordered_map<std::string, Address> wanted;
  for (const Rule& rule : kRules) wanted.emplace(without_blanks(rule.type), Address());
  for (const Address type : universe.types()) {
    const auto read = reader.read(type);
    if (!read) continue;
    const auto at = wanted.find(without_blanks(read->full_name()));
    if (at != wanted.end() && !at->second) at->second = type;
  }
  return wanted;
}

WordType word_of(const Rule& rule, Address type) {
  return rule.holds == Holds::kMap ? WordType::part(type, 0) : WordType::pointer(type, 0, rule.holds == Holds::kArray);
}

}  // namespace

std::optional<LibraryWord> library_word(std::string_view type) {
  if (!type.starts_with("internal/") && !type.starts_with("sync.")) return std::nullopt;  // nearly all
  const std::string wanted = without_blanks(type);
  for (const Rule& rule : kRules)
    if (rule.holds == Holds::kPointer && without_blanks(rule.type) == wanted)
      return LibraryWord{rule.variable, rule.structure, rule.field};
  return std::nullopt;
}

LibraryUses read_library_uses(const go::Runtime& runtime, const go::TypeReader& reader,
                              const go::TypeUniverse& universe, std::span<const binary::FunctionInfo> all) {
  const auto types = find_types(reader, universe);
  LibraryUses uses;
  for (const Rule& rule : kRules) {
    const auto field = runtime.layouts.find(rule.structure, rule.field);
    const Address type = types.at(without_blanks(rule.type));
    const bool is_known = rule.structure.empty() || (field && field->size == 8);
    if (!is_known || !type) continue;  // up to Go 1.19 "read" is an interface, which tells its own type
    const std::int64_t offset = field ? static_cast<std::int64_t>(field->offset) : 0;
    for (const binary::FunctionInfo& function : all) {
      if (!function.name.starts_with(rule.methods)) continue;
      const Origin receiver{.root = Origin::Root::kArgument, .at = function.entry};
      uses[function.entry].push_back({receiver.load(offset), word_of(rule, type)});
    }
  }
  return uses;
}

}  // namespace holdfast::code
