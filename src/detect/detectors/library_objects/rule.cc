#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/library_objects.h"
#include "heap/plumbing.h"

namespace holdfast::detect::library_objects {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kManyTimes = 3, kLeastIfMany = 4;     // three times as many need a quarter of the bytes
constexpr std::uint64_t kLeastIfLarge = 20, kLargeShare = 5;  // that have a fifth of the live bytes
constexpr std::uint64_t kTimesIfHeld = 10;                    // what the program may have for each of its users
constexpr std::size_t kMostNodes = 1'000'000;                 // of which is asked what they keep

// Whether the name is the type, with any type arguments: "lib.Set" is lib.Set[int]; "[*]lib.Set" is [8]lib.Set.
bool is_of(std::string_view name, std::string_view type) {
  constexpr std::string_view kArray = "[*]";
  if (type.starts_with(kArray)) {
    if (!name.starts_with('[') || name.find(']') == std::string_view::npos) return false;
    type.remove_prefix(kArray.size());
    name.remove_prefix(name.find(']') + 1);
  }
  return name.starts_with(type) && (name.size() == type.size() || name[type.size()] == '[');
}

bool is_of_others(std::string_view name, const LibraryObject& rule) {
  return std::ranges::any_of(rule.others, [&](const std::string& type) { return is_of(name, type); });
}

// The live objects of the types, ascending.
std::vector<ObjectId> objects_of(const Evidence& e, const std::vector<bool>& is_wanted) {
  std::vector<ObjectId> out;
  for (std::uint32_t row = 0; row < e.snapshot.objects && out.size() < kMostNodes; ++row) {
    const heap::ObjectType known = e.snapshot.object_type[row];
    if (known && known.known_by() != heap::KnownBy::kPart && is_wanted[known.type().row] &&
        e.dominators.reachable(ObjectId(row)))
      out.emplace_back(row);
  }
  return out;
}

// The goroutine that the root belongs to, or the first of the group that it is; none if it is no goroutine's.
GoroutineId goroutine_of(const heap::Snapshot& snapshot, RootId root) {
  if (!root || snapshot.roots[root.row].goroutine) return root ? snapshot.roots[root.row].goroutine : GoroutineId();
  const auto found = std::ranges::find_if(
      snapshot.roots, [&](const heap::Root& each) { return each.goroutine && each.parent == root; });
  return found == snapshot.roots.end() ? GoroutineId() : found->goroutine;
}

// Whether a goroutine of the library itself has it, in which nothing of the program is called: whoever made it has let
// it go.
bool is_dropped(const Evidence& e, const LibraryObject& rule, ObjectId object) {
  const std::vector<view::ChainStep> chain = e.places.place_of(object).chain;
  const GoroutineId id = goroutine_of(e.snapshot, chain.empty() ? RootId() : chain.front().node.root());
  if (!id) return false;
  const std::string_view package = std::string_view(rule.type).substr(0, rule.type.rfind('.'));
  const heap::Goroutine& goroutine = e.snapshot.goroutines[id.row];
  const auto frames = std::span(e.snapshot.frames).subspan(goroutine.first_frame, goroutine.frame_count);
  return !frames.empty() && std::ranges::all_of(frames, [&](const heap::Frame& frame) {
    const std::string_view function = e.snapshot.strings[frame.function];
    return function.starts_with(package) || heap::is_standard_library(function, e.snapshot.target.main_module);
  });
}

// As some of them show.
bool are_dropped(const Evidence& e, const LibraryObject& rule, const std::vector<ObjectId>& objects) {
  constexpr std::size_t kAsked = 8;
  const std::size_t step = std::max<std::size_t>(objects.size() / kAsked, 1);
  std::size_t asked = 0, dropped = 0;
  for (std::size_t i = step / 2; i < objects.size() && asked < kAsked; i += step, ++asked)
    if (is_dropped(e, rule, objects[i])) ++dropped;
  return dropped * 2 > asked;
}

bool is_sure(const Evidence& e, const LibraryObject& rule, const std::vector<ObjectId>& objects) {
  if (objects.size() < rule.many || rule.level == Numbers::kPossible) return false;
  return rule.level == Numbers::kStrong || objects.size() >= kTimesIfHeld * rule.many || are_dropped(e, rule, objects);
}

void add_objects(const Evidence& e, const LibraryObject& rule, const std::vector<ObjectId>& objects,
                 const std::vector<ObjectId>& others, std::uint64_t bytes, std::vector<Suspicion>& out) {
  const view::HoldingPlace place = e.places.place_of(objects[objects.size() / 2]);
  const bool is_few = objects.size() < rule.many, is_strong = is_sure(e, rule, objects);
  Suspicion& suspicion =
      suspect(out, kDetector, {rule.type, {rule.type}}, is_strong ? Confidence::kStrong : Confidence::kPossible);
  suspicion.removal.nodes.assign(objects.begin(), objects.end());
  suspicion.removal.nodes.insert(suspicion.removal.nodes.end(), others.begin(), others.end());
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = bytes;
  finding.count = objects.size();
  finding.chain = place.chain;
  finding.title = sentence("{} {}, as at {}", format_count(objects.size()), rule.what, place.text);
  finding.because = sentence("{} objects of {} are alive", format_count(objects.size()), rule.type);
  if (is_few)
    finding.because += sentence(", with {} of the live bytes", format_share(bytes, e.live));
  else
    finding.because += sentence("; {} or more are {}", format_count(rule.many),
                                is_strong ? "hardly ever there on purpose" : "more than most programs want");
  finding.fix = sentence("{}", rule.change);
}

void find_objects(const Evidence& e, std::vector<Suspicion>& out) {
  for (const LibraryObject& rule : known_library_objects()) {
    std::uint64_t count = 0, bytes = 0;
    for (const view::TypeTotals& row : e.report.types) {
      if (is_of(row.type, rule.type))
        count += row.count;
      else if (!is_of_others(row.type, rule))
        continue;
      bytes += row.retained_bytes;
    }
    const bool is_few = count < rule.many;
    if (is_few && (count < kLeastIfLarge || bytes < e.live / kLargeShare)) continue;
    const bool are_surely_many = rule.level != Numbers::kPossible && count >= kManyTimes * rule.many;
    if (bytes < (are_surely_many ? e.smallest / kLeastIfMany : e.smallest)) continue;
    std::vector<bool> is_wanted(e.snapshot.types.size()), goes_with(e.snapshot.types.size());
    for (std::size_t t = 0; t < is_wanted.size(); ++t) {
      const std::string_view name = e.snapshot.strings[e.snapshot.types[t].name];
      is_wanted[t] = is_of(name, rule.type);
      goes_with[t] = is_of_others(name, rule);
    }
    const std::vector<ObjectId> objects = objects_of(e, is_wanted);
    if (is_few || objects.size() >= rule.many) add_objects(e, rule, objects, objects_of(e, goes_with), bytes, out);
  }
}

constexpr Threshold kThresholds[] = {
    {"as many objects of the type as its line says, or 20 that have a fifth of the live bytes, with 1 MiB or 1 % of "
     "the live bytes together; a quarter of that for three times as many, where so many are hardly ever there on "
     "purpose",
     "a program has a few of each on purpose"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "library-objects",
              .family = "closures and libraries",
              .looks_for = "things of libraries that are there in numbers in which nobody wants them",
              .needs = {.proven = {},
                        .strong = "so many live objects of a type that data/library_objects.txt knows, of what is "
                                  "closed, shared or bounded where it is used rightly",
                        .possible = "the same, of what a large program may need, or may have for each of its users: "
                                    "unless only goroutines of the library have them, or ten times as many are there"},
              .thresholds = kThresholds,
              .change = "close, share or bound what the line of data/library_objects.txt names"},
    .run = find_objects};

}  // namespace holdfast::detect::library_objects
