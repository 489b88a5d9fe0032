#include "view/held_frames.h"

#include <algorithm>
#include <bit>

#include "base/units.h"
#include "view/holder_search.h"
#include "view/labels.h"
#include "view/owner_words.h"

namespace holdfast::view {
namespace {

constexpr Sort kGenerations = ((Sort{1} << 59) - 1) & ~((Sort{1} << 48) - 1);  // see Children: these do not differ here
constexpr Sort kSeveral = Sort{1} << 63;
constexpr std::size_t kMostNames = 8;  // of those who share something

// Cuts what has no name: "[…]" of an element that is a pointer itself, the distance in "+0x18".
std::string named_part(std::string path) {
  path.resize(std::min(path.find('+'), path.size()));
  return path == "[…]" ? std::string() : path;
}

bool is_goroutines(const OwnerRow& owner) {
  return owner.kind == OwnerKind::kGoroutines;
}

}  // namespace

HeldFrames::HeldFrames(const Groundwork& groundwork)
    : names_(groundwork.names()),
      snapshot_(groundwork.snapshot()),
      dominators_(groundwork.dominators()),
      owners_(groundwork.owners()),
      edge_places_(snapshot_) {}

std::uint32_t HeldFrames::add(HeldKind kind, const Sentence& name) {
  const auto [at, is_new] = frame_of_text_.try_emplace(name.full, frames_.size());
  if (!is_new) return at->second;
  frames_.push_back({.kind = kind, .name = name.brief, .full = name.full, .type = {}, .file = {}});
  sorts_.push_back(next_sort_++);
  return at->second;
}

std::uint32_t HeldFrames::of_smaller() {
  return add(HeldKind::kSmaller, sentence("(smaller)"));
}

// How many goroutines there are at a place would make two looks at one program differ in every name.
std::uint32_t HeldFrames::of_owner(std::uint32_t owner) {
  const OwnerRow& row = owners_.rows()[owner];
  if (is_goroutines(row) && snapshot_.roots[row.roots.front().row].kind == heap::RootKind::kGroup)
    return add(HeldKind::kOwner, named(snapshot_, snapshot_.roots[row.roots.front().row]));
  return add(HeldKind::kOwner, owner_text(snapshot_, owners_, owner));
}

std::uint32_t HeldFrames::of_home(std::uint32_t home) {
  const Home& row = owners_.homes()[home];
  if (row.is_one()) return of_owner(row.owners.front());
  if (row.owners.empty()) return add(HeldKind::kOwner, sentence("shared by {}", kinds_text(row)));
  Sentence names;
  for (std::size_t i = 0; i < std::min(row.owners.size(), kMostNames); ++i) {
    const HeldFrame& owner = frames_[of_owner(row.owners[i])];
    names += sentence("{}{}", i == 0 ? "" : ", ", Sentence{owner.full, owner.name});
  }
  if (row.owners.size() > kMostNames) names += sentence(" and {} more", row.owners.size() - kMostNames);
  return add(HeldKind::kOwner, sentence("shared by {}", names));
}

bool HeldFrames::is_level(RootId root) const {
  const heap::Root& row = snapshot_.roots[root.row];
  if (row.kind == heap::RootKind::kGoroutine) return false;
  const OwnerKind kind = owner_of(root).kind;
  return row.parent || (kind != OwnerKind::kVariable && kind != OwnerKind::kGoroutines);
}

std::uint32_t HeldFrames::of_root(RootId root) {
  const heap::Root& row = snapshot_.roots[root.row];
  const heap::Label& label = label_of(snapshot_, row);
  if (row.kind != heap::RootKind::kFrame || !label.code.function) return add(HeldKind::kRoot, named(snapshot_, row));
  // Of a frame the function is the name; viewers show the line beside it.
  const CodePlace place{std::string(snapshot_.strings[label.code.function]),
                        std::string(snapshot_.strings[label.code.file]), label.code.line};
  const std::string line = line_text(place.file, place.line);
  const std::uint32_t frame =
      add(HeldKind::kRoot, line.empty() ? named(place.function) : sentence("{} {}", named(place.function), line));
  frames_[frame].file = place.file;
  frames_[frame].line = place.line;
  return frame;
}

std::uint32_t HeldFrames::sort_of(ObjectId thing) {
  const heap::ObjectType known = snapshot_.object_type[thing.row];
  bool several = false;
  if (known && known.known_by() != heap::KnownBy::kPart && !names_.is_container(thing)) {
    const heap::Type& type = snapshot_.types[known.type().row];
    const heap::Span& span = snapshot_.spans[names_.index().find_span(thing).row];
    several =
        type.size > 0 && type.role != heap::TypeRole::kStringData && (span.slot_size - span.header) / type.size >= 2;
  }
  const Sort sort = (view::sort_of(names_, dominators_, thing) & ~kGenerations) | (several ? kSeveral : 0);
  const auto [at, is_new] = sort_of_thing_.try_emplace(sort, next_sort_);
  if (!is_new) return at->second;
  Thing& words = things_[next_sort_];
  words.type = names_.is_container(thing) ? names_.container_of(thing) : names_.type_of(thing);
  words.text =
      words.type.empty() ? sentence("object of {}", format_bytes(names_.index().size_of(thing))) : named(words.type);
  if (known) {
    const heap::Type& type = snapshot_.types[known.type().row];
    words.file = snapshot_.strings[type.file];
    words.line = type.line;
  }
  return next_sort_++;
}

std::uint32_t HeldFrames::of_object(ObjectId object, Place place) {
  const std::uint64_t key = std::uint64_t{sort_of(names_.parts().thing(object))} << 32 | place;
  if (key == last_key_) return last_frame_;
  const auto [at, is_new] = frame_of_thing_.try_emplace(key, 0);
  if (is_new) at->second = add_thing(static_cast<std::uint32_t>(key >> 32), place);
  last_key_ = key;
  return last_frame_ = at->second;
}

std::uint32_t HeldFrames::add_thing(std::uint32_t sort, Place place) {
  const Thing& words = things_[sort];
  const Sentence name = place == kNoPlace ? words.text : sentence("{} {}", places_[place], words.text);
  frames_.push_back({HeldKind::kThing, name.brief, name.full, words.type, words.file, words.line});
  sorts_.push_back(sort);
  return static_cast<std::uint32_t>(frames_.size() - 1);
}

HeldFrames::Place HeldFrames::place_named(Sentence text) {
  const auto [at, is_new] = place_of_text_.try_emplace(text.full, places_.size());
  if (is_new) places_.push_back(std::move(text));
  return at->second;
}

HeldFrames::Place HeldFrames::place_of(ObjectId source, const heap::Span& span, std::uint64_t offset) {
  const heap::ObjectType type = snapshot_.object_type[source.row];
  if (!type || names_.is_container(source)) return kNoPlace;
  const std::uint32_t row = edge_places_.of(type, span, offset).row;
  const std::uint64_t key = std::uint64_t{std::bit_cast<std::uint32_t>(type)} << 32 | row;
  const auto [at, is_new] = place_of_edge_.try_emplace(key, kNoPlace);
  if (!is_new) return at->second;
  const std::string path = named_part(edge_places_.text(row));
  if (!path.empty()) at->second = place_named(sentence("{}{}", named(type_name(snapshot_, type.type())), path));
  return at->second;
}

HeldFrames::Place HeldFrames::place_of(RootId root, const heap::RootTarget& target) {
  const heap::Root& row = snapshot_.roots[root.row];
  if (row.kind != heap::RootKind::kGlobal) return kNoPlace;
  const std::string path = named_part(with_any_index(names_.target_path(row, target).text));
  if (path.empty()) return kNoPlace;
  const Sentence variable = named(snapshot_, row);
  // "global of main.serve (bss+0x58)" is no name that a field could follow; it stands right above.
  const bool has_name = variable.full.find(' ') == std::string::npos;
  return place_named(has_name ? sentence("{}{}", variable, path) : sentence("{}", path));
}

std::vector<HeldFrame> HeldFrames::take() {
  std::unordered_map<std::string, std::uint32_t> of_name;
  for (const HeldFrame& frame : frames_) ++of_name[frame.name];
  for (HeldFrame& frame : frames_)
    if (of_name[frame.name] > 1) frame.name = frame.full;
  of_name.clear();
  // Two sorts can still read alike: types that differ only in what a program cannot name.
  for (HeldFrame& frame : frames_)
    if (const std::uint32_t before = of_name[frame.name]++; before > 0) frame.name += fmt::format(" ({})", before + 1);
  return std::move(frames_);
}

}  // namespace holdfast::view
