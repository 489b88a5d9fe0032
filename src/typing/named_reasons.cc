#include "typing/named_reasons.h"

#include <algorithm>
#include <deque>

#include "base/architecture.h"
#include "base/error.h"
#include "heap/field_path.h"

namespace holdfast::typing {
namespace {

constexpr std::size_t kHead = 12;  // steps of a long chain that are told, beginning with its object
constexpr std::size_t kTail = 8;   // and those that are told at its other end
constexpr int kLongestChain = 64;

heap::Witness witness_of(const Grounds& grounds) {
  switch (grounds.ground) {
    case Ground::kHeader:
      return heap::Witness::kHeader;
    case Ground::kSpan:
      return heap::Witness::kSpan;
    case Ground::kFirstWord:
      return heap::Witness::kClosure;
    case Ground::kList:
      return heap::Witness::kList;
    case Ground::kSpecial:
      return heap::Witness::kSpecial;
    case Ground::kVariable:
      return heap::Witness::kVariable;
    case Ground::kLocal:
      return heap::Witness::kLocal;
    case Ground::kCode:
      return grounds.strong ? heap::Witness::kCodeStrong : heap::Witness::kCodeWeak;
    case Ground::kSlot:
      return heap::Witness::kSlot;
    case Ground::kShape:
      return heap::Witness::kShape;
    case Ground::kReached:
      return heap::Witness::kHolder;
    case Ground::kSection:
    case Ground::kNone:
      break;
  }
  return heap::Witness::kNone;
}

}  // namespace

NamedReasons::NamedReasons(const TypeInputs& inputs, const heap::Snapshot& snapshot, const TypeTable& table,
                           const Reasons& reasons)
    : inputs_(inputs), runtime_(inputs.runtime), snapshot_(snapshot), table_(table), reasons_(reasons) {}

Address NamedReasons::begin_of(std::uint32_t row) const {
  const ObjectId object(row);
  return inputs_.index.address_of(object) + snapshot_.spans[inputs_.index.find_span(object).row].header;
}

std::uint64_t NamedReasons::room_of(std::uint32_t row) const {
  const heap::Span& span = snapshot_.spans[inputs_.index.find_span(ObjectId(row)).row];
  return span.slot_size - span.header;
}

NamedReasons::Subject NamedReasons::current(std::uint32_t row) const {
  return {.outside = false,
          .row = row,
          .type = snapshot_.object_type[row].type(),
          .source = reasons_.source_of(row),
          .replaced = false};
}

NamedReasons::Subject NamedReasons::subject(std::uint32_t row, std::uint32_t time) const {
  if (const auto old = reasons_.replaced(row, time))
    return {.outside = false, .row = row, .type = old->type, .source = old->source, .replaced = true};
  return current(row);
}

bool NamedReasons::next(const Subject& subject, Subject& holder) const {
  const Source& source = subject.source;
  if (!source.is_last()) {
    holder = this->subject(source.row, source.time);
    return true;
  }
  if (!source.outside) return false;
  // The word lies in a variable that another word led to: the next step tells how that is known.
  const Grounds& grounds = reasons_.grounds(source.row);
  holder = {.outside = true, .row = source.row, .type = grounds.type, .source = grounds.led_by, .replaced = false};
  const bool is_exact = source.known_by == KnownBy::kInterface || source.known_by == KnownBy::kClosure;
  return grounds.ground == Ground::kReached && !is_exact;
}

heap::TypeStep NamedReasons::step(const Subject& subject) const {
  heap::TypeStep step;
  step.type = subject.type;
  step.replaced = subject.replaced;
  const Source& source = subject.source;
  step.known_by = source.known_by;
  if (subject.outside) {
    step.at = reasons_.grounds(subject.row).at;
  } else {
    step.object = ObjectId(subject.row);
    step.at = begin_of(subject.row);
    step.beginning = !source.whole;
  }
  if (source.outside) {
    const Grounds& grounds = reasons_.grounds(source.row);
    tell_grounds(grounds, source.word, step);
    if (grounds.ground == Ground::kHeader)
      step.descriptor = runtime_.memory.try_pointer(step.at - kWord).value_or(Address());
  } else {
    tell_holder(this->subject(source.row, source.time), source.word, step);
  }
  if (source.known_by == KnownBy::kInterface) tell_interface(step);
  if (source.known_by == KnownBy::kClosure) tell_closure(step);
  return step;
}

void NamedReasons::tell_holder(const Subject& holder, std::uint32_t word, heap::TypeStep& step) const {
  const std::uint64_t offset = word * kWord;
  step.witness = heap::Witness::kHolder;
  step.holder = ObjectId(holder.row);
  step.holder_type = holder.type;
  step.word = begin_of(holder.row) + offset;
  step.field = heap::field_path(snapshot_, holder.type, offset, room_of(holder.row)).text;
  if (step.known_by == KnownBy::kLibrary) tell_rule(holder.type, offset, step);
}

void NamedReasons::tell_grounds(const Grounds& grounds, std::uint32_t word, heap::TypeStep& step) const {
  step.witness = witness_of(grounds);
  step.holder_type = grounds.type;
  if (grounds.at) step.word = grounds.at + word * kWord;
  if (grounds.type) step.field = heap::field_path(snapshot_, grounds.type, word * kWord).text;
  if (grounds.ground == Ground::kReached) {  // the next step tells what leads to it
    step.variable = variable_at(grounds.at);
    return;
  }
  step.variable = variable_of(grounds, step.word);
  step.special = grounds.special;
  if (grounds.code) tell_code(grounds.code, step);
}

heap::VariableWord NamedReasons::variable_of(const Grounds& grounds, Address word) const {
  const Address variable = grounds.variable ? grounds.variable : grounds.at;
  if (grounds.ground == Ground::kSection) return variable_at(word);
  heap::VariableWord out;
  if (grounds.ground == Ground::kCode) {
    out = variable_at(variable);
    out.loads.assign(grounds.way.offsets.begin(), grounds.way.offsets.begin() + grounds.way.loads);
    return out;
  }
  out.variable = snapshot_.strings[grounds.name];
  if (grounds.ground == Ground::kVariable && variable < grounds.at) out.offset = grounds.at - variable;
  return out;
}

void NamedReasons::tell_code(Address code, heap::TypeStep& step) const {
  step.code = code;
  const auto frames = inputs_.functions.source_frames(code, false);
  if (frames.empty()) return;
  step.function = frames.front().function;
  step.file = frames.front().file;
  step.line = frames.front().line;
}

void NamedReasons::tell_closure(heap::TypeStep& step) const {
  step.witness = heap::Witness::kClosure;
  step.rule = heap::LibraryRule::kNone;
  if (const auto code = runtime_.memory.try_pointer(step.at)) tell_code(*code, step);
}

// The word that leads here is the interface's second; the first names the type.
void NamedReasons::tell_interface(heap::TypeStep& step) const {
  step.witness = heap::Witness::kInterface;
  step.rule = heap::LibraryRule::kNone;
  step.function.clear();
  step.file.clear();
  step.line = 0;
  step.code = Address();
  if (!step.word) return;
  step.word = step.word - kWord;
  if (step.holder && !step.holder_type)
    step.field = heap::field_path(snapshot_, {}, step.word - begin_of(step.holder.row)).text;
  step.descriptor = runtime_.memory.try_pointer(step.word).value_or(Address());
}

// The rule is that of a map, of a channel, or of the innermost structure around the word.
void NamedReasons::tell_rule(TypeId type, std::uint64_t offset, heap::TypeStep& step) const {
  for (int depth = 0; type && depth < kLongestChain; ++depth) {
    const Type& row = table_[type];
    const bool is_map = row.kind == TypeKind::kMap || heap::is_map_part(row.role);
    if (is_map || row.kind == TypeKind::kChan || row.role == heap::TypeRole::kChannel) {
      step.rule = is_map ? heap::LibraryRule::kMap : heap::LibraryRule::kChannel;
      return;
    }
    if (row.size > 0) offset %= row.size;
    if (row.kind == TypeKind::kArray) {
      type = row.elem;
      continue;
    }
    if (row.kind == TypeKind::kStruct) {
      step.rule = heap::LibraryRule::kStructure;
      step.rule_type = type;
    }
    const auto fields = std::span(table_.fields()).subspan(row.first_field, row.field_count);
    const auto after = std::upper_bound(fields.begin(), fields.end(), offset,
                                        [](std::uint64_t at, const Field& field) { return at < field.offset; });
    if (after == fields.begin()) break;
    const Field& field = *std::prev(after);
    offset -= field.offset;
    type = field.type;
  }
}

heap::VariableWord NamedReasons::variable_at(Address address) const {
  heap::VariableWord out;
  if (const go::Variable* variable = inputs_.symbols.find(address)) {
    out.variable = variable->name;
    out.offset = address - variable->range.begin;
    return out;
  }
  for (std::size_t i = 0; i < runtime_.modules.size(); ++i) {
    const go::Module& module = runtime_.modules[i];
    const bool in_data = module.data.contains(address);
    if (!in_data && !module.bss.contains(address)) continue;
    out.section = in_data ? heap::Section::kData : heap::Section::kBss;
    out.offset = address - (in_data ? module.data : module.bss).begin;
    if (i > 0) out.module = module.path;
    return out;
  }
  return out;
}

heap::TypeChain NamedReasons::chain(ObjectId object) const {
  heap::TypeChain chain;
  if (!snapshot_.object_type[object.row]) return chain;
  std::deque<Subject> tail;
  Subject subject = current(object.row);
  std::uint64_t count = 0;
  for (bool more = true; more; ++count) {
    HOLDFAST_CHECK(count < reasons_.most_steps());
    if (count < kHead)
      chain.steps.push_back(step(subject));
    else
      tail.push_back(subject);
    if (tail.size() > kTail) tail.pop_front();
    Subject holder;
    more = next(subject, holder);
    subject = holder;
  }
  chain.head = chain.steps.size();
  chain.left_out = count - chain.head - tail.size();
  for (const Subject& one : tail) chain.steps.push_back(step(one));
  if (chain.left_out == 0) chain.head = chain.steps.size();
  for (const ConflictCase& one : reasons_.cases())
    if (one.row == object.row) {
      const Conflict& conflict = reasons_.conflicts()[one.conflict];
      chain.refused.push_back(step({false, one.row, conflict.refused, one.refused, false}));
    }
  return chain;
}

std::vector<heap::TypeConflict> NamedReasons::conflicts() const {
  std::vector<heap::TypeConflict> out;
  const auto& cases = reasons_.cases();
  for (auto begin = cases.begin(); begin != cases.end();) {
    const std::uint32_t row = begin->conflict;
    const auto end = std::find_if(begin, cases.end(), [&](const auto& one) { return one.conflict != row; });
    const Conflict& conflict = reasons_.conflicts()[row];
    heap::TypeConflict sum;
    sum.cause = conflict.cause;
    sum.claims = conflict.claims;
    const ConflictCase* example = nullptr;  // the first that still stands
    for (auto one = begin; one != end; ++one) {
      ++sum.objects;
      sum.bytes += inputs_.index.size_of(ObjectId(one->row));
      if (snapshot_.object_type[one->row].type() != conflict.kept) continue;
      if (sum.standing++ == 0) example = &*one;
    }
    if (example == nullptr) example = &*begin;
    sum.kept = step({false, example->row, conflict.kept, example->kept, sum.standing == 0});
    sum.refused = step({false, example->row, conflict.refused, example->refused, false});
    out.push_back(std::move(sum));
    begin = end;
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return out;
}

}  // namespace holdfast::typing
