#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/map_parts.h"

namespace holdfast::detect::duplicate_strings {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;
using view::SliceHeader;

constexpr std::uint64_t kLargest = 4096;      // bytes of a text: larger ones are documents, and cost much to read
constexpr std::uint32_t kMostRead = 300'000;  // texts; of more each so-and-so-many-th is read
constexpr std::uint64_t kFewest = 10;         // copies of a text among those that are read, for it to count

// The objects that may be texts, by row: those without pointers of such sizes. Of many only some, spread by a hash, so
// that no pattern of allocation favours any.
class Sample {
 public:
  explicit Sample(const Evidence& e) : is_text_(e.snapshot.objects) {
    std::uint32_t count = 0;
    for_each_text(e, [&](std::uint32_t) { ++count; });
    one_in_ = 1 + count / kMostRead;
    for_each_text(e, [&](std::uint32_t row) { is_text_[row] = one_in_ == 1 || mixed(1, row) % one_in_ == 0; });
  }

  bool has(ObjectId object) const { return is_text_[object.row]; }
  std::uint64_t one_in() const { return one_in_; }

 private:
  template <typename Visit>
  static void for_each_text(const Evidence& e, const Visit& visit) {
    for (const heap::Span& span : e.snapshot.spans) {
      if (span.has_pointers || span.slot_size > kLargest) continue;
      for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row)
        if (e.dominators.reachable(ObjectId(row))) visit(row);
    }
  }

  std::vector<bool> is_text_;
  std::uint64_t one_in_ = 1;
};

struct Text {
  std::uint64_t copies = 0, bytes = 0;  // of their slots
};
// The texts whose headers stand at one place: a field of a type, or a root.
struct Place {
  std::unordered_map<std::uint64_t, Text> texts;  // by hash
  std::vector<ObjectId> objects;
  graph::NodeId example;
};

class DuplicateStrings {
 public:
  DuplicateStrings(const Evidence& e, std::vector<Suspicion>& out)
      : e_(e), out_(out), bytes_(e.snapshot, e.names.index()), place_of_(e.snapshot, e.names), sample_(e) {}

  void run() {
    const view::SliceHeaders found = view::find_slice_headers(
        e_.snapshot, e_.names.index(), [&](ObjectId object) { return e_.dominators.reachable(object); },
        [&](ObjectId object) { return sample_.has(object); });
    ObjectId before;
    for (const SliceHeader& header : found.headers) {
      const bool is_string = e_.snapshot.types[header.type.row].kind == heap::TypeKind::kString;
      if (!is_string || header.begin != 0 || header.length == 0 || header.into == before) continue;
      before = header.into;  // several may have one text
      add(header);
    }
    for (const auto& [key, place] : places_) judge(place);
  }

 private:
  void add(const SliceHeader& header) {
    const auto text = bytes_.read(e_.names.index().address_of(header.into), header.length);
    if (!text) return;
    Place& place = places_[place_of_.of(header.from, header.at)];
    if (!place.example) place.example = header.from;
    Text& one = place.texts[mixed(hash_of(std::as_bytes(std::span(*text))), header.length)];
    ++one.copies;
    one.bytes += e_.names.index().size_of(header.into);
    place.objects.push_back(header.into);
  }

  void judge(const Place& place) {
    std::uint64_t copies = 0, texts = 0, saved = 0;
    for (const auto& [hash, text] : place.texts) {
      if (text.copies < kFewest) continue;
      copies += text.copies;
      ++texts;
      saved += text.bytes - text.bytes / text.copies;
    }
    saved *= sample_.one_in();
    copies *= sample_.one_in();
    if (saved >= e_.smallest) report(place, copies, texts, saved);
  }

  void report(const Place& place, std::uint64_t copies, std::uint64_t texts, std::uint64_t saved) {
    const ObjectId example = place.objects[place.objects.size() / 2];
    const view::HoldingPlace where = e_.places.place_of(example);
    Suspicion& suspicion = suspect(out_, kDetector, {where.text.full, where.identity}, Confidence::kPossible);
    suspicion.about = place.objects;
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = saved;
    finding.count = copies;
    finding.chain = where.chain;
    finding.title = sentence("{} strings are copies of {}, as at {}", format_count(copies), format_count(texts, "text"),
                             where.text);
    finding.because = sentence(
        "their bytes were compared{}; one copy of each text would be {} less",
        sample_.one_in() == 1 ? ""
                              : " in one object of " + format_count(sample_.one_in()) + ", so numbers are estimates",
        format_bytes(saved));
    finding.fix = sentence("keep one copy of each text: unique.Make, or a map of what was seen, where they are stored");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  view::TargetBytes bytes_;
  HeaderPlaces place_of_;
  Sample sample_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Place> places_;
};

// Finds texts that are there many times. What texts are is user data, which is only there if somebody asks for it.
void find_duplicate_strings(const Evidence& e, std::vector<Suspicion>& out) {
  if (e.snapshot.content.known()) DuplicateStrings(e, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"texts of at most 4 KiB", "larger ones are documents"},
    {"10 copies of a text among the 300,000 that are read at most", "of fewer an estimate says little"},
    {"1 MiB or 1 % of the live bytes that one copy of each would save, at one place", "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "duplicate-strings",
              .family = "slices and strings",
              .looks_for = "strings that are copies of few texts, if asked to read what is in them (--values)",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "the bytes of the strings, which a report reads with --values, and has of a capture "
                            "with content"},
              .thresholds = kThresholds,
              .change = "keep one copy of each text where they are stored"},
    .run = find_duplicate_strings};

}  // namespace holdfast::detect::duplicate_strings
