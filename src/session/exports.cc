#include "session/exports.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/units.h"
#include "formats/dot.h"
#include "formats/heap_profile.h"
#include "formats/heapsnapshot.h"
#include "formats/held_profile.h"
#include "formats/hprof.h"
#include "formats/json_lines.h"
#include "formats/speedscope.h"
#include "graph/referrers.h"
#include "os/run_program.h"
#include "view/exported_graph.h"
#include "view/held_tree.h"
#include "view/picture.h"

namespace holdfast::session {
namespace {

constexpr std::uint64_t kMostNodes = 1'000'000;  // a browser opens that many in half a minute

constexpr std::string_view kParts = "path component neighbourhood";
constexpr std::size_t kMostWords = 300;  // characters of another program's complaint

struct Exporting {
  Session& session;
  const ExportQuery& query;
  const std::function<void(const std::string&)>& remark;
};

view::HeldTree tree_of(Exporting& run, std::string_view of) {
  const view::Groundwork& groundwork = run.session.groundwork();
  view::HeldTree tree;
  run.session.run("fold", [&] {
    tree = view::held_tree(groundwork, of == "paths" ? view::HeldBy::kWays : view::HeldBy::kDominators);
  });
  if (tree.folded_nodes > 0)
    run.remark(fmt::format("{} of {} is in {} that the file does not tell apart: \"(smaller)\"",
                           format_bytes(tree.folded_bytes), format_bytes(tree.bytes),
                           format_count(tree.folded_nodes, "small place")));
  return tree;
}

void write_pprof(Exporting& run, formats::Stream& out) {
  if (run.query.of == "allocations")
    out.put(formats::heap_profile_pprof(run.session.snapshot()));
  else
    out.put(formats::held_profile(run.session.snapshot(), tree_of(run, run.query.of)));
}

void write_heap_text(Exporting& run, formats::Stream& out) {
  out.put(formats::heap_profile_text(run.session.snapshot()));
}

void write_speedscope(Exporting& run, formats::Stream& out) {
  const heap::Snapshot& snapshot = run.session.snapshot();
  const std::string name = fmt::format("{} by {}", snapshot.target.name, run.query.of);
  if (run.query.of == "allocations") {
    const formats::AllocationTrees trees = formats::allocation_trees(snapshot);
    const std::array<formats::SpeedscopePart, 2> parts = {{{"in use", &trees.in_use}, {"allocated", &trees.allocated}}};
    return formats::write_speedscope(name, parts, out);
  }
  const view::HeldTree tree = tree_of(run, run.query.of);
  const formats::SpeedscopePart part = {name, &tree};
  formats::write_speedscope(name, std::span(&part, 1), out);
}

void write_heapsnapshot(Exporting& run, formats::Stream& out) {
  const view::Groundwork& groundwork = run.session.groundwork();
  std::optional<view::ExportedGraph> graph;
  run.session.run("fold", [&] { graph.emplace(groundwork, run.query.nodes.value_or(kMostNodes)); });
  if (graph->folded_objects() > 0)
    run.remark(
        fmt::format("{} of {} have no node of their own: objects of one type below one holder are one node; "
                    "--nodes N keeps more",
                    format_count(graph->folded_objects(), "object"), format_bytes(graph->folded_bytes())));
  run.session.run("write", [&] {
    if (!formats::write_heapsnapshot(groundwork, *graph, out))
      run.remark("the heap spreads over more than 30 GiB of addresses: objects of two such files cannot be compared");
  });
}

void write_hprof(Exporting& run, formats::Stream& out) {
  const view::Groundwork& groundwork = run.session.groundwork();
  run.session.run("write", [&] {
    const formats::HprofSums sums = formats::write_hprof(groundwork, out);
    run.remark(fmt::format("{} of {}, and {} of names of goroutines, which are no memory of the program",
                           format_count(sums.objects, "object"), format_bytes(sums.bytes),
                           format_bytes(sums.name_bytes)));
    if (sums.tight_objects > 0)
      run.remark(fmt::format("Eclipse MAT shows {} of 8 B as 16 B", format_count(sums.tight_objects, "object")));
  });
}

void write_json_lines(Exporting& run, formats::Stream& out) {
  const view::Groundwork& groundwork = run.session.groundwork();
  run.session.run("write", [&] { formats::write_json_lines(groundwork, out); });
}

std::string dot_of(Exporting& run) {
  view::PictureQuery query{.of = view::PictureOf::kPath, .subject = *run.query.subject};
  if (run.query.of == "component") query.of = view::PictureOf::kComponent;
  if (run.query.of == "neighbourhood") query.of = view::PictureOf::kNeighbourhood;
  if (run.query.nodes) query.most = *run.query.nodes;
  const view::Groundwork& groundwork = run.session.groundwork();
  const graph::Reachability& live = run.session.reached();
  std::string text;
  run.session.run("picture", [&] {
    const view::Picture picture = view::picture(groundwork, live, graph::Referrers(groundwork.snapshot()), query);
    formats::Stream out([&](std::string_view bytes) { text += bytes; });
    formats::write_dot(picture, out);
    out.flush();
  });
  return text;
}

void write_dot(Exporting& run, formats::Stream& out) {
  out.put(dot_of(run));
}

void write_svg(Exporting& run, formats::Stream& out) {
  const std::string dot = dot_of(run);
  try {
    const os::ProgramResult drawn = os::run_program({"dot", "-Tsvg"}, dot);
    if (drawn.status != 0 || drawn.output.empty())
      fail(ErrorCode::kSystem, "graphviz's dot ended with {}: {}", drawn.status, drawn.errors.substr(0, kMostWords));
    out.put(drawn.output);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    fail(ErrorCode::kNotFound,
         "{}, which draws SVG: install graphviz (`apt-get install graphviz`), or write its input with --as dot",
         error.what());
  }
}

struct Written {
  ExportFormat format;
  void (*write)(Exporting& run, formats::Stream& out);
};

constexpr Written kFormats[] = {
    {{"pprof", ".pb.gz", "allocations paths dominators"}, write_pprof},
    {{"heap-text", {}, "allocations"}, write_heap_text},
    {{"speedscope", ".speedscope.json", "paths dominators allocations"}, write_speedscope},
    {{"heapsnapshot", ".heapsnapshot", "objects"}, write_heapsnapshot},
    {{"hprof", ".hprof", "objects"}, write_hprof},
    {{"json-lines", ".jsonl", "objects"}, write_json_lines},
    {{"dot", ".dot", kParts}, write_dot},
    {{"svg", ".svg", kParts}, write_svg},
};

}  // namespace

std::vector<ExportFormat> export_formats() {
  std::vector<ExportFormat> out;
  for (const Written& one : kFormats) out.push_back(one.format);
  return out;
}

void write_export(Session& session, const ExportQuery& query, formats::Stream& out,
                  const std::function<void(const std::string&)>& remark) {
  const auto* const found = std::ranges::find(kFormats, query.as, [](const Written& one) { return one.format.as; });
  if (found == std::end(kFormats)) fail(ErrorCode::kUsage, "there is no form of export called \"{}\"", query.as);
  if (!found->format.can_be_of(query.of))
    fail(ErrorCode::kUsage, "there is no {} of {}: --as {} can be of {}", query.as, query.of, query.as,
         found->format.of);
  if (found->format.is_of_part() != query.subject.has_value())
    fail(ErrorCode::kUsage, "--as {} is of {}", query.as,
         query.subject ? "the whole heap, not of one thing" : "one thing, which has to be named");
  Exporting run{session, query, remark};
  found->write(run, out);
  out.flush();
}

}  // namespace holdfast::session
