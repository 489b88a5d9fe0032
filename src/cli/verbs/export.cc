#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/output_file.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "formats/dot.h"
#include "formats/heap_profile.h"
#include "formats/heapsnapshot.h"
#include "formats/held_profile.h"
#include "formats/hprof.h"
#include "formats/json_lines.h"
#include "formats/speedscope.h"
#include "formats/stream.h"
#include "graph/referrers.h"
#include "os/run_program.h"
#include "view/exported_graph.h"
#include "view/held_tree.h"
#include "view/picture.h"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t kMostNodes = 1'000'000;  // a browser opens that many in half a minute

// What is asked for: words of --as and --of.
struct Wanted {
  std::string_view as;
  std::string_view of;
};

constexpr std::string_view kParts = "path component neighbourhood";  // what there is of a WHAT
constexpr std::size_t kMostWords = 300;                              // characters of another program's complaint

struct Format {
  std::string_view as;
  std::string_view ending;  // of files that are meant to be of it
  std::string_view of;      // what it can be about, with spaces between; the first is meant if nothing is said
  void (*write)(RunningVerb& run, const Wanted& wanted, formats::Stream& out);
};

view::HeldTree tree_of(RunningVerb& run, std::string_view of) {
  const view::Groundwork& groundwork = run.session().groundwork();
  view::HeldTree tree;
  run.session().run("fold", [&] {
    tree = view::held_tree(groundwork, of == "paths" ? view::HeldBy::kWays : view::HeldBy::kDominators);
  });
  if (tree.folded_nodes > 0)
    run.remark(fmt::format("{} of {} is in {} that the file does not tell apart: \"(smaller)\"",
                           format_bytes(tree.folded_bytes), format_bytes(tree.bytes),
                           format_count(tree.folded_nodes, "small place")));
  return tree;
}

void write_pprof(RunningVerb& run, const Wanted& wanted, formats::Stream& out) {
  if (wanted.of == "allocations")
    out.put(formats::heap_profile_pprof(run.session().snapshot()));
  else
    out.put(formats::held_profile(run.session().snapshot(), tree_of(run, wanted.of)));
}

void write_heap_text(RunningVerb& run, const Wanted&, formats::Stream& out) {
  out.put(formats::heap_profile_text(run.session().snapshot()));
}

void write_speedscope(RunningVerb& run, const Wanted& wanted, formats::Stream& out) {
  const heap::Snapshot& snapshot = run.session().snapshot();
  const std::string name = fmt::format("{} by {}", snapshot.target.name, wanted.of);
  if (wanted.of == "allocations") {
    const formats::AllocationTrees trees = formats::allocation_trees(snapshot);
    const std::array<formats::SpeedscopePart, 2> parts = {{{"in use", &trees.in_use}, {"allocated", &trees.allocated}}};
    return formats::write_speedscope(name, parts, out);
  }
  const view::HeldTree tree = tree_of(run, wanted.of);
  const formats::SpeedscopePart part = {name, &tree};
  formats::write_speedscope(name, std::span(&part, 1), out);
}

void write_heapsnapshot(RunningVerb& run, const Wanted&, formats::Stream& out) {
  const view::Groundwork& groundwork = run.session().groundwork();
  std::optional<view::ExportedGraph> graph;
  run.session().run("fold", [&] { graph.emplace(groundwork, run.options().nodes.value_or(kMostNodes)); });
  if (graph->folded_objects() > 0)
    run.remark(
        fmt::format("{} of {} have no node of their own: objects of one type below one holder are one node; "
                    "--nodes N keeps more",
                    format_count(graph->folded_objects(), "object"), format_bytes(graph->folded_bytes())));
  run.session().run("write", [&] {
    if (!formats::write_heapsnapshot(groundwork, *graph, out))
      run.remark("the heap spreads over more than 30 GiB of addresses: objects of two such files cannot be compared");
  });
}

void write_hprof(RunningVerb& run, const Wanted&, formats::Stream& out) {
  const view::Groundwork& groundwork = run.session().groundwork();
  run.session().run("write", [&] {
    const formats::HprofSums sums = formats::write_hprof(groundwork, out);
    run.remark(fmt::format("{} of {}, and {} of names of goroutines, which are no memory of the program",
                           format_count(sums.objects, "object"), format_bytes(sums.bytes),
                           format_bytes(sums.name_bytes)));
    if (sums.tight_objects > 0)
      run.remark(fmt::format("Eclipse MAT shows {} of 8 B as 16 B", format_count(sums.tight_objects, "object")));
  });
}

