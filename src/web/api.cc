#include "web/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/error.h"
#include "detect/findings.h"
#include "dumps/crash_addresses.h"
#include "formats/heap_profile.h"
#include "graph/referrers.h"
#include "query/database.h"
#include "report/cut_report.h"
#include "report/detector_report.h"
#include "report/goroutine_report.h"
#include "report/object_report.h"
#include "report/row_writer.h"
#include "report/share_report.h"
#include "report/span_report.h"
#include "report/table_json.h"
#include "report/under_report.h"
#include "report/why_report.h"
#include "session/query_source.h"
#include "view/address_map.h"
#include "view/cycle_table.h"
#include "view/label_table.h"
#include "view/object_list.h"
#include "view/owner_table.h"
#include "view/picture.h"
#include "view/root_table.h"
#include "view/slice_table.h"
#include "view/span_table.h"
#include "view/subject.h"
#include "view/table_query.h"
#include "view/type_table.h"
#include "web/downloads.h"

namespace holdfast::web {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMostRows = 1000;        // of a table, in one answer
constexpr std::uint64_t kMostResultRows = 1000;  // of a query
constexpr view::HeldLimits kPictureLimits = {.nodes = 20'000, .siblings = 200};
constexpr std::size_t kMostCells = 8192;     // of a map of addresses
constexpr std::uint32_t kMostPointers = 64;  // of a smallest cut, as `holdfast cut` has it
constexpr std::size_t kShownRows = 50;       // of lists inside of an answer

std::uint64_t number_field(const Request& request, std::string_view name, std::uint64_t otherwise,
                           std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
  const std::string_view text = request.field(name);
  if (text.empty()) return otherwise;
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value > most)
    fail(ErrorCode::kUsage, "{}={} is no number from 0 to {}", name, text, most);
  return value;
}

Address address_field(const Request& request, std::string_view name) {
  const std::string_view text = request.field(name);
  const view::Subject subject = view::parse_subject(text);
  if (subject.kind != view::SubjectKind::kAddress) fail(ErrorCode::kUsage, "{}={} is no address", name, text);
  return subject.address;
}

view::Subject subject_field(const Request& request, std::string_view name) {
  const std::string_view text = request.field(name);
  if (text.empty())
    fail(ErrorCode::kUsage, "the question needs {}=, which is one of 0xADDRESS, {}", name, view::subject_forms());
  return view::parse_subject(text);
}

std::string_view name_of(view::Unit unit) {
  switch (unit) {
    case view::Unit::kText:
      return "text";
    case view::Unit::kCount:
      return "count";
    case view::Unit::kId:
      return "id";
    case view::Unit::kBytes:
      return "bytes";
    case view::Unit::kAddress:
      return "address";
    case view::Unit::kNanoseconds:
      return "ns";
    case view::Unit::kFlag:
      return "flag";
  }
  return "";
}

std::string_view name_of(view::Shown shown) {
  switch (shown) {
    case view::Shown::kUsually:
      return "usually";
    case view::Shown::kIfRoom:
      return "if-room";
    case view::Shown::kIfAny:
      return "if-any";
    case view::Shown::kWhenAsked:
      return "when-asked";
  }
  return "";
}

std::string_view name_of(view::HeldKind kind) {
  switch (kind) {
    case view::HeldKind::kOwner:
      return "owner";
    case view::HeldKind::kRoot:
      return "root";
    case view::HeldKind::kThing:
      return "thing";
    case view::HeldKind::kSmaller:
      return "smaller";
  }
  return "";
}

Json columns_json(const view::TableShape& shape) {
  Json columns = Json::array();
  for (const view::Column& column : shape.columns)
    columns.push_back({{"name", std::string(column.name)},
                       {"unit", std::string(name_of(column.unit))},
                       {"meaning", std::string(column.meaning)},
                       {"shown", std::string(name_of(column.shown))}});
  return columns;
}

// Keeps the first rows of a result and counts the others. A text of several statements answers with the rows of the
// last one that has any.
class FirstRows final : public query::RowSink {
 public:
  void begin(std::span<const query::ResultColumn> columns) override {
    columns_ = Json::array();
    rows_ = Json::array();
    count_ = 0;
    for (const query::ResultColumn& column : columns)
      columns_.push_back({{"name", column.name},
                          {"unit", column.is_address  ? "address"
                                   : column.is_number ? "count"
                                                      : "text"}});
  }
  void row(std::span<const query::Value> values) override {
    if (++count_ > kMostResultRows) return;
    Json row = Json::array();
    for (std::size_t i = 0; i < values.size(); ++i) row.push_back(cell(values[i], columns_[i]["unit"] == "address"));
    rows_.push_back(std::move(row));
  }
  void end() override {}
  Json json() { return {{"columns", std::move(columns_)}, {"count", count_}, {"rows", std::move(rows_)}}; }

