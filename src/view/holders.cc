#include "view/holders.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "base/units.h"
#include "view/channels.h"
#include "view/holder_of.h"
#include "view/holder_ways.h"
#include "view/labels.h"
#include "view/owner_words.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

class Describer {
 public:
  explicit Describer(const Groundwork& groundwork)
      : names_(groundwork.names()),
        snapshot_(groundwork.snapshot()),
        dominators_(groundwork.dominators()),
        owners_(groundwork.owners()),
        ways_(names_, dominators_, owners_),
        channels_(groundwork.channels()) {}

  // `identity`, unless it is null, gets what the holder has in common with itself at another look.
  Holder holder(const Found& found, std::vector<std::string>* identity = nullptr) {
    is_single_ = [&](const LevelRun& run) { return run.level == kNoLevel || count_of_run(found, run) == 1; };
    wanted_ = WayTo::kAnyAlike;
    const Home& home = owners_.homes()[found.home];
    const graph::NodeId end = example_of(found);
    const std::vector<LevelRun> runs = end ? ways_.runs_to(end, home, wanted_) : std::vector<LevelRun>();

    Holder out;
    if (identity != nullptr) *identity = identity_of(runs);
    out.bytes = found.bytes;
    out.count = count_of(found);
    if (out.count == found.levels[found.about].count) out.recent = found.levels[found.about].recent;
    if (!found.scattered) out.example = found.levels[found.about].first;
    const Container around = container_around(found);
    if (const ChannelId channel = channel_of(found)) out.channel = channels_.facts(channel);
    out.what = what(found, home, runs, out.channel);
    const auto parent = parent_of_children(found, runs);
    out.container = parent ? names_.rules()[children_rule(found)].name : names_.type_rules().name(around);
    out.is_pool = !parent && names_.type_rules().is_pool(around);
    // Of the many small things that the runtime has, one says nothing about the others.
    if (!found.scattered || !home.is_one() || home.owners.front() != Owners::kTheRuntime)
      out.chain = ways_.chains().chain_of(runs);
    for (const std::uint32_t owner : home.owners) out.owners.push_back(owner_text(snapshot_, owners_, owner));
    for (const AlsoHeld& also : owners_.also_held(found.home))
      out.also.push_back({owner_text(snapshot_, owners_, also.owner), also.bytes,
                          !also.rule && owners_.rows()[also.owner].lasting == Lasting::kForTheMoment, rule_of(also)});
    out.created_by = creator(runs, run_of_level(runs, found.about));
    out.stack_bytes = found.stack_bytes;
    return out;
  }

  HoldingPlace place_of(ObjectId object) {
    is_single_ = [](const LevelRun&) { return true; };
    wanted_ = WayTo::kTheObject;
    if (!dominators_.reachable(object)) return {};
    graph::NodeId top = object;
    while (dominators_.idom(top) != graph::NodeId::super_root()) top = dominators_.idom(top);
    const std::vector<LevelRun> runs = ways_.runs_to(object, owners_.homes()[owners_.home_of(top)], wanted_);
    return {place(runs, runs.size() - 1), ways_.chains().chain_of(runs), identity_of(runs)};
  }

 private:
  static std::uint64_t count_of(const Found& found) {
    const Level& level = found.levels[found.about];
    if (found.contents.empty() || !(found.scattered || level.container != Container::kNone)) return level.count;
    std::uint64_t count = 0;
    for (const Contents& one : found.contents) count += one.count;
    return count;
  }

  // How many things a run of a level stands for. The way goes on below the last level if it leads to one of the
  // contents, which are all that is known there.
  static std::uint64_t count_of_run(const Found& found, const LevelRun& run) {
    const auto level = static_cast<std::size_t>(run.level);
    if (level < found.levels.size()) return found.levels[level].count;
    std::uint64_t count = 0;
    for (const Contents& one : found.contents) count += one.count;
    return count;
  }

