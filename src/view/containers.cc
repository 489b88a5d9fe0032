#include "view/containers.h"

#include <algorithm>
#include <array>

#include "heap/type_role.h"

namespace holdfast::view {
namespace {

struct Part {
  std::string_view type;
  Container container;
};

// The types that these are made of (reference 10; Go 1.19-1.27). A hash trie with other type arguments is no sync.Map.
constexpr auto kParts = std::to_array<Part>({
    {"container/list.Element", Container::kList},
    {"container/list.List", Container::kList},
    {"internal/sync.HashTrieMap[interface {},interface {}]", Container::kSyncMap},
    {"internal/sync.entry[interface {},interface {}]", Container::kSyncMap},
    {"internal/sync.indirect[interface {},interface {}]", Container::kSyncMap},
    {"map[interface {}]*sync.entry", Container::kSyncMap},
    {"sync.Map", Container::kSyncMap},
    {"sync.Pool", Container::kPool},
    {"sync.eface", Container::kPool},
    {"sync.entry", Container::kSyncMap},
    {"sync.poolChainElt", Container::kPool},
    {"sync.poolLocal", Container::kPool},
    {"sync.readOnly", Container::kSyncMap},
});
static_assert(std::ranges::is_sorted(kParts, {}, &Part::type));

Container container_of(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(kParts, name, {}, &Part::type);
  return found != kParts.end() && found->type == name ? found->container : Container::kNone;
}

}  // namespace

std::string_view container_words(Container container) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"", "the map ", "the sync.Map ", "the list ", "the sync.Pool "});
  return kWords[static_cast<std::size_t>(container)];
}

std::string_view container_name(Container container) {
  static constexpr auto kNames = std::to_array<std::string_view>({"", "map", "sync.Map", "list.List", "sync.Pool"});
  return kNames[static_cast<std::size_t>(container)];
}

Containers::Containers(const heap::Snapshot& snapshot) {
  kind_.reserve(snapshot.types.size());
  for (const heap::Type& type : snapshot.types) {
    const bool in_map = heap::is_map_part(type.role);
    const StringId name = in_map && type.of ? snapshot.types[type.of.row].name : type.name;
    const Container library = name ? container_of(snapshot.strings[name]) : Container::kNone;
    kind_.push_back(library == Container::kNone && in_map ? Container::kMap : library);
  }
}

}  // namespace holdfast::view