 private:
  static Json cell(const query::Value& value, bool is_address) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
      return is_address ? Json(query::address_text(*number)) : Json(*number);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
    if (const auto* blob = std::get_if<query::Blob>(&value)) return fmt::format("{} bytes", blob->bytes.size());
    return nullptr;
  }

  Json columns_ = Json::array(), rows_ = Json::array();
  std::uint64_t count_ = 0;
};

}  // namespace

struct Api::Question {
  std::string_view name;
  Json (Api::*answer)(const Request&);
};

constexpr Api::Question Api::kQuestions[] = {
    {"table", &Api::table},         {"tree", &Api::tree},           {"why", &Api::why},
    {"show", &Api::show},           {"shares", &Api::shares},       {"span", &Api::span},
    {"goroutine", &Api::goroutine}, {"under", &Api::under},         {"cut", &Api::cut},
    {"query", &Api::query},         {"detectors", &Api::detectors}, {"map", &Api::map},
    {"picture", &Api::picture},     {"exports", &Api::exports},     {"verdict", &Api::verdict},
    {"heavy", &Api::heavy},         {"source", &Api::source}};

Json Api::answer(std::string_view question, const Request& request) {
  const auto found = std::ranges::find(kQuestions, question, &Question::name);
  if (found == std::end(kQuestions)) fail(ErrorCode::kNotFound, "there is no question \"{}\"", question);
  return (this->*found->answer)(request);
}

// The shape of a table costs nothing, and what is asked of it is checked against that before the table is made.
view::Table Api::make_table(const Request& request) {
  const std::string_view name = request.field("name");
  const graph::Dominators& dominators = session_.dominators();
  const heap::Snapshot& snapshot = session_.snapshot();
  view::Table table;
  const auto in_pass = [&](auto make) { session_.run("table", [&] { table = make(); }); };
  if (name == "types") {
    in_pass([&] { return view::type_table(snapshot, dominators, session_.rules()); });
  } else if (name == "objects") {
    const view::Subject subject = view::parse_listed(request.field("of"));
    const view::Groundwork& groundwork = session_.groundwork();
    const graph::Reachability& reached = session_.reached();
    in_pass([&] { return view::object_list(groundwork, reached, subject); });
  } else if (name == "owners") {
    const view::Groundwork& groundwork = session_.groundwork();
    in_pass([&] { return view::owner_table(groundwork); });
  } else if (name == "roots") {
    in_pass([&] { return view::root_table(snapshot, dominators); });
  } else if (name == "spans" || name == "span-classes") {
    const graph::Reachability& reached = session_.reached();
    in_pass([&] {
      return name == "spans" ? view::span_table(snapshot, reached) : view::span_class_table(snapshot, reached);
    });
  } else if (name == "cycles") {
    const graph::Reachability& reached = session_.reached();
    in_pass([&] { return view::cycle_table(snapshot, dominators, reached); });
  } else if (name == "labels") {
    in_pass([&] { return view::label_table(snapshot); });
  } else if (name == "goroutines" || name == "goroutine-groups") {
    table = session_.goroutines({.stacks = true, .group = name == "goroutine-groups"});
  } else if (name == "slices" || name == "slice-places") {
    table = session_.slices({}, name == "slices" ? view::SliceRows::kObjects : view::SliceRows::kPlaces);
  } else if (name == "dangling") {
    std::vector<dumps::AskedAddress> asked;
    if (!request.field("of").empty()) asked.push_back({.address = address_field(request, "of")});
    table = session_.dangling(asked);
  } else {
    fail(ErrorCode::kNotFound, "there is no table \"{}\"", name);
  }
  return table;
}

