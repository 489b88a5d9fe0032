#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::forgotten_mappings {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kFew = 20, kMany = 100;
constexpr std::uint64_t kPerGoroutine = 4;  // words of stacks are not looked at

// The list that the packages syscall and golang.org/x/sys/unix keep of what they have mapped: the address of the last
// byte leads to the slice.
constexpr std::string_view kListOfMapped = "map[*uint8][]uint8";

// Mappings of one file, or without a name.
struct Forgotten {
  std::uint64_t mappings = 0, bytes = 0, resident = 0;
  Address first;
  bool are_files = true;
};

class ForgottenMappings {
 public:
  ForgottenMappings(const Evidence& e, std::vector<Suspicion>& out) : e_(e), out_(out) {}

  void run() {
    auto holder = e_.snapshot.mapping_holders.begin();
    const auto end = e_.snapshot.mapping_holders.end();
    while (holder != end) {
      const auto next = std::find_if(holder, end, [&](const auto& each) { return each.mapping != holder->mapping; });
      const heap::Mapping& mapping = e_.snapshot.mappings[holder->mapping];
      // Those that have as many words as the snapshot keeps of each may have more.
      const bool are_all = mapping.pointers == static_cast<std::uint64_t>(next - holder);
      if (are_all && is_forgotten({holder, next})) add(mapping);
      holder = next;
    }
    for (const auto& [name, forgotten] : by_name_)
      if (forgotten.mappings >= kFew && forgotten.resident >= e_.smallest) tell(name, forgotten);
  }

 private:
  // Whether the list has it, and nobody else.
  bool is_forgotten(std::span<const heap::MappingHolder> holders) const {
    bool is_listed = false;
    for (const heap::MappingHolder& holder : holders) {
      if (!holder.object) return false;
      if (!e_.dominators.reachable(holder.object)) continue;  // it is garbage
      if (e_.names.container_of(holder.object) != kListOfMapped) return false;
      is_listed = true;
    }
    return is_listed;
  }

  void add(const heap::Mapping& mapping) {
    Forgotten& forgotten = by_name_[mapping.name ? std::string(e_.snapshot.strings[mapping.name]) : std::string()];
    if (forgotten.mappings++ == 0) forgotten.first = mapping.range.begin;
    forgotten.bytes += mapping.range.size();
    forgotten.resident += mapping.resident;
    forgotten.are_files = forgotten.are_files && mapping.use == heap::MappingUse::kFile;
  }

  // Of some a stack may have the only slice. Plain memory may be used from other plain memory, where nobody has looked.
  bool is_sure(const Forgotten& forgotten) const {
    return forgotten.are_files && forgotten.mappings >= kMany &&
           forgotten.mappings >= kPerGoroutine * e_.snapshot.goroutines.size();
  }

  void tell(const std::string& name, const Forgotten& forgotten) {
    const std::string what = name.empty() ? "plain memory" : name;
    Suspicion& suspicion =
        suspect(out_, kDetector, {what, {what}}, is_sure(forgotten) ? Confidence::kStrong : Confidence::kPossible);
    Finding& finding = suspicion.finding;
    finding.bytes = forgotten.resident;
    finding.count = forgotten.mappings;
    finding.title =
        sentence("{} of {} stay, {} of them resident, and no pointer leads to them any more",
                 format_count(forgotten.mappings, "mapping"), view::named(what), format_bytes(forgotten.resident));
    finding.because = sentence(
        "of Go's memory only the list that syscall.Mmap keeps has their addresses, and syscall.Munmap wants the slice "
        "that was dropped; the first is at {:#x}, and together they are {}",
        forgotten.first.value, format_bytes(forgotten.bytes));
    finding.fix = sentence("call Munmap before the slice is dropped, as in the Close of what has mapped it");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  std::map<std::string, Forgotten> by_name_;
};

// Finds what was mapped by syscall.Mmap and can be unmapped by nobody.
void find_forgotten_mappings(const Evidence& evidence, std::vector<Suspicion>& out) {
  ForgottenMappings(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"20 mappings of one file, or without a name, with 1 MiB or 1 % of the live bytes resident",
     "a few are read once and stay"},
    {"100 of them, of a file, and four for each goroutine, to be strong",
     "words of stacks and of plain mappings are not looked at"}};

const Detector kDetector = {
    .facts = {.id = "forgotten-mappings",
              .family = "runtime and operating system",
              .looks_for = "memory that syscall.Mmap has mapped, whose slices were dropped without a Munmap",
              .needs = {.proven = {},
                        .strong = "of all objects and package variables only the list of package syscall, or of "
                                  "golang.org/x/sys/unix, has addresses in so many mappings",
                        .possible = "the same of a few, which stacks may have, or of memory without a file"},
              .thresholds = kThresholds,
              .change = "call Munmap before the slice is dropped"},
    .run = find_forgotten_mappings};

}  // namespace holdfast::detect::forgotten_mappings