void write_json_lines(RunningVerb& run, const Wanted&, formats::Stream& out) {
  const view::Groundwork& groundwork = run.session().groundwork();
  run.session().run("write", [&] { formats::write_json_lines(groundwork, out); });
}

std::string dot_of(RunningVerb& run, const Wanted& wanted) {
  const Options& options = run.options();
  view::PictureQuery query{.of = view::PictureOf::kPath, .subject = *options.subject};
  if (wanted.of == "component") query.of = view::PictureOf::kComponent;
  if (wanted.of == "neighbourhood") query.of = view::PictureOf::kNeighbourhood;
  if (options.nodes) query.most = *options.nodes;
  const view::Groundwork& groundwork = run.session().groundwork();
  const graph::Reachability& live = run.session().reached();
  std::string text;
  run.session().run("picture", [&] {
    const view::Picture picture = view::picture(groundwork, live, graph::Referrers(groundwork.snapshot()), query);
    formats::Stream out([&](std::string_view bytes) { text += bytes; });
    formats::write_dot(picture, out);
    out.flush();
  });
  return text;
}

void write_dot(RunningVerb& run, const Wanted& wanted, formats::Stream& out) {
  out.put(dot_of(run, wanted));
}

void write_svg(RunningVerb& run, const Wanted& wanted, formats::Stream& out) {
  const std::string dot = dot_of(run, wanted);
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

constexpr std::array kFormats = {
    Format{"pprof", ".pb.gz", "allocations paths dominators", write_pprof},
    Format{"heap-text", {}, "allocations", write_heap_text},
    Format{"speedscope", ".speedscope.json", "paths dominators allocations", write_speedscope},
    Format{"heapsnapshot", ".heapsnapshot", "objects", write_heapsnapshot},
    Format{"hprof", ".hprof", "objects", write_hprof},
    Format{"json-lines", ".jsonl", "objects", write_json_lines},
    Format{"dot", ".dot", kParts, write_dot},
    Format{"svg", ".svg", kParts, write_svg},
};

const Format& format_of(const Options& options) {
  const auto is_meant = [&](const Format& format) {
    return options.as.empty() ? !format.ending.empty() && options.output.ends_with(format.ending)
                              : format.as == options.as;
  };
  const auto* const found = std::ranges::find_if(kFormats, is_meant);
  return found == kFormats.end() ? kFormats.front() : *found;
}

std::string_view about(const Format& format, const Options& options) {
  if (options.of.empty()) return format.of.substr(0, format.of.find(' '));
  if (fmt::format(" {} ", format.of).find(fmt::format(" {} ", options.of)) != std::string::npos) return options.of;
  fail(ErrorCode::kUsage, "there is no {} of {}: --as {} can be of {}", format.as, options.of, format.as, format.of);
}

void check_export(const Options& options) {
  if (options.output.empty() && !options.dry_run)
    fail(ErrorCode::kUsage,
         "which file is to be written? `holdfast export {} -o heap.pb.gz`, or `-o -` for standard output",
         options.target);
  const Format& format = format_of(options);
  about(format, options);
  if (format.of == kParts && !options.subject)
    fail(ErrorCode::kUsage, "a picture of what? `holdfast export {} WHAT --as {} -o {}`, where WHAT is {}",
         options.target, format.as, options.output.empty() ? "FILE" : options.output, view::subject_forms());
  if (format.of != kParts && options.subject)
    fail(ErrorCode::kUsage, "--as {} is of the whole heap: leave WHAT away, or use --as dot or svg", format.as);
}

int run_export(RunningVerb& run) {
  const Options& options = run.options();
  OutputFile file(options.output, OutputFile::Access::kUsual);
  std::uint64_t written = 0;
  formats::Stream out([&](std::string_view bytes) {
    file.write_at(written, std::as_bytes(std::span(bytes)));
    written += bytes.size();
  });
  const Format& format = format_of(options);
  format.write(run, {format.as, about(format, options)}, out);
  out.flush();
  run.finish_progress();
  file.publish();
  return 0;
}

}  // namespace

const Verb kExportVerb = {
    .name = "export",
    .help = "write files for other tools: profiles, graphs and pictures of what allocated and what holds the memory",
    .example = "holdfast export 4711 -o heap.pb.gz",
    .flags = {export_flags(), target_flags(), rules_flags()},
    .arguments = {{.name = "WHAT",
                   .help = "of a picture: 0xADDRESS, type:T, global:NAME, goroutine:ID, func:NAME, alloc:FILE:LINE or "
                           "label:KEY=VALUE",
                   .set = [](Options& options,
                             const std::string& text) { options.subject = view::parse_subject(text); },
                   .optional = true}},
    .check = check_export,
    .run = run_export};

}  // namespace holdfast::cli