// Tables that were asked for are kept: the page asks for other rows of them, sorted in another way.
const view::Table& Api::kept_table(const Request& request) {
  constexpr std::size_t kMostTables = 8;
  const std::string key = fmt::format("{}?{}", request.field("name"), request.field("of"));
  const auto found = std::ranges::find(tables_, key, &KeptTable::key);
  if (found != tables_.end()) {
    std::rotate(tables_.begin(), found, found + 1);
    return tables_.front().table;
  }
  view::Table table = make_table(request);
  if (table.command)
    table.open = [command = table.command, target = target_](std::uint32_t row) {
      const view::RowCommand words = command(row);
      return words.verb.empty() ? "" : fmt::format("holdfast {} {} {}", words.verb, target, words.arguments);
    };
  tables_.push_front({key, std::move(table)});
  if (tables_.size() > kMostTables) tables_.pop_back();
  return tables_.front().table;
}

Json Api::table(const Request& request) {
  const view::Table& table = kept_table(request);
  const std::uint64_t from = number_field(request, "from", 0, std::numeric_limits<std::uint32_t>::max());
  const std::uint64_t count = number_field(request, "count", 100, kMostRows);
  view::TableQuery query;
  query.top = std::max<std::uint64_t>(from + count, 1);
  query.sort = request.field("sort");
  for (const auto& [name, value] : request.fields)
    if (name == "filter" && !value.empty()) query.filters.push_back(value);
  view::Selection selection;
  session_.run("select", [&] { selection = view::select(table, view::plan_table(table.shape, query)); });
  const std::size_t before = std::min<std::size_t>(from, selection.rows.size());
  selection.rows.erase(selection.rows.begin(), selection.rows.begin() + static_cast<std::ptrdiff_t>(before));
  if (selection.rows.size() > count) selection.rows.resize(count);
  Json json = report::table_json(table, selection, nullptr);
  json["columns"] = columns_json(table.shape);
  json["sort"] = query.sort.empty() ? std::string(table.shape.default_sort) : query.sort;
  json["key"] = std::string(table.shape.name);  // where the rows are
  json["from"] = before;
  return json;
}

// What holds the memory, and what allocated it: each as large as a picture of it can be.
const view::HeldTree& Api::kept_tree(const std::string& by) {
  if (const auto kept = trees_.find(by); kept != trees_.end()) return kept->second;
  if (by == "ways" || by == "dominators") {
    const view::Groundwork& groundwork = session_.groundwork();
    const auto held_by = by == "ways" ? view::HeldBy::kWays : view::HeldBy::kDominators;
    view::HeldTree tree;
    session_.run("picture", [&] { tree = view::held_tree(groundwork, held_by, kPictureLimits); });
    return trees_[by] = std::move(tree);
  }
  if (by != "in-use" && by != "allocated")
    fail(ErrorCode::kUsage, "by={} is none of dominators, ways, in-use, allocated", by);
  formats::AllocationTrees trees = formats::allocation_trees(session_.snapshot());
  for (view::HeldTree* const tree : {&trees.in_use, &trees.allocated}) view::fold(*tree, kPictureLimits);
  trees_["in-use"] = std::move(trees.in_use);
  trees_["allocated"] = std::move(trees.allocated);
  return trees_[by];
}

