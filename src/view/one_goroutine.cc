#include "view/one_goroutine.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "graph/reachability.h"
#include "view/label_table.h"
#include "view/shown_object.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostGoids = 8;

// Returns the row of one that lives. An ended one may have the number that a living one has: records are used again.
GoroutineId row_of_goroutine(const heap::Snapshot& snapshot, std::uint64_t goid) {
  bool ended = false;
  std::uint64_t living = 0;
  for (std::uint32_t row = 0; row < snapshot.goroutines.size(); ++row) {
    const heap::Goroutine& goroutine = snapshot.goroutines[row];
    living += goroutine.has_ended() ? 0 : 1;
    if (goroutine.goid != goid) continue;
    if (!goroutine.has_ended()) return GoroutineId(row);
    ended = true;
  }
  if (ended) fail(ErrorCode::kNotFound, "goroutine {} has ended", goid);
  fail(ErrorCode::kNotFound, "there is no goroutine {} among {}", goid, format_count(living, "goroutine"));
}

class GoroutineViewer {
 public:
  GoroutineViewer(const Names& names, const Channels& channels, const graph::Dominators& dominators, std::uint64_t goid,
                  std::size_t top)
      : names_(names),
        channels_(channels),
        dominators_(dominators),
        snapshot_(names.snapshot()),
        id_(row_of_goroutine(snapshot_, goid)),
        goroutine_(snapshot_.goroutines[id_.row]),
        top_(top == 0 ? std::numeric_limits<std::size_t>::max() : top) {}

  OneGoroutine run() {
    add_facts();
    add_creator();
    add_sizes();
    add_channels();
    add_word();
    add_frames();
    return std::move(out_);
  }

 private:
  void add_facts() {
    out_.goid = goroutine_.goid;
    out_.state = goroutine_.state;
    out_.wait_reason = goroutine_.wait_reason;
    out_.system = goroutine_.system;
    out_.locked_to_thread = goroutine_.locked_to_thread;
    out_.unwound = goroutine_.unwound;
    out_.waiting_ns = goroutine_.waiting_ns;
    out_.labels = labels_text(snapshot_, std::span(&id_, 1));
    out_.record = goroutine_.g;
    out_.stack_bytes = goroutine_.stack.size();
    out_.stack_used = goroutine_.stack_used;
  }

  void add_creator() {
    out_.created_by = names_.creator(goroutine_);
    out_.parent_goid = goroutine_.parent_goid;
    out_.parent_lives = std::ranges::any_of(snapshot_.goroutines, [&](const heap::Goroutine& other) {
      return other.goid == goroutine_.parent_goid && !other.has_ended();
    });
  }

  void add_sizes() {
    if (!goroutine_.root) return;
    out_.retained_bytes = dominators_.retained_bytes(goroutine_.root);
    out_.retained_objects = dominators_.retained_count(goroutine_.root);
    const graph::Reachability reached =
        graph::reach(snapshot_, {.use_root = [&](RootId root) { return snapshot_.roots[root.row].goroutine == id_; }});
    out_.shared_bytes = reached.bytes - std::min(reached.bytes, out_.retained_bytes);
    out_.shared_objects = reached.objects - std::min(reached.objects, out_.retained_objects);
  }

  // Goroutines by the place where they stand, the most first.
  std::vector<GoroutinesAt> by_place(const std::set<GoroutineId>& goroutines) const {
    std::map<std::string, GoroutinesAt> places;
    for (const GoroutineId id : goroutines) {
      CodePlace place = names_.top_frame(snapshot_.goroutines[id.row]);
      GoroutinesAt& at = places[code_text(place)];
      if (at.count++ == 0) at.place = std::move(place);
      if (at.goids.size() < kMostGoids) at.goids.push_back(snapshot_.goroutines[id.row].goid);
    }
    std::vector<GoroutinesAt> sorted;
    for (auto& [text, at] : places) sorted.push_back(std::move(at));
    std::ranges::stable_sort(sorted, std::ranges::greater(), &GoroutinesAt::count);
    return sorted;
  }

