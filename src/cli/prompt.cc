#include "cli/prompt.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/cancel.h"
#include "base/error.h"
#include "base/terminal_text.h"
#include "query/database.h"
#include "query/manual.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view kInvitation = "holdfast> ";
constexpr std::string_view kMoreInvitation = "     ...> ";
constexpr std::string_view kPromptHelp =
    "A statement ends with a semicolon and can take several lines.\n\n"
    "  .tables              the tables\n"
    "  .schema [TABLE]      the columns of a table, or of all\n"
    "  .help                this\n"
    "  .quit                the end; so is Ctrl-D. Ctrl-C stops a statement that runs\n\n"
    "Functions:\n";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

enum class Obeyed : std::uint8_t { kYes, kNo, kQuit };

// A line that begins with a dot.
Obeyed obey(std::string_view line, const PromptUser& user) {
  const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view command = line.substr(0, space), argument = trimmed(line.substr(space));
  if (command == ".quit" || command == ".exit") return Obeyed::kQuit;
  if (command == ".help") {
    user.print(std::string(kPromptHelp) + query::functions_text());
  } else if (command == ".tables") {
    user.print(query::tables_text());
  } else if (command == ".schema" && argument.empty()) {
    std::string text;
    for (const query::Table* const table : query::tables())
      text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", table->name, query::schema_text(*table));
    user.print(text);
  } else if (command == ".schema") {
    const query::Table* const table = query::table_named(argument);
    if (table == nullptr) {
      user.complain(fmt::format("there is no table \"{}\"; `.tables` lists them", argument));
      return Obeyed::kNo;
    }
    user.print(query::schema_text(*table));
  } else {
    user.complain(fmt::format("there is no command \"{}\"; `.help` lists them", command));
    return Obeyed::kNo;
  }
  return Obeyed::kYes;
}

}  // namespace

int run_prompt(const PromptUser& user) {
  constexpr int kMistake = 2;
  std::string statement;
  while (const auto line = user.read_line(statement.empty() ? kInvitation : kMoreInvitation)) {
    const std::string_view words = trimmed(*line);
    bool good = true;
    if (statement.empty() && words.empty()) continue;
    if (statement.empty() && words.starts_with(".")) {
      const Obeyed obeyed = obey(words, user);
      if (obeyed == Obeyed::kQuit) return 0;
      good = obeyed == Obeyed::kYes;
    } else {
      statement += *line + "\n";
      if (!query::is_complete(statement)) continue;
      good = user.run(statement);
      statement.clear();
    }
    if (!good && !user.goes_on) return kMistake;
  }
  // The end of input ends a statement, too.
  const bool good = trimmed(statement).empty() || user.run(statement);
  return good || user.goes_on ? 0 : kMistake;
}

std::string pointed_at(std::string_view text, std::size_t offset, std::size_t width) {
  constexpr std::size_t kIndent = 2;
  offset = std::min(offset, text.size());
  const std::size_t begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;  // npos + 1 is 0
  std::string_view line = text.substr(begin, std::min(text.find('\n', begin), text.size()) - begin);
  std::size_t at = std::min(offset - begin, line.size());
  const std::size_t room = width == kEndless ? kEndless : std::max<std::size_t>(width, 3 * kIndent) - kIndent;
  // A third of the room for what comes before it. Bytes are at least as many as columns.
  if (line.size() > room && at > room / 3) {
    std::size_t skipped = std::min(at - room / 3, line.size() - std::min(line.size(), room));
    while (skipped < at && (static_cast<unsigned char>(line[skipped]) & 0xc0) == 0x80) ++skipped;
    line.remove_prefix(skipped);
    at -= skipped;
  }
  if (line.size() > room) {
    std::size_t end = room;
    while (end > at && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    line = line.substr(0, end);
  }
  const std::string before = cleaned(line.substr(0, at));
  return fmt::format("{0:{1}}{2}\n{0:{3}}^\n", "", kIndent, cleaned(line), kIndent + text_width(before));
}

std::optional<std::string> LineReader::next() {
  for (;;) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (ended_ && read_.empty()) return std::nullopt;
    if (ended_) return std::exchange(read_, std::string());
    throw_if_cancelled();
    // Unlike read(), this ends when a signal comes.
    pollfd ready{fd_, POLLIN, 0};
    if (poll(&ready, 1, -1) < 0) {
      if (errno == EINTR) continue;
      fail_with_errno(errno, "standard input cannot be waited for");
    }
    std::array<char, 1 << 14> piece{};
    const ssize_t got = ::read(fd_, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(errno, "standard input cannot be read");
    if (got == 0) ended_ = true;
    read_.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
}

}  // namespace holdfast::cli
