#include "view/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "view/freed_slot.h"
#include "view/shown_object.h"
#include "view/type_table.h"

namespace holdfast::view {
namespace {

struct Form {
  SubjectKind kind;
  std::string_view prefix;
  std::string_view behind;  // for the help
};
constexpr std::array kForms = {Form{SubjectKind::kType, "type", "T"},
                               Form{SubjectKind::kGlobal, "global", "NAME"},
                               Form{SubjectKind::kGoroutine, "goroutine", "ID"},
                               Form{SubjectKind::kFunction, "func", "NAME"},
                               Form{SubjectKind::kAllocation, "alloc", "FILE:LINE"},
                               Form{SubjectKind::kLabel, "label", "KEY=VALUE"}};

template <typename Number>
bool read_number(std::string_view text, int base, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && stop == text.data() + text.size();
}

// How many of the names are told when none is the right one.
constexpr std::size_t kMostNear = 6;

// "a, b and 3 more"
template <typename Names>
std::string listed(const Names& names) {
  std::string out;
  std::size_t count = 0;
  for (const std::string& name : names)
    if (++count <= kMostNear) out += (count > 1 ? ", " : "") + name;
  return count > kMostNear ? fmt::format("{} and {} more", out, count - kMostNear) : out;
}

// "; near are a, b and 3 more", or nothing.
std::string near_text(const std::set<std::string>& names, std::string_view wanted) {
  std::vector<std::string> near;
  for (const std::string& name : names)
    if (!name.empty() && lower(name).find(lower(wanted)) != std::string::npos) near.push_back(name);
  return near.empty() ? std::string() : "; there is " + listed(near);
}

class SubjectFinder {
 public:
  SubjectFinder(const Names& names, const graph::Reachability& reached, const Subject& subject)
      : names_(names), snapshot_(names.snapshot()), reached_(reached), subject_(subject), wanted_(subject.name) {}

  FoundSubject run() {
    switch (subject_.kind) {
      case SubjectKind::kAddress:
        find_address();
        break;
      case SubjectKind::kType:
        find_type();
        break;
      case SubjectKind::kGlobal:
        find_global();
        break;
      case SubjectKind::kGoroutine:
        find_goroutine();
        break;
      case SubjectKind::kFunction:
        find_closures();
        break;
      case SubjectKind::kAllocation:
        find_allocated();
        break;
      case SubjectKind::kLabel:
        find_labelled();
        break;
    }
    return std::move(found_);
  }

 private:
  void add(ObjectId object) {
    if (reached_.contains(object)) {
      found_.nodes.emplace_back(object);
      return;
    }
    ++found_.garbage;
    found_.garbage_bytes += names_.index().size_of(object);
  }

  [[noreturn]] void fail_as_garbage(std::string_view what) const {
    fail(ErrorCode::kNotFound, "nothing holds {}: {} garbage, which the next collection frees", what,
         found_.garbage == 1 ? "it is" : "all is");
  }

  void find_address() {
    const ObjectId object = names_.index().find_object(subject_.address);
    if (object) {
      const std::string type = names_.type_of(object);
      const std::string at = hex(names_.index().address_of(object));
      found_.what = type.empty() ? sentence("the object at {}", at) : sentence("the {} at {}", named(type), at);
      if (names_.is_container(object)) {
        const Sentence whole = named(names_.container_of(object));
        found_.what = names_.is_header(object) ? sentence("the {} at {}", whole, at)
                                               : sentence("a part, at {}, of the {}", at, whole);
      }
      add(object);
      if (found_.nodes.empty()) fail_as_garbage(found_.what.full);
      return;
    }
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (root.kind != heap::RootKind::kGlobal || !root.where || root.where.value / 8 != subject_.address.value / 8)
        continue;
      found_.what = named(snapshot_, root);
      found_.nodes.emplace_back(RootId(r));
      return;
    }
    fail(ErrorCode::kNotFound, "there is no object at {}: it is in {}{}", hex(subject_.address),
         place_without_object(snapshot_, names_.index(), subject_.address),
         history_of(snapshot_, names_.index(), subject_.address));
  }

