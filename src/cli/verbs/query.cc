#include <fmt/format.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/output_file.h"
#include "base/terminal_text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/parquet_rows.h"
#include "cli/prompt.h"
#include "cli/run.h"
#include "cli/terminal.h"
#include "cli/verbs/verbs.h"
#include "formats/stream.h"
#include "os/cancel_signals.h"
#include "query/database.h"
#include "report/row_writer.h"
#include "session/query_source.h"

namespace holdfast::cli {
namespace {

constexpr int kWrongSql = 2;
constexpr std::string_view kParquet = "parquet";

void check_query(const Options& options) {
  if (options.json && !options.format.empty() && options.format != "json")
    fail(ErrorCode::kUsage, "--json and --format {} are two formats: which one?", options.format);
  if (options.format != kParquet || options.dry_run) return;
  if (options.output.empty())
    fail(ErrorCode::kUsage, "a Parquet file needs a name: add `-o rows.parquet`, or `-o -` for standard output");
  if (options.sql.empty())
    fail(ErrorCode::kUsage, "a Parquet file has the rows of one statement: give it behind {}", options.target);
}

report::RowFormat format_of_rows(const Options& options) {
  if (options.json || options.format == "json") return report::RowFormat::kJson;
  return options.format == "csv" ? report::RowFormat::kCsv : report::RowFormat::kTable;
}

void complain_of_sql(RunningVerb& run, const std::string& sql, const query::SqlError& error) {
  run.finish_progress();
  run.remark(fmt::format("holdfast: {}", error.what()));
  if (error.offset()) draw(pointed_at(sql, *error.offset(), remark_width()));
}

// Says what is wrong with the SQL before the target is held for it. Returns whether nothing is.
bool is_right(RunningVerb& run, const std::string& sql) {
  const heap::Snapshot nothing;
  const heap::OwnerRules& rules = heap::OwnerRules::built_in();
  try {
    query::Database({.snapshot = nothing, .rules = rules, .dominators = {}, .reached = {}}).check(sql);
    return true;
  } catch (const query::SqlError& error) {
    complain_of_sql(run, sql, error);
    return false;
  }
}

int answer_prompt(RunningVerb& run, query::Database& database, query::RowSink& rows) {
  const bool is_person = isatty(STDIN_FILENO) != 0;
  run.finish_progress();
  if (is_person) remark("Statements end with a semicolon; .help says what else there is.");
  LineReader lines(STDIN_FILENO);
  PromptUser user;
  user.goes_on = is_person;
  user.read_line = [&](std::string_view invitation) {
    if (is_person) draw(invitation);
    return lines.next();
  };
  user.print = [](const std::string& text) { print(text); };
  user.complain = [](const std::string& sentence) { remark(fmt::format("holdfast: {}", sentence)); };
  user.run = [&](const std::string& sql) {
    try {
      database.run(sql, rows);
      return true;
    } catch (const query::SqlError& error) {
      complain_of_sql(run, sql, error);
    } catch (const Error& error) {
      if (!is_person || error.code() != ErrorCode::kUsage) throw;
      user.complain(error.what());
    } catch (const Cancelled& cancelled) {
      if (!is_person || !os::forgive_interrupt()) throw;
      user.complain(cancelled.what());
    }
    return false;
  };
  return run_prompt(user);
}

int answer(RunningVerb& run, query::RowSink& rows) {
  const std::string& sql = run.options().sql;
  session::Session& session = run.session();
  query::Database database(session::query_source(session));
  if (const auto& losses = session.snapshot().losses; !losses.empty())
    run.remark(
        fmt::format("holdfast: {} in the target: SELECT * FROM losses", format_count(losses.size(), "kind of loss")));
  if (sql.empty()) return answer_prompt(run, database, rows);
  try {
    database.run(sql, rows);
    return 0;
  } catch (const query::SqlError& error) {
    complain_of_sql(run, sql, error);
    return kWrongSql;
  }
}

int answer_into(RunningVerb& run, OutputFile& file) {
  std::uint64_t written = 0;
  formats::Stream out([&](std::string_view bytes) {
    file.write_at(written, std::as_bytes(std::span(bytes)));
    written += bytes.size();
  });
  int code = 0;
  if (run.options().format == kParquet) {
    ParquetRows rows(out);
    code = answer(run, rows);
    if (code == 0) rows.finish();
  } else {
    report::RowWriter rows(format_of_rows(run.options()), {.width = kEndless, .color = false},
                           [&](const std::string& text) { out.put(text); });
    code = answer(run, rows);
  }
  if (code != 0) return code;
  out.flush();
  run.finish_progress();
  file.publish();
  return 0;
}

int run_query(RunningVerb& run) {
  const Options& options = run.options();
  if (!options.sql.empty() && !is_right(run, options.sql)) return kWrongSql;
  if (!options.output.empty()) {
    OutputFile file(options.output, OutputFile::Access::kUsual);
    return answer_into(run, file);
  }
  report::RowWriter rows(format_of_rows(options), run.style(), [&](const std::string& text) {
    run.finish_progress();
    print(text);
  });
  return answer(run, rows);
}

}  // namespace

const Verb kQueryVerb = {
    .name = "query",
    .help = "answer a question in SQL over objects, edges, types, roots, goroutines, ... (docs/query.md)",
    .example = "holdfast query 4711 \"SELECT max(size) FROM objects\"",
    .flags = {query_flags(), target_flags(), rules_flags(), json_flags(), text_flags()},
    .arguments = {{"SQL", "what to answer; without it a prompt, which reads statements from standard input",
                   [](Options& options, const std::string& sql) { options.sql = sql; }, true}},
    .check = check_query,
    .run = run_query};

}  // namespace holdfast::cli