  void add_channels() {
    const auto own = std::ranges::equal_range(snapshot_.channel_waits, id_, {}, &heap::ChannelWait::goroutine);
    std::map<ChannelId, WaitedChannel> found;
    for (const heap::ChannelWait& wait : own)
      (wait.sends ? found[wait.channel].sends : found[wait.channel].receives) = true;
    for (auto& [id, waited] : found) {
      waited.channel = channels_.facts(id);
      std::set<GoroutineId> beside, opposite, in_queue;
      for (const heap::ChannelWait& wait : snapshot_.channel_waits) {
        if (wait.channel != id) continue;
        in_queue.insert(wait.goroutine);
        if (wait.goroutine == id_) continue;
        if (wait.sends ? waited.sends : waited.receives) beside.insert(wait.goroutine);
        if (wait.sends ? waited.receives : waited.sends) opposite.insert(wait.goroutine);
      }
      waited.beside = by_place(beside);
      waited.opposite = by_place(opposite);
      waited.on_stacks = by_place(with_on_stack(snapshot_.channels[id.row].object, in_queue));
      out_.channels.push_back(std::move(waited));
    }
  }

  std::set<GoroutineId> with_on_stack(ObjectId object, const std::set<GoroutineId>& without) const {
    std::set<GoroutineId> found;
    for (const heap::Root& root : snapshot_.roots) {
      if (!root.goroutine || root.conservative || without.contains(root.goroutine)) continue;
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        if (snapshot_.root_targets[t].object == object) found.insert(root.goroutine);
    }
    return found;
  }

  void add_word() {
    if (!goroutine_.waits_on || !out_.channels.empty()) return;
    WaitedWord word;
    word.address = goroutine_.waits_on;
    const ObjectId object = names_.index().find_object(word.address);
    if (object) {
      word.object = names_.index().address_of(object);
      word.what = sentence("{} in {} at {}", field_of(object, word.address - word.object), named(type_or_size(object)),
                           hex(word.object));
    } else {
      word.what = sentence("{}", place_without_object(snapshot_, names_.index(), word.address));
    }
    std::set<GoroutineId> beside;
    for (std::uint32_t row = 0; row < snapshot_.goroutines.size(); ++row)
      if (GoroutineId(row) != id_ && snapshot_.goroutines[row].waits_on == word.address &&
          !snapshot_.goroutines[row].has_ended())
        beside.insert(GoroutineId(row));
    word.beside = by_place(beside);
    out_.word = std::move(word);
  }

  std::string type_or_size(ObjectId object) const {
    const std::string type = names_.type_of(object);
    return type.empty() ? fmt::format("an object of {}", format_bytes(names_.index().size_of(object))) : type;
  }
  std::string field_of(ObjectId object, std::uint64_t offset) const {
    const heap::Span& span = snapshot_.spans[names_.index().find_span(object).row];
    if (offset < span.header) return "the allocation header";
    return heap::field_path(snapshot_, snapshot_.object_type[object.row].type(), offset - span.header,
                            span.slot_size - span.header)
        .text;
  }

  // A frame has a node for its exact words and one for its conservative ones.
  void add_frames() {
    std::unordered_map<std::uint32_t, std::vector<RootId>> of_frame;
    std::vector<RootId> others;
    for (std::uint32_t r = goroutine_.root ? goroutine_.root.row : RootId::kNone; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (root.goroutine != id_) break;  // the nodes of a goroutine follow one another
      if (root.target_count == 0) continue;
      const FrameId frame = root.frame;
      const bool is_own =
          frame && frame.row >= goroutine_.first_frame && frame.row - goroutine_.first_frame < goroutine_.frame_count;
      if (is_own)
        of_frame[frame.row].emplace_back(r);
      else
        others.emplace_back(r);
    }
    for (std::uint32_t f = goroutine_.first_frame; f < goroutine_.first_frame + goroutine_.frame_count; ++f) {
      StackFrame frame;
      frame.place = names_.frame(snapshot_.frames[f]);
      if (frame.place.empty()) frame.place.function = hex(snapshot_.frames[f].pc);
      frame.inlined = snapshot_.frames[f].inlined;
      if (const auto nodes = of_frame.find(f); nodes != of_frame.end()) add_pointers(nodes->second, frame);
      out_.frames.push_back(std::move(frame));
    }
    for (const RootId root : others) out_.frames.push_back(outside(root));
  }