  // The types of that name; short if there is none of that full name.
  std::vector<bool> types_named(const std::function<std::string(TypeId)>& name_of_type, std::string_view what) const {
    std::vector<bool> is_it(snapshot_.types.size());
    std::set<std::string> full, all;
    for (const bool is_short : {false, true}) {
      for (std::uint32_t t = 0; t < is_it.size(); ++t) {
        const std::string name = name_of_type(TypeId(t));
        all.insert(name);
        if (name.empty() || (is_short ? short_type(name) : name) != wanted_) continue;
        is_it[t] = true;
        full.insert(name);
      }
      if (!full.empty()) break;
    }
    if (full.empty())
      fail(ErrorCode::kNotFound, "there is no {} {} on this heap{}", what, wanted_, near_text(all, wanted_));
    if (full.size() > 1) fail(ErrorCode::kUsage, "{} is the short name of {}: give one in full", wanted_, listed(full));
    return is_it;
  }

  // A map is where its header is, a channel likewise: what they are made of does not count again.
  void find_type() {
    if (wanted_.starts_with("unknown, ")) {
      find_untyped();
      return;
    }
    constexpr std::string_view kInPart = "…";  // as part_name() ends: only the beginning of the objects is known
    const bool in_part = wanted_.ends_with(kInPart);
    if (in_part) wanted_.resize(wanted_.size() - kInPart.size());
    const std::vector<bool> is_it = types_named([&](TypeId type) { return type_name(snapshot_, type); }, "type");
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row) {
      const heap::ObjectType known = snapshot_.object_type[row];
      const TypeId type = known.type();
      if (!type || (in_part && known.known_by() != heap::KnownBy::kPart)) continue;
      const heap::Type& its = snapshot_.types[type.row];
      const bool is_header = its.role == heap::TypeRole::kMapHeader && its.of && is_it[its.of.row];
      if (is_header || (is_it[type.row] && !heap::is_map_part(its.role))) add(ObjectId(row));
    }
    finish_objects(sentence("{}", named(subject_.name)));
  }

