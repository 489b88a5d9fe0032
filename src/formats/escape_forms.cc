#include "formats/escape_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/units.h"
#include "base/version.h"

namespace holdfast::formats {
namespace {

using nlohmann::ordered_json;
using view::EscapeRow;

// The lines of a file, without their ends.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    if (out.back().ends_with('\r')) out.back().pop_back();
    at = end + 1;
  }
  return out;
}

// "escapes (confirmed): i, because it is stored ... 12.0 KiB in use, held by main.cache".
std::string sentence_of(const EscapeRow& row) {
  std::string out = fmt::format("{}{}", row.verdict, row.subject.empty() ? "" : ": " + row.subject);
  const std::string_view ruling = compiler::words_of(row.ruling);
  if (!ruling.empty() && row.decision != nullptr) out += fmt::format(" ({})", ruling);
  if (!row.call.empty()) out += fmt::format(", {}{}", row.call, row.type.empty() ? "" : " of " + row.type);
  if (!row.condition.empty()) out += fmt::format("; {}", row.condition);
  if (row.is_measured)
    out += fmt::format("; {} in use, {} allocated{}", format_bytes(row.in_use), format_bytes(row.allocated),
                       row.held_by.empty() ? "" : ", held by " + row.held_by);
  return out;
}

std::string advice_of(const EscapeRow& row) {
  if (row.decision == nullptr || row.decision->step == 0) return "";
  const compiler::Reason& reason = compiler::reasons()[row.decision->step];
  return fmt::format("{}: {}{}{}", reason.name, reason.meaning,
                     reason.cure.empty() ? "" : "; usual cure: ", reason.cure);
}

class Sources {
 public:
  explicit Sources(const EscapeForm& form) : form_(form) {}

  // Empty for a file that cannot be read.
  const std::vector<std::string>& lines(const std::string& path) {
    const auto [at, is_new] = lines_.try_emplace(path);
    if (is_new)
      if (const auto text = form_.read(path)) at->second = lines_of(*text);
    return at->second;
  }

  // How many units of UTF-16 stand before the column, which counts bytes from 1.
  std::uint32_t units_before(const std::string& path, std::uint32_t line, std::uint32_t column) {
    if (column == 0) return 0;
    const std::vector<std::string>& all = lines(path);
    if (line == 0 || line > all.size()) return column - 1;
    const std::string& text = all[line - 1];
    std::uint32_t units = 0;
    for (std::size_t i = 0; i + 1 < column && i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
    }
    return units;
  }

 private:
  const EscapeForm& form_;
  std::map<std::string, std::vector<std::string>> lines_;
};

std::string shown_path(const EscapeForm& form, const std::string& path) {
  return !form.folder.empty() && path.starts_with(form.folder) ? path.substr(form.folder.size()) : path;
}

// By file and line. Files are in the order of what costs most.
struct FileRows {
  std::string path;
  std::map<std::uint32_t, std::vector<const EscapeRow*>> by_line;
};

std::vector<FileRows> by_file(const EscapeForm& form) {
  std::vector<FileRows> files;
  std::map<std::string_view, std::size_t> known;
  for (const EscapeRow& row : form.rows.rows) {
    const auto [at, is_new] = known.try_emplace(row.path, files.size());
    if (is_new) files.push_back({row.path, {}});
    files[at->second].by_line[row.line].push_back(&row);
  }
  return files;
}

constexpr std::size_t kAround = 3;  // lines of code that are shown around one with a decision

// Calls visit for each line to show, with 0 where some are left out.
template <typename Visit>
void for_each_shown(const FileRows& file, std::size_t lines, Visit visit) {
  std::size_t next = 1;
  for (const auto& [line, rows] : file.by_line) {
    if (line == 0 || line > lines) continue;
    const std::size_t begin = std::max<std::size_t>(next, line > kAround ? line - kAround : 1);
    const std::size_t end = std::min<std::size_t>(lines, line + kAround);
    if (begin > next) visit(0);
    for (next = begin; next <= end; ++next) visit(next);
  }
}

std::string as_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

constexpr const char* kPageHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>holdfast escape</title>\n<style>\n"
    "body{font:14px/1.4 sans-serif;margin:1em;color:#222;background:#fff}\n"
    "pre{font:13px/1.4 monospace;margin:0}\n"
    ".n{color:#888;display:inline-block;width:5em;text-align:right;padding-right:1em}\n"
    ".heap{background:#fde7e7}.maybe{background:#fdf5dd}.not{background:#e8f5e8}\n"
    ".says{margin:.1em 0 .3em 6em}.says p{margin:0}\n"
    ".gap{color:#888;padding-left:5em}\n</style>\n</head>\n<body>\n";