  // Things that a rule tells by a name are told by themselves, whatever parts they have.
  graph::NodeId example_of(const Found& found) const {
    const ObjectId last = found.levels.back().first.object();
    const bool is_told = !found.scattered && found.about + 1 == found.levels.size() && last && names_.alike(last);
    if (!is_told && !found.contents.empty() && found.contents.front().first) return found.contents.front().first;
    return found.levels.back().first;
  }

  std::optional<heap::OwnerRule> rule_of(const AlsoHeld& also) const {
    return also.rule ? std::optional(names_.rules()[also.rule]) : std::nullopt;
  }

  std::vector<std::string> identity_of(const std::vector<LevelRun>& runs) const {
    std::vector<std::string> identity;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (const RootId id = runs[i].first.root()) {
        const RootFacts root = facts_of(snapshot_, snapshot_.roots[id.row]);
        identity.insert(identity.end(), {std::to_string(static_cast<int>(root.kind)), root.variable, root.function});
        identity.insert(identity.end(), root.users.begin(), root.users.end());
      }
      const auto field = i > 0 && runs[i].first.object() && !runs[i].several && !runs[i - 1].several
                             ? names_.field(runs[i - 1].last, runs[i].first.object())
                             : std::nullopt;
      if (!field) continue;
      for (const StringId name : field->fields) identity.emplace_back(snapshot_.strings[name]);
    }
    const ObjectId last = runs.empty() ? ObjectId() : runs.back().first.object();
    identity.push_back(last ? names_.type_of(last) : "");
    return identity;
  }

  // "16,000 × main.Session in the map main.registry.sessions", "600 × main.job, held by main.queue and by 600
  // goroutines"
  Sentence what(const Found& found, const Home& home, const std::vector<LevelRun>& runs,
                const std::optional<ChannelFacts>& channel) {
    if (const auto parent = parent_of_children(found, runs)) {
      const Sentence children = children_text(found, home, runs, *parent);
      return home.is_one() ? children : sentence("{}, held by {}", children, holders_text(home, runs, found));
    }
    if (!home.is_one()) return sentence("{}, held by {}", things_of(found, channel), holders_text(home, runs, found));
    Sentence text = what_one_has(found, home, runs);
    if (channel) text += sentence(", {}", state_text(*channel));
    return text;
  }
  Sentence what_one_has(const Found& found, const Home& home, const std::vector<LevelRun>& runs) const {
    const Level& level = found.levels[found.about];
    if (level.goroutines && level.count > 1) return goroutines(level);
    const std::size_t entry = run_of_level(runs, found.entry);
    if (home.owners.front() == Owners::kTheRuntime) {
      if (found.scattered) return sentence("what the runtime keeps for itself");
      if (Sentence records = records_text(found); !records.empty()) return records;
    }
    if (found.scattered && found.contents.empty())
      return sentence("many small things under {}", place(runs, entry + 1));
    if (level.first.root() && found.contents.empty()) return sentence("what {} holds", place(runs, entry + 1));
    const bool is_container = level.container != Container::kNone && !are_maps(found);
    if (is_container && found.contents.empty())
      return sentence("{} {}{}", names_.container_of(level.first.object()), in_words(Container::kNone, runs),
                      place(runs, run_of_level(runs, found.about)));
    const Container around = container_around(found);
    if (is_container || found.scattered || level.first.root())
      return sentence("{} {}{}", contents_text(found.contents),
                      in_words(is_container ? around : Container::kNone, runs),
                      place(runs, level.first.root() ? entry + 1 : run_of_level(runs, found.about)));
    const bool in_container = around != Container::kNone;
    std::size_t holding = entry;
    if (in_container) {
      std::size_t inside = found.about - 1;
      while (inside > 0 && found.levels[inside].box) --inside;
      holding = run_of_level(runs, inside);
    }
    return sentence("{}{} {}{}{}", things(level), part_of(found), in_words(around, runs), place(runs, holding),
                    in_container && level.count == 1 ? key(runs, run_of_level(runs, found.about)) : "");
  }

  RuleId children_rule(const Found& found) const {
    const ObjectId object = found.levels[found.about].first.object();
    return object && !found.scattered ? names_.children().rule(object) : RuleId();
  }

  // Returns the run that has the parent, if the holder is about children and its chain leads over their parent.
  std::optional<std::size_t> parent_of_children(const Found& found, const std::vector<LevelRun>& runs) const {
    if (!children_rule(found)) return std::nullopt;
    const std::size_t about = run_of_level(runs, found.about);
    if (runs[about].level != static_cast<int>(found.about) || !runs[about].first.object()) return std::nullopt;
    const ObjectId parent = names_.children().parent(runs[about].first.object());
    for (std::size_t i = about; i-- > 0;)
      if (parent && runs[i].last.object() == parent) return i;
    return std::nullopt;
  }

  // "5,000 children of the context main.base, not cancelled"
  Sentence children_text(const Found& found, const Home& home, const std::vector<LevelRun>& runs,
                         std::size_t parent) const {
    const heap::OwnerRule& rule = names_.rules()[children_rule(found)];
    const std::uint64_t count = found.levels[found.about].count;
    const std::uint64_t parents = count_parents(found, home, runs[parent]);
    // Of the last generation that is told apart, some are below others.
    const bool is_last =
        names_.children().generation(found.levels[found.about].first.object()) == Children::kMostGenerations;
    Sentence out = sentence("{} {}", format_count(count), is_last ? "descendants" : "children");
    if (count == 1) out = sentence("one child");
    out += parents == 1 ? sentence(" of the {} {}", rule.name, preposition_before(runs))
                        : sentence(" of {}, as {}", format_count(parents, rule.name), preposition_before(runs));
    return out += sentence("{}, {}", place(runs, parent), rule.words);
  }

  // What stands between "the context" and where that is: nothing before a variable with a name, which is the context.
  std::string_view preposition_before(const std::vector<LevelRun>& runs) const {
    if (is_behind(runs)) return "in the ";
    const RootId root = runs.front().first.root();
    return root && !facts_of(snapshot_, snapshot_.roots[root.row]).variable.empty() ? "" : "in ";
  }

  // Those of a level lie below one of their parents. Of what the home has at once, each is asked.
  std::uint64_t count_parents(const Found& found, const Home& home, const LevelRun& parent) const {
    if (parent.level != kNoLevel) return count_of_run(found, parent);
    const Sort sort = found.levels[found.about].sort;
    std::set<ObjectId> parents;
    for (const std::uint32_t vertex : owners_.shared(home)) {
      const ObjectId object = dominators_.columns().vertices.node(vertex).object();
      const ObjectId parent_of_it = object ? names_.children().parent(object) : ObjectId();
      if (parent_of_it && sort_of(names_, dominators_, object) == sort) parents.insert(parent_of_it);
    }
    return std::max<std::uint64_t>(parents.size(), 1);
  }

  // Whether the things are maps, of which there are many.
  static bool are_maps(const Found& found) {
    const Level& level = found.levels[found.about];
    return level.container == Container::kMap && level.count > 1 && found.contents.empty();
  }

  // What the things that a holder is called after lie in; kNone if they lie in nothing of that sort.
  static Container container_around(const Found& found) {
    const Level& level = found.levels[found.about];
    if (level.container != Container::kNone && !are_maps(found)) return level.container;
    return found.entry == found.about ? Container::kNone : found.levels[found.about - 1].container;
  }

  // Returns the channel that the things lie in, or that the holder is about; none if it is about several.
  ChannelId channel_of(const Found& found) const {
    if (container_around(found) != Container::kChannel) return {};
    const bool is_about_it = found.levels[found.about].container == Container::kChannel;
    const Level& level = found.levels[is_about_it ? found.about : found.about - 1];
    const ObjectId header = level.first.object();
    const ChannelId channel = header ? heap::find_channel(snapshot_, header) : ChannelId();
    return channel && level.count == parts_of_channel(header) ? channel : ChannelId();
  }

  // Header and buffer; only the header, if the buffer lies in it or others hold that, too.
  std::uint64_t parts_of_channel(ObjectId header) const {
    if (header.row >= snapshot_.pointerful) return 1;
    const heap::Edges& edges = snapshot_.edges;
    const std::uint32_t begin = edges.row_begin[header.row], end = edges.row_begin[header.row + 1];
    const auto targets = edges.target.span().subspan(begin, end - begin);
    const bool has_buffer = std::ranges::any_of(targets, [&](std::uint32_t target) {
      const ObjectId part(target);
      return names_.container(part) == Container::kChannel && dominators_.idom(part) == graph::NodeId(header);
    });
    return has_buffer ? 2 : 1;
  }

  // "in the map ", "free in the sync.Pool ", "in "; "in the map in the " before "variable behind main.registry".
  std::string in_words(Container container, const std::vector<LevelRun>& runs) const {
    const std::string_view article = is_behind(runs) ? "in the " : "";
    if (container == Container::kNone) return article.empty() ? "in " : std::string(article);
    const TypeRules& rules = names_.type_rules();
    return fmt::format("{} the {} {}", rules.is_pool(container) ? "free in" : "in", rules.name(container), article);
  }

  // Whether the owner is a variable that is told by the one that leads to it.
  bool is_behind(const std::vector<LevelRun>& runs) const {
    const RootId root = runs.empty() ? RootId() : runs.front().first.root();
    const LabelId label = root ? snapshot_.roots[root.row].label : LabelId();
    return label && snapshot_.labels[label.row].relation == heap::Relation::kBehind && !snapshot_.roots[root.row].type;
  }

  // " (9.8 MiB)": of a holder that has more than the things that it is called after.
  static std::string part_of(const Found& found) {
    const std::uint64_t bytes = found.levels[found.entry].bytes;  // the map around them, too
    return bytes < found.bytes - found.bytes / 20 ? fmt::format(" ({})", format_bytes(bytes)) : std::string();
  }

  // Of what several owners share.
  Sentence things_of(const Found& found, const std::optional<ChannelFacts>& channel) const {
    const Level& level = found.levels[found.about];
    const bool is_channel = channel && level.container == Container::kChannel;
    if (is_channel && found.contents.empty())
      return sentence("one {} ({})", names_.container_of(level.first.object()), state_text(*channel));
    const bool has_contents = level.container != Container::kNone && !found.contents.empty();
    const bool by_contents = found.scattered || found.about == 0 || has_contents;
    const Sentence things = by_contents ? contents_text(found.contents) : named_things(level);
    return channel ? sentence("{} in one channel ({})", things, state_text(*channel)) : things;
  }
  Sentence named_things(const Level& level) const {
    std::string text = things(level);
    if (text.ends_with(',')) text.pop_back();
    return {text, text};
  }

  // "pending timers": of the runtime's own records there are names that say more than their types.
  Sentence records_text(const Found& found) const {
    const Level& level = found.levels[found.about];
    if (!level.first.object() || found.scattered) return {};
    const std::string_view word = names_.type_rules().record_word(names_.type_of(level.first.object()));
    if (word.empty()) return {};
    return sentence("{}{}", level.count == 1 ? fmt::format("one {}", word) : format_count(level.count, word),
                    with_each(found));
  }

  // ", each with a context.Context": what is known by a rule's name, and each of the records has one.
  std::string with_each(const Found& found) const {
    const std::uint64_t count = found.levels[found.about].count;
    for (std::size_t i = found.about + 1; i < found.levels.size(); ++i) {
      const ObjectId object = found.levels[i].first.object();
      const RuleId alike = object ? names_.alike(object) : RuleId();
      if (!alike || found.levels[i].count > count) continue;
      const std::string& name = names_.rules()[alike].name;
      if (count == 1) return fmt::format(" with a {}", name);
      return found.levels[i].count == count
                 ? fmt::format(", each with a {}", name)
                 : fmt::format(", {} of them with a {}", format_count(found.levels[i].count), name);
    }
    return {};
  }

  // "10,000 × main.Order, 200 × main.User and other things"
  Sentence contents_text(const std::vector<Contents>& contents) const {
    if (contents.empty()) return sentence("entries");
    std::string text;
    std::uint64_t told = 0;
    for (const Contents& one : contents) {
      if (told >= 2) break;
      if (told++ > 0) text += ", ";
      text += things_text(one.first, one.count);
    }
    if (contents.size() > told) text += " and other things";
    return {text, text};
  }

  // "main.queue[…] and by 600 goroutines in chan send at main.work main.go:17"
  Sentence holders_text(const Home& home, const std::vector<LevelRun>& runs, const Found& found) {
    constexpr std::size_t kNamed = 3;
    if (home.owners.empty()) return kinds_text(home);
    std::vector<std::uint32_t> owners = home.owners;
    std::iter_swap(owners.begin(), std::ranges::find(owners, first_of(owners_, home)));
    Sentence out;
    for (std::size_t i = 0; i < std::min(owners.size(), kNamed); ++i) {
      out += sentence("{}", i == 0 ? "" : i + 1 == owners.size() ? " and by " : ", by ");
      // The chain is that of the first one.
      const bool has_way = i == 0 && found.entry > 0 && owners_.rows()[owners[0]].kind == OwnerKind::kVariable;
      out += has_way ? place(runs, run_of_level(runs, found.entry)) : held_at(owners[i], runs);
    }
    if (owners.size() > kNamed) out += sentence(" and by {} more", owners.size() - kNamed);
    return out;
  }

  // Where a variable has the first thing that it shares; the goroutines, whatever else.
  Sentence held_at(std::uint32_t owner, const std::vector<LevelRun>& runs) {
    const auto shared = std::ranges::find_if(runs, [](const LevelRun& run) { return !run.several; });
    if (owners_.rows()[owner].kind != OwnerKind::kVariable || shared == runs.end() || !shared->first.object())
      return owner_text(snapshot_, owners_, owner);
    const auto there = ways_.runs_from(owner, *shared, wanted_);
    return there ? place(*there, there->size() - 1) : owner_text(snapshot_, owners_, owner);
  }

  // "[\"user-17\"]": of the only entry that matters, where the snapshot has values.
  std::string key(const std::vector<LevelRun>& runs, std::size_t at) const {
    if (at == 0 || at >= runs.size() || !is_container(runs[at - 1].last) || !runs[at].first.object()) return {};
    const auto text = names_.map_key(runs[at - 1].last.object(), runs[at].first.object());
    return text ? fmt::format("[{}]", *text) : std::string();
  }

  // Says who started the goroutines on the way to run `end`.
  CodePlace creator(const std::vector<LevelRun>& runs, std::size_t end) const {
    for (std::size_t i = 0; i < runs.size() && i <= end; ++i) {
      const RootId root = runs[i].first.root();
      const GoroutineId id = root ? snapshot_.roots[root.row].goroutine : GoroutineId();
      if (id) return names_.creator(snapshot_.goroutines[id.row]);
    }
    return {};
  }

  std::string things(const Level& level) const {
    return level.count == 1 ? one_thing(level) : things_text(level.first, level.count);
  }
  // With its parts.
  std::string one_thing(const Level& level) const {
    const ObjectId object = level.first.object();
    const std::string type = is_text(object) ? "string" : short_type(shown_type(object));
    const std::string size = format_bytes(std::max(size_of(object), level.own));
    return type.empty() ? fmt::format("one object of {}", size) : fmt::format("one {}, {},", type, size);
  }
  // "1,000 × main.Session", "1,000 strings", "1,000 objects of 480 B", "3,000 × cleanup main.main.func1"
  std::string things_text(graph::NodeId example, std::uint64_t count) const {
    const ObjectId object = example.object();
    if (!object) {
      const heap::Root& root = snapshot_.roots[example.root().row];
      if (root.kind == heap::RootKind::kGoroutine) return format_count(count, "goroutine");
      return fmt::format("{} × {}", format_count(count), root_text(snapshot_, root, Detail::kBrief));
    }
    if (is_text(object)) return format_count(count, "string");
    const std::string type = short_type(shown_type(object));
    return type.empty() ? format_count(count, "object of " + format_bytes(size_of(object)))
                        : fmt::format("{} × {}", format_count(count), type);
  }
  // Whether it is the bytes of a string: a Go programmer has strings, and their headers are in what refers to them.
  bool is_text(ObjectId object) const {
    const TypeId type = snapshot_.object_type[object.row].type();
    return type && snapshot_.types[type.row].role == heap::TypeRole::kStringData;
  }
  std::string shown_type(ObjectId object) const {
    if (is_container(object)) return names_.container_of(object);
    if (const RuleId alike = names_.alike(object)) return names_.rules()[alike].name;
    const std::string written = names_.closure_place(object);
    return written.empty() ? names_.type_of(object) : fmt::format("{} {}", names_.type_of(object), written);
  }

  // "2,000 goroutines in chan send at main.work pool.go:17, one for at least 4 h"
  Sentence goroutines(const Level& level) const {
    Sentence out = sentence("{}", format_count(level.count, "goroutine"));
    const GoroutineId id = snapshot_.roots[level.first.root().row].goroutine;
    if (!id) return out;
    const heap::Goroutine& goroutine = snapshot_.goroutines[id.row];
    if (const std::string_view reason = name_of(goroutine.wait_reason); !reason.empty())
      out += sentence(" in {}{}", reason, waited_text(goroutine.wait_reason, waited_at(id), level.count));
    const CodePlace top = names_.top_frame(goroutine);
    if (!top.empty()) out += sentence(" at {}", named(top));
    if (goroutine.waiting_ns)
      out += sentence("{} for at least {}", level.count > 1 ? ", one" : "",
                      format_seconds(static_cast<double>(*goroutine.waiting_ns) / 1e9));
    return out;
  }

  // Returns the channels that all goroutines at the place of this one wait for.
  WaitedChannels waited_at(GoroutineId example) const {
    const auto place = [&](const heap::Goroutine& goroutine) {
      return goroutine.root ? snapshot_.roots[goroutine.root.row].parent : RootId();
    };
    const RootId there = place(snapshot_.goroutines[example.row]);
    std::vector<GoroutineId> members = {example};
    for (std::uint32_t g = 0; g < snapshot_.goroutines.size(); ++g)
      if (there && place(snapshot_.goroutines[g]) == there) members.emplace_back(g);
    return channels_.waited_by(members);
  }

  // Returns the way to run `end` as a Go programmer would write it: "main.registry.sessions". Long ways lose their
  // middle.
  Sentence place(const std::vector<LevelRun>& runs, std::size_t end) const {
    Sentence root;
    std::vector<std::string> fields;
    std::string held_by_frame;  // its type: a frame has no name that fields could follow
    for (std::size_t i = 0; i < runs.size() && i <= end; ++i) {
      if (const RootId id = runs[i].first.root()) {
        if (i == end) break;
        if (snapshot_.roots[id.row].kind == heap::RootKind::kFrame && i + 1 < runs.size() && runs[i + 1].first.object())
          held_by_frame = names_.type_of(runs[i + 1].first.object());
        const heap::Root& row = snapshot_.roots[id.row];
        if (row.kind == heap::RootKind::kGroup && i + 1 < end && runs[i + 1].first.root()) continue;
        root += sentence("{}{}", root.empty() ? "" : ", ", root_in_place(id));
        continue;
      }
      if (i == 0) continue;
      if (is_container(runs[i - 1].last) && !is_container(runs[i].first)) {
        const auto key = names_.map_key(runs[i - 1].last.object(), runs[i].first.object());
        fields.push_back(key && is_single_(runs[i]) ? fmt::format("[{}]", *key) : "[…]");
        continue;
      }
      const auto field = names_.field(runs[i - 1].last, runs[i].first.object());
      // A place without a name does not help here, and the chain has it.
      if (field && field->is_named && !is_container(runs[i - 1].first) && !is_through(runs[i - 1].first))
        fields.push_back(is_single_(runs[i]) && !runs[i].several ? field->text : with_any_index(field->text));
    }
    if (fields.size() > 4) {
      fields.erase(fields.begin() + 1, fields.end() - 2);
      fields.insert(fields.begin() + 1, "…");
    }
    if (!fields.empty() && !held_by_frame.empty()) root += sentence(", {}", named(held_by_frame));
    for (const std::string& field : fields) root += sentence("{}", field);
    return root.empty() ? sentence("memory of the runtime") : root;
  }

  // Words of one variable are told together.
  Sentence root_in_place(RootId id) const {
    const OwnerRow& owner = owners_.rows()[owners_.owner_of(id)];
    const bool is_one_of_many = owner.kind == OwnerKind::kVariable && owner.roots.size() > 1;
    return is_one_of_many ? owner_text(snapshot_, owners_, owners_.owner_of(id))
                          : named(snapshot_, snapshot_.roots[id.row]);
  }

  // Whether it only leads to what matters: its fields are no part of a place.
  bool is_through(graph::NodeId node) const {
    return node.object() && names_.type_rules().through(snapshot_.object_type[node.object().row].type());
  }

  bool is_container(graph::NodeId node) const { return node.object() && names_.is_container(node.object()); }
  std::uint64_t size_of(ObjectId object) const { return names_.index().size_of(object); }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const Owners& owners_;
  HolderWays ways_;
  const Channels& channels_;
  std::function<bool(const LevelRun&)> is_single_;  // whether a run stands for one thing, not for many alike
  WayTo wanted_ = WayTo::kTheObject;                // what an example stands for
};

}  // namespace