Json Api::tree(const Request& request) {
  const std::string by(request.field("by"));
  const view::HeldTree* const kept = &kept_tree(by);
  view::HeldTree smaller;
  if (const std::uint64_t nodes = number_field(request, "nodes", 0, kPictureLimits.nodes); nodes > 0) {
    smaller = *kept;
    view::fold(smaller, {.nodes = nodes, .siblings = kPictureLimits.siblings});
  }
  const view::HeldTree& tree = smaller.nodes.empty() ? *kept : smaller;
  Json frames = Json::array();
  for (const view::HeldFrame& frame : tree.frames)
    frames.push_back({{"kind", std::string(name_of(frame.kind))},
                      {"name", frame.name},
                      {"full", frame.full},
                      {"type", frame.type},
                      {"place", frame.file.empty() ? "" : fmt::format("{}:{}", frame.file, frame.line)}});
  Json parents = Json::array(), of_frames = Json::array(), bytes = Json::array(), objects = Json::array();
  for (const view::HeldNode& node : tree.nodes) {
    parents.push_back(node.parent);
    of_frames.push_back(node.frame);
    bytes.push_back(node.bytes);
    objects.push_back(node.objects);
  }
  return {{"by", by},
          {"bytes_total", tree.bytes},
          {"objects_total", tree.objects},
          {"folded_nodes", tree.folded_nodes},
          {"folded_bytes", tree.folded_bytes},
          {"frames", std::move(frames)},
          {"parent", std::move(parents)},
          {"frame", std::move(of_frames)},
          {"bytes", std::move(bytes)},
          {"objects", std::move(objects)}};
}

Json Api::why(const Request& request) {
  const view::Why why = session_.why(subject_field(request, "what"));
  return report::why_json(session_.snapshot(), why);
}

Json Api::show(const Request& request) {
  view::ShowQuery query;
  query.address = address_field(request, "at");
  const view::ShownObject shown = session_.show(query);
  return report::object_json(session_.snapshot().target, shown);
}

Json Api::goroutine(const Request& request) {
  if (request.field("id").empty()) fail(ErrorCode::kUsage, "the question needs id=, the number of a goroutine");
  const view::OneGoroutine one = session_.goroutine(number_field(request, "id", 0), kShownRows);
  return report::one_goroutine_json(session_.snapshot(), one);
}

Json Api::shares(const Request&) {
  const view::GoroutineShares shares = session_.goroutine_shares({});
  return report::shares_json(session_.snapshot(), shares);
}

Json Api::span(const Request& request) {
  const view::OneSpan one = session_.span(address_field(request, "at"), kShownRows);
  return report::one_span_json(session_.snapshot(), one);
}

Json Api::under(const Request& request) {
  const auto rows = session_.under(subject_field(request, "what"), {.depth = 5, .branches = 10});
  return report::under_json(session_.snapshot(), rows);
}

Json Api::cut(const Request& request) {
  if (!request.field("free").empty()) {
    const view::FewestPointers fewest = session_.fewest_pointers(subject_field(request, "free"), kMostPointers);
    return report::fewest_pointers_json(session_.snapshot(), fewest);
  }
  std::vector<view::Drop> drops;
  for (const auto& [name, value] : request.fields)
    if (name == "drop") drops.push_back(view::parse_drop(value));
  if (drops.empty()) fail(ErrorCode::kUsage, "the question needs drop=, a reference, or free=, what is to be free");
  return report::cut_json(session_.snapshot(), session_.cut(drops));
}

Json Api::query(const Request& request) {
  const std::string sql(request.field("sql"));
  if (sql.empty()) fail(ErrorCode::kUsage, "the question needs sql=");
  FirstRows rows;
  session_.unpack();
  session_.run("query", [&] {
    query::Database database(session::query_source(session_));
    database.run(sql, rows);
  });
  return rows.json();
}