std::string_view class_of(const std::vector<const EscapeRow*>& rows) {
  using compiler::Ruling;
  const auto any = [&](auto is) { return std::ranges::any_of(rows, is); };
  if (any([](const EscapeRow* r) {
        return r->ruling == Ruling::kConfirmed || r->ruling == Ruling::kMerged || r->ruling == Ruling::kPerhaps ||
               (r->ruling == Ruling::kNone && r->decision != nullptr && r->decision->on_heap());
      }))
    return "heap";
  if (any([](const EscapeRow* r) { return r->ruling == Ruling::kBroken || r->ruling == Ruling::kUnsaid; }))
    return "maybe";
  return "not";
}

// Below a line of the page what is said of it, and how it gets there when somebody opens it.
std::string said_in_page(const EscapeForm& form, const std::vector<const EscapeRow*>& rows) {
  std::string out = "<div class=\"says\">";
  for (const EscapeRow* const row : rows) {
    const std::string advice = advice_of(*row);
    std::string flow;
    if (row->decision != nullptr)
      for (const std::string& step : view::flow_lines(form.decisions, *row->decision, form.folder))
        flow += as_html(step) + "\n";
    out += fmt::format("<p>{}</p>", as_html(sentence_of(*row)));
    if (!flow.empty())
      out += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>",
                         as_html(advice.empty() ? "how" : advice), flow);
  }
  return out + "</div>\n";
}