std::vector<Found> search_holders(const Groundwork& groundwork, const graph::DominatorTree& tree,
                                  std::uint64_t live_bytes) {
  return search_holders_from(groundwork, tree, std::max<std::uint64_t>(live_bytes / 200, 1));
}

std::vector<Found> search_holders_from(const Groundwork& groundwork, const graph::DominatorTree& tree,
                                       std::uint64_t smallest) {
  HolderSearch search(groundwork.names(), groundwork.owners(), tree, smallest);
  std::vector<Found> found = search.run();
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.bytes + a.stack_bytes > b.bytes + b.stack_bytes; });
  return found;
}

std::vector<Holder> describe_holders(const Groundwork& groundwork, const AllocationSamples& samples,
                                     std::span<const Found> found, std::size_t limit) {
  // Every object is asked about, so that nothing is counted for the holder around the real one.
  HolderOf holder_of(groundwork.names(), groundwork.dominators(), groundwork.owners(), found);
  auto sites = samples.by_group(found.size(), [&](ObjectId object) { return holder_of.of(object); });
  Describer describe(groundwork);
  std::vector<Holder> holders;
  for (std::size_t i = 0; i < std::min(found.size(), limit); ++i) {
    holders.push_back(describe.holder(found[i]));
    holders.back().allocated_at = std::move(sites[i]);
  }
  return holders;
}

std::vector<IdentifiedHolder> identify_holders(const Groundwork& groundwork, std::span<const Found> found) {
  Describer describe(groundwork);
  std::vector<IdentifiedHolder> out;
  for (const Found& one : found) {
    std::vector<std::string> identity;
    const Holder holder = describe.holder(one, &identity);
    out.push_back({holder.what, holder.count, std::move(identity)});
  }
  return out;
}

class PlaceFinder::Describe : public Describer {
 public:
  using Describer::Describer;
};

PlaceFinder::PlaceFinder(const Groundwork& groundwork) : describe_(std::make_unique<Describe>(groundwork)) {}
PlaceFinder::~PlaceFinder() = default;

HoldingPlace PlaceFinder::place_of(ObjectId object) {
  return describe_->place_of(object);
}

}  // namespace holdfast::view