  StackFrame outside(RootId root) const {
    const heap::Root& row = snapshot_.roots[root.row];
    StackFrame frame;
    if (row.kind == heap::RootKind::kFrame) {
      const heap::PlaceInCode& code = label_of(snapshot_, row).code;
      frame.guessed = true;
      frame.place = {std::string(code.function ? snapshot_.strings[code.function] : ""),
                     std::string(code.file ? snapshot_.strings[code.file] : ""), code.line};
    } else {
      frame.outside = name_of(row.kind);
    }
    add_pointers({root}, frame);
    return frame;
  }

  void add_pointers(const std::vector<RootId>& nodes, StackFrame& frame) const {
    struct Word {
      ObjectId object;
      RootId node;
      std::uint64_t offset = 0, retained = 0;
    };
    std::vector<Word> words;
    for (const RootId node : nodes) {
      const heap::Root& root = snapshot_.roots[node.row];
      frame.retained_bytes += dominators_.retained_bytes(node);
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
        const heap::RootTarget& target = snapshot_.root_targets[t];
        words.push_back({target.object, node, target.offset, dominators_.retained_bytes(target.object)});
      }
    }
    std::ranges::stable_sort(words, [](const Word& a, const Word& b) {
      return std::tie(b.retained, a.offset, a.node, a.object) < std::tie(a.retained, b.offset, b.node, b.object);
    });
    // A word can be an argument of one function and a variable of the one that called it.
    const auto is_same = [](const Word& a, const Word& b) {
      return std::tie(a.object, a.node, a.offset) == std::tie(b.object, b.node, b.offset);
    };
    words.erase(std::unique(words.begin(), words.end(), is_same), words.end());
    std::set<ObjectId> left_out;
    for (const Word& word : words) {
      if (frame.pointers.size() < top_) {
        frame.pointers.push_back(pointer(word.object, snapshot_.roots[word.node.row], word.offset, word.retained));
        continue;
      }
      ++frame.left_out;
      if (left_out.insert(word.object).second) frame.left_out_bytes += names_.index().size_of(word.object);
    }
  }

  StackPointer pointer(ObjectId object, const heap::Root& root, std::uint64_t offset, std::uint64_t retained) const {
    StackPointer out;
    out.offset = offset;
    out.conservative = root.conservative;
    out.may_be_register = root.conservative && offset == 0;  // both are kept as this
    out.to = names_.index().address_of(object);
    out.type = names_.type_of(object);
    out.bytes = names_.index().size_of(object);
    out.retained_bytes = retained;
    out.alone = is_alone(object);
    return out;
  }

  // Whether the goroutine is on every way to the object. A word of its stack leads there, so what dominates the object
  // is a node of this goroutine, or nothing of it.
  bool is_alone(ObjectId object) const {
    for (graph::NodeId above = dominators_.idom(object); above; above = dominators_.idom(above)) {
      if (!above.root()) continue;
      if (snapshot_.roots[above.root().row].goroutine == id_) return true;
    }
    return false;
  }

  const Names& names_;
  const Channels& channels_;
  const graph::Dominators& dominators_;
  const heap::Snapshot& snapshot_;
  GoroutineId id_;
  const heap::Goroutine& goroutine_;
  std::size_t top_;
  OneGoroutine out_;
};

}  // namespace

OneGoroutine one_goroutine(const Names& names, const Channels& channels, const graph::Dominators& dominators,
                           std::uint64_t goid, std::size_t top) {
  return GoroutineViewer(names, channels, dominators, goid, top).run();
}

}  // namespace holdfast::view