// The path as a URI has it.
std::string as_uri(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("/._-~@+,").find(c) != std::string_view::npos;
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

// A path below the folder that the run names, or a whole URI.
ordered_json artifact(const EscapeForm& form, const std::string& path) {
  const std::string shown = shown_path(form, path);
  if (shown.starts_with('/')) return {{"uri", "file://" + as_uri(shown)}};
  return {{"uri", as_uri(shown)}, {"uriBaseId", "SRCROOT"}};
}

ordered_json sarif_location(const EscapeForm& form, Sources& sources, const std::string& path, std::uint32_t line,
                            std::uint32_t column) {
  ordered_json physical = {{"artifactLocation", artifact(form, path)}};
  if (line > 0) {
    physical["region"] = {{"startLine", line}};
    if (column > 0) physical["region"]["startColumn"] = sources.units_before(path, line, column) + 1;
  }
  return {{"physicalLocation", std::move(physical)}};
}

std::string rule_of(const EscapeRow& row) {
  std::string out = row.verdict;
  std::ranges::replace(out, ' ', '-');
  return out;
}

// The steps of the flow as a code flow.
ordered_json sarif_flow(const EscapeForm& form, Sources& sources, const EscapeRow& row) {
  ordered_json steps = ordered_json::array();
  if (row.decision == nullptr) return steps;
  for (const compiler::FlowStep& step : form.decisions.flow(*row.decision)) {
    if (step.is_flow || step.path.empty()) continue;
    ordered_json location = sarif_location(form, sources, step.path, step.line, step.column);
    location["message"] = {{"text", fmt::format("{} ({})", step.text, step.reason)}};
    steps.push_back({{"location", std::move(location)}});
  }
  return steps;
}

std::string level_of(const EscapeRow& row) {
  using compiler::Ruling;
  const bool is_harmless = row.ruling == Ruling::kRefuted || row.ruling == Ruling::kAbsent ||
                           row.ruling == Ruling::kKept ||
                           (row.decision != nullptr && !row.decision->on_heap() && row.ruling == Ruling::kNone);
  return is_harmless ? "none" : row.in_use > 0 ? "warning" : "note";
}

ordered_json sarif_result(const EscapeForm& form, Sources& sources, const EscapeRow& row) {
  const std::string advice = advice_of(row);
  ordered_json result = {{"ruleId", rule_of(row)},
                         {"level", level_of(row)},
                         {"message", {{"text", sentence_of(row) + (advice.empty() ? "" : ". " + advice)}}},
                         {"locations", {sarif_location(form, sources, row.path, row.line, row.column)}}};
  ordered_json steps = sarif_flow(form, sources, row);
  if (!steps.empty()) result["codeFlows"] = {{{"threadFlows", {{{"locations", std::move(steps)}}}}}};
  if (row.is_measured)
    result["properties"] = {{"in_use_bytes", row.in_use}, {"allocated_bytes", row.allocated}, {"held_by", row.held_by}};
  return result;
}

std::string dumped(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string escape_source(const EscapeForm& form) {
  Sources sources(form);
  std::string out;
  for (const FileRows& file : by_file(form)) {
    const std::vector<std::string>& lines = sources.lines(file.path);
    if (lines.empty()) continue;
    out += fmt::format("{}{}\n", out.empty() ? "" : "\n", shown_path(form, file.path));
    for_each_shown(file, lines.size(), [&](std::size_t line) {
      if (line == 0) {
        out += "      ...\n";
        return;
      }
      out += fmt::format("{:>6}  {}\n", line, lines[line - 1]);
      const auto rows = file.by_line.find(static_cast<std::uint32_t>(line));
      if (rows == file.by_line.end()) return;
      for (const EscapeRow* const row : rows->second) out += fmt::format("      > {}\n", sentence_of(*row));
    });
  }
  return out;
}

std::string escape_page(const EscapeForm& form) {
  Sources sources(form);
  std::string out = kPageHead;
  out += fmt::format("<h1>What the compiler put on the heap</h1>\n<p>{}</p>\n", as_html(form.rows.remark));
  for (const FileRows& file : by_file(form)) {
    const std::vector<std::string>& lines = sources.lines(file.path);
    if (lines.empty()) continue;
    out += fmt::format("<h2>{}</h2>\n", as_html(shown_path(form, file.path)));
    for_each_shown(file, lines.size(), [&](std::size_t line) {
      if (line == 0) {
        out += "<div class=\"gap\">...</div>\n";
        return;
      }
      const auto rows = file.by_line.find(static_cast<std::uint32_t>(line));
      const bool is_said = rows != file.by_line.end();
      out += fmt::format("<pre class=\"{}\"><span class=\"n\">{}</span>{}</pre>\n",
                         is_said ? class_of(rows->second) : "", line, as_html(lines[line - 1]));
      if (is_said) out += said_in_page(form, rows->second);
    });
  }
  return out + "</body>\n</html>\n";
}

std::string escape_sarif(const EscapeForm& form) {
  Sources sources(form);
  std::set<std::string> names;
  ordered_json results = ordered_json::array(), rules = ordered_json::array();
  for (const EscapeRow& row : form.rows.rows) {
    if (row.path.empty()) continue;
    results.push_back(sarif_result(form, sources, row));
    if (names.insert(rule_of(row)).second)
      rules.push_back({{"id", rule_of(row)}, {"shortDescription", {{"text", "The Go compiler: " + row.verdict}}}});
  }
  ordered_json run = {
      {"tool", {{"driver", {{"name", "holdfast"}, {"version", holdfast_version()}, {"rules", std::move(rules)}}}}},
      {"columnKind", "utf16CodeUnits"}};
  if (!form.folder.empty()) run["originalUriBaseIds"] = {{"SRCROOT", {{"uri", "file://" + as_uri(form.folder)}}}};
  run["results"] = std::move(results);
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", {run}}});
}

std::string escape_lsp(const EscapeForm& form) {
  Sources sources(form);
  const auto range = [&](const std::string& path, std::uint32_t line, std::uint32_t column) {
    const ordered_json at = {{"line", line == 0 ? 0 : line - 1},
                             {"character", sources.units_before(path, line, column)}};
    return ordered_json{{"start", at}, {"end", at}};
  };
  ordered_json out = ordered_json::object();
  for (const EscapeRow& row : form.rows.rows) {
    if (row.path.empty()) continue;
    ordered_json related = ordered_json::array();
    if (row.decision != nullptr)
      for (const compiler::FlowStep& step : form.decisions.flow(*row.decision))
        if (!step.is_flow && !step.path.empty())
          related.push_back(
              {{"location",
                {{"uri", "file://" + as_uri(step.path)}, {"range", range(step.path, step.line, step.column)}}},
               {"message", fmt::format("{} ({})", step.text, step.reason)}});
    constexpr int kInformation = 3;
    out["file://" + as_uri(row.path)].push_back({{"range", range(row.path, row.line, row.column)},
                                                 {"severity", kInformation},
                                                 {"code", rule_of(row)},
                                                 {"source", "holdfast escape"},
                                                 {"message", sentence_of(row)},
                                                 {"relatedInformation", std::move(related)}});
  }
  return dumped(out);
}

}  // namespace holdfast::formats