Json Api::exports(const Request&) {
  return downloads_json(session_);
}

Json Api::detectors(const Request&) {
  return report::detectors_json(detect::detector_facts());
}

// The heap by address: `from` and `to` cut out a part.
Json Api::map(const Request& request) {
  const graph::Reachability& reached = session_.reached();
  AddressRange part;
  if (!request.field("from").empty() || !request.field("to").empty())
    part = {address_field(request, "from"), address_field(request, "to")};
  view::AddressMap map;
  session_.run("map", [&] { map = view::address_map(session_.snapshot(), reached, part, kMostCells); });
  return {{"begin", fmt::format("{:#x}", map.range.begin.value)},
          {"cell_bytes", map.cell_bytes},
          {"cells", map.cell_bytes == 0 ? 0 : map.range.size() / map.cell_bytes},
          {"live_bytes", map.live_bytes},
          {"garbage_bytes", map.garbage_bytes},
          {"free_bytes", map.free_bytes},
          {"absent_bytes", map.residency_known ? Json(map.absent_bytes) : Json(nullptr)},
          {"span_count", map.span_count},
          {"cell", map.cell},
          {"live", map.live},
          {"garbage", map.garbage},
          {"free", map.free},
          {"absent", map.absent},
          {"spans", map.spans}};
}

Json Api::picture(const Request& request) {
  view::PictureQuery query{.of = view::PictureOf::kPath, .subject = subject_field(request, "what")};
  const std::string_view of = request.field("of");
  if (of == "component")
    query.of = view::PictureOf::kComponent;
  else if (of == "neighbourhood")
    query.of = view::PictureOf::kNeighbourhood;
  else if (!of.empty() && of != "path")
    fail(ErrorCode::kUsage, "of={} is none of path, component, neighbourhood", of);
  const view::Groundwork& groundwork = session_.groundwork();
  const graph::Reachability& reached = session_.reached();
  view::Picture picture;
  session_.run("picture",
               [&] { picture = view::picture(groundwork, reached, graph::Referrers(groundwork.snapshot()), query); });
  Json boxes = Json::array(), arrows = Json::array();
  for (const view::Box& box : picture.boxes)
    boxes.push_back({{"kind", box.kind == view::BoxKind::kRoot   ? "root"
                              : box.kind == view::BoxKind::kRest ? "rest"
                                                                 : "thing"},
                     {"text", box.text},
                     {"count", box.count},
                     {"bytes", box.bytes},
                     {"retained", box.retained},
                     {"address", box.address ? Json(fmt::format("{:#x}", box.address.value)) : Json(nullptr)},
                     {"asked", box.asked},
                     {"distance", box.distance}});
  for (const view::Arrow& arrow : picture.arrows)
    arrows.push_back({{"from", arrow.from}, {"to", arrow.to}, {"text", arrow.text}, {"count", arrow.count}});
  return {{"title", picture.title},    {"objects", picture.objects},
          {"bytes", picture.bytes},    {"not_looked_at", picture.not_looked_at},
          {"boxes", std::move(boxes)}, {"arrows", std::move(arrows)}};
}

std::vector<std::function<void()>> Api::preparations() {
  std::vector<std::function<void()>> all;
  const auto table = [&](const char* name) {
    all.push_back([this, name] {
      Request request;
      request.fields.emplace_back("name", name);
      kept_table(request);
    });
  };
  table("types");
  all.push_back([this] { kept_tree("dominators"); });
  table("goroutine-groups");
  table("roots");
  all.push_back([this] { kept_tree("ways"); });
  all.push_back([this] { kept_tree("in-use"); });
  all.push_back([this] { evidence_.heavy(); });
  for (const char* const name : {"goroutines", "owners", "slices", "cycles"}) table(name);
  return all;
}

}  // namespace holdfast::web
