// The prompt of `holdfast query`: reads lines, puts statements together that end with a semicolon, and obeys commands
// that begin with a dot. It knows no files and no terminal: what it reads and who answers is given, for tests, too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

struct PromptUser {
  // Returns the next line without its end, or nothing at the end of input. `invitation` is for a person.
  std::function<std::optional<std::string>(std::string_view invitation)> read_line;
  // Runs SQL; returns whether it was right. What is wrong with it has been said then.
  std::function<bool(const std::string& sql)> run;
  std::function<void(const std::string& text)> print;
  std::function<void(const std::string& sentence)> complain;
  bool goes_on = false;  // after a mistake: a person makes another try, a script must not
};

// Returns the exit code: 0, or 2 if a mistake ended it. What the functions throw ends it, too.
int run_prompt(const PromptUser& user);

// Returns two lines with their ends: the line of the text that has the byte `offset`, and below that byte a caret. Of a
// long line what is around it, so that lines have at most `width` terminal columns.
std::string pointed_at(std::string_view text, std::size_t offset, std::size_t width);

// Reads lines from a file descriptor. Throws Cancelled when a stop is requested while it waits.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}
  // Returns the next line without its end, or nothing. Fails with kSystem.
  std::optional<std::string> next();

 private:
  int fd_;
  std::string read_;  // and not returned yet
  bool ended_ = false;
};

}  // namespace holdfast::cli