  // "unknown, 48 B, pointers", as `types` calls what it knows no type of.
  void find_untyped() {
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row)
      if (!snapshot_.object_type[row] && is_untyped(ObjectId(row))) add(ObjectId(row));
    finish_objects(sentence("{}", subject_.name));
  }
  bool is_untyped(ObjectId object) {
    const std::uint64_t size = names_.index().size_of(object);
    const bool pointers = object.row < snapshot_.pointerful;
    const auto [known, is_new] = untyped_.try_emplace({size, pointers}, false);
    if (is_new) known->second = unknown_type_name(size, pointers) == subject_.name;
    return known->second;
  }

  void find_closures() {
    const std::vector<bool> is_it = types_named(
        [&](TypeId type) {
          const heap::Type& row = snapshot_.types[type.row];
          return row.role == heap::TypeRole::kClosure ? std::string(snapshot_.strings[row.name]) : std::string();
        },
        "closure of");
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row)
      if (const TypeId type = snapshot_.object_type[row].type(); type && is_it[type.row]) add(ObjectId(row));
    finish_objects(sentence("closure of {}", named(subject_.name)));
  }

  void finish_objects(const Sentence& one) {
    if (found_.nodes.empty() && found_.garbage > 0) fail_as_garbage(one.full);
    if (found_.nodes.empty())
      fail(ErrorCode::kNotFound, "no object on this heap is of {}: it stands inside of others at most", one.full);
    found_.what = sentence("{} × {}", format_count(found_.nodes.size()), one);
  }

  void find_global() {
    std::set<std::string> all;
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (root.kind != heap::RootKind::kGlobal) continue;
      const std::string variable = facts_of(snapshot_, root).variable;
      const std::string texts[] = {variable,
                                   short_type(variable),
                                   root_text(snapshot_, root),
                                   root_text(snapshot_, root, Detail::kBrief),
                                   root_text(snapshot_, root, Detail::kPlace),
                                   root_text_with_field(snapshot_, root)};
      if (std::ranges::find(texts, subject_.name) != std::end(texts)) found_.nodes.emplace_back(RootId(r));
      all.insert(texts[2]);
    }
    if (found_.nodes.empty())
      fail(ErrorCode::kNotFound, "no package variable {} holds anything{}", subject_.name,
           near_text(all, subject_.name));
    found_.what = named(snapshot_, snapshot_.roots[found_.nodes.front().root().row]);
  }

  void find_goroutine() {
    for (const heap::Goroutine& goroutine : snapshot_.goroutines) {
      if (goroutine.goid != subject_.goid) continue;
      if (!goroutine.root) fail(ErrorCode::kNotFound, "goroutine {} has ended: it holds nothing", subject_.goid);
      found_.nodes.emplace_back(goroutine.root);
      found_.what = sentence("goroutine {}", subject_.goid);
      return;
    }
    fail(ErrorCode::kNotFound, "there is no goroutine {} among {}", subject_.goid,
         format_count(snapshot_.goroutines.size(), "goroutine"));
  }

  // "server.go:88", "/src/server.go:88", "main.run"
  bool is_there(const heap::Frame& frame) const {
    const std::string_view file = snapshot_.strings[frame.file], function = snapshot_.strings[frame.function];
    if (function == subject_.name || short_type(function) == subject_.name) return true;
    return !file.empty() &&
           (line_text(file, frame.line) == subject_.name || line_text_with_path(file, frame.line) == subject_.name);
  }

  void find_allocated() {
    std::vector<bool> is_it(snapshot_.allocation_stacks.size());
    for (std::size_t s = 0; s < is_it.size(); ++s) {
      const heap::AllocationStack& stack = snapshot_.allocation_stacks[s];
      const auto frames = std::span(snapshot_.frames).subspan(stack.first_frame, stack.frame_count);
      is_it[s] = std::ranges::any_of(frames, [&](const heap::Frame& frame) { return is_there(frame); });
    }
    for (const heap::SampledObject& sample : snapshot_.sampled)
      if (is_it[sample.stack.row]) add(sample.object);
    if (found_.nodes.empty() && found_.garbage > 0) fail_as_garbage("what was sampled there");
    if (found_.nodes.empty())
      fail(ErrorCode::kNotFound,
           "the memory profile has {} of objects that are on this heap, and none was allocated at {}",
           format_count(snapshot_.sampled.size(), "sample"), subject_.name);
    found_.what =
        sentence("{} of what was allocated at {}", format_count(found_.nodes.size(), "sampled object"), subject_.name);
  }

  void find_labelled() {
    std::set<std::string> all;
    for (const heap::GoroutineLabel& label : snapshot_.goroutine_labels) {
      const std::string_view key = snapshot_.strings[label.key], value = snapshot_.strings[label.value];
      all.insert(fmt::format("{}={}", key, value));
      const RootId root = snapshot_.goroutines[label.goroutine.row].root;
      if (root && key == subject_.name && value == subject_.value) found_.nodes.emplace_back(root);
    }
    if (found_.nodes.empty())
      fail(ErrorCode::kNotFound, "no goroutine has the label {}={}{}", subject_.name, subject_.value,
           near_text(all, subject_.name));
    std::ranges::sort(found_.nodes);
    found_.what = sentence("{} with the label {}={}", format_count(found_.nodes.size(), "goroutine"), subject_.name,
                           subject_.value);
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  const Subject& subject_;
  std::string wanted_;  // the name of a type
  FoundSubject found_;
  std::map<std::pair<std::uint64_t, bool>, bool> untyped_;  // by size, and whether it can hold pointers: it is meant
};

}  // namespace

std::string subject_forms() {
  std::string out = "0xADDRESS";
  for (const Form& form : kForms) out += fmt::format(", {}:{}", form.prefix, form.behind);
  return out;
}

Subject parse_subject(std::string_view text) {
  Subject subject;
  if (text.starts_with("0x") && read_number(text.substr(2), 16, subject.address.value)) return subject;
  const std::size_t colon = text.find(':');
  const auto form = std::ranges::find(kForms, text.substr(0, colon), &Form::prefix);
  if (colon == std::string_view::npos || form == kForms.end() || colon + 1 == text.size())
    fail(ErrorCode::kUsage, "\"{}\" names nothing that can be asked about: give {}", text, subject_forms());
  subject.kind = form->kind;
  subject.name = text.substr(colon + 1);
  if (subject.kind == SubjectKind::kGoroutine && !read_number(subject.name, 10, subject.goid))
    fail(ErrorCode::kUsage, "\"{}\" is not the number of a goroutine", subject.name);
  if (subject.kind == SubjectKind::kLabel) {
    const std::size_t equals = subject.name.find('=');
    if (equals == std::string::npos) fail(ErrorCode::kUsage, "\"{}\" is not a label like KEY=VALUE", subject.name);
    subject.value = subject.name.substr(equals + 1);
    subject.name.resize(equals);
  }
  return subject;
}

FoundSubject find_subject(const Names& names, const graph::Reachability& reached, const Subject& subject) {
  return SubjectFinder(names, reached, subject).run();
}

}  // namespace holdfast::view
