#include "view/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "view/type_chain.h"

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

// "; near are a, b and 3 more", or nothing.
std::string near_text(const std::set<std::string>& names, std::string_view wanted) {
  std::vector<std::string> near;
  for (const std::string& name : names)
    if (!name.empty() && lower(name).find(lower(wanted)) != std::string::npos) near.push_back(name);
  if (near.empty()) return {};
  std::string out = "; there is ";
  for (std::size_t i = 0; i < std::min(near.size(), kMostNear); ++i) out += (i > 0 ? ", " : "") + near[i];
  return near.size() > kMostNear ? fmt::format("{} and {} more", out, near.size() - kMostNear) : out;
}

class SubjectFinder {
 public:
  SubjectFinder(const Names& names, const graph::Reachability& reached, const Subject& subject)
      : names_(names), snapshot_(names.snapshot()), reached_(reached), subject_(subject) {}

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
    if (reached_.contains(object))
      found_.nodes.emplace_back(object);
    else
      ++found_.garbage;
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
    fail(ErrorCode::kNotFound, "there is no object at {}: it is in {}", hex(subject_.address),
         view::place_text(snapshot_, names_.index(), subject_.address, {}));
  }

  // The types of that name; short if there is none of that full name.
  std::vector<bool> types_named(const std::function<std::string(TypeId)>& name_of_type, std::string_view what) const {
    std::vector<bool> is_it(snapshot_.types.size());
    std::set<std::string> full, all;
    for (const bool is_short : {false, true}) {
      for (std::uint32_t t = 0; t < is_it.size(); ++t) {
        const std::string name = name_of_type(TypeId(t));
        all.insert(name);
        if (name.empty() || (is_short ? short_type(name) : name) != subject_.name) continue;
        is_it[t] = true;
        full.insert(name);
      }
      if (!full.empty()) break;
    }
    if (full.empty())
      fail(ErrorCode::kNotFound, "there is no {} {} on this heap{}", what, subject_.name,
           near_text(all, subject_.name));
    if (full.size() > 1)
      fail(ErrorCode::kUsage, "{} is the short name of {} and of {}: give one in full", subject_.name, *full.begin(),
           full.size() == 2 ? *full.rbegin() : fmt::format("{} others", full.size() - 1));
    return is_it;
  }

  // A map is where its header is, a channel likewise: what they are made of does not count again.
  void find_type() {
    const std::vector<bool> is_it = types_named(
        [&](TypeId type) {
          const heap::Type& row = snapshot_.types[type.row];
          return row.role == heap::TypeRole::kClosure ? std::string() : type_name(snapshot_, type);
        },
        "type");
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row) {
      const TypeId type = snapshot_.object_type[row].type();
      if (!type) continue;
      const heap::Type& its = snapshot_.types[type.row];
      const bool is_header = its.role == heap::TypeRole::kMapHeader && its.of && is_it[its.of.row];
      if (is_header || (is_it[type.row] && !heap::is_map_part(its.role))) add(ObjectId(row));
    }
    finish_objects(sentence("{}", named(subject_.name)));
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
  FoundSubject found_;
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
