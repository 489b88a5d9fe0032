#include "cli/prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <deque>

#include "base/cancel.h"
#include "base/terminal_text.h"

namespace holdfast::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A user who types these lines. SQL with the word "wrong" is.
struct Typed {
  explicit Typed(std::deque<std::string> what) : lines(std::move(what)) {}

  int prompt(bool goes_on) {
    PromptUser user;
    user.goes_on = goes_on;
    user.read_line = [this](std::string_view invitation) -> std::optional<std::string> {
      invited.emplace_back(invitation);
      if (lines.empty()) return std::nullopt;
      std::string line = lines.front();
      lines.pop_front();
      return line;
    };
    user.run = [this](const std::string& sql) {
      ran.push_back(sql);
      return sql.find("wrong") == std::string::npos;
    };
    user.print = [this](const std::string& text) { printed += text; };
    user.complain = [this](const std::string& sentence) { complaints.push_back(sentence); };
    return run_prompt(user);
  }

  std::deque<std::string> lines;
  std::vector<std::string> invited, ran, complaints;
  std::string printed;
};

TEST(APrompt, PutsStatementsTogetherFromLines) {
  Typed typed({"", "SELECT 1;", "SELECT ';'", "  FROM objects; -- the end", ".quit", "SELECT 2;"});
  EXPECT_EQ(typed.prompt(true), 0);
  EXPECT_THAT(typed.ran, ElementsAre("SELECT 1;\n", "SELECT ';'\n  FROM objects; -- the end\n"));
  EXPECT_THAT(typed.invited, ElementsAre("holdfast> ", "holdfast> ", "holdfast> ", "     ...> ", "holdfast> "));
}

TEST(APrompt, TakesTheEndOfInputForTheEndOfAStatement) {
  Typed typed({"SELECT 1"});
  EXPECT_EQ(typed.prompt(false), 0);
  EXPECT_THAT(typed.ran, ElementsAre("SELECT 1\n"));
  Typed wrong({"wrong"});
  EXPECT_EQ(wrong.prompt(false), 2);
}

TEST(APrompt, ObeysCommands) {
  Typed typed({".tables", ".schema samples", ".help", "  .quit  "});
  EXPECT_EQ(typed.prompt(false), 0);
  EXPECT_THAT(typed.printed, AllOf(HasSubstr("objects     Every allocated object"), HasSubstr("the sampled object"),
                                   HasSubstr("reaches(a, b)"), HasSubstr(".schema [TABLE]")));
  EXPECT_THAT(typed.ran, IsEmpty());
  Typed all({".schema"});
  EXPECT_EQ(all.prompt(false), 0);
  EXPECT_THAT(all.printed, AllOf(HasSubstr("objects: "), HasSubstr("\nlosses: ")));
}

TEST(APrompt, GoesOnAfterAMistakeOfAPersonOnly) {
  for (const bool is_person : {true, false}) {
    Typed typed({"wrong;", ".schema nothing", ".nothing", "SELECT 1;"});
    EXPECT_EQ(typed.prompt(is_person), is_person ? 0 : 2);
    EXPECT_EQ(typed.ran.size(), is_person ? 2U : 1U);
    if (!is_person) continue;
    EXPECT_THAT(typed.complaints, ElementsAre("there is no table \"nothing\"; `.tables` lists them",
                                              "there is no command \".nothing\"; `.help` lists them"));
  }
}

TEST(ACaret, StandsBelowTheByte) {
  EXPECT_EQ(pointed_at("SELECT siz FROM x", 7, kEndless), "  SELECT siz FROM x\n         ^\n");
  EXPECT_EQ(pointed_at("SELECT 1,\n  siz\nFROM x", 12, kEndless), "    siz\n    ^\n");
  EXPECT_EQ(pointed_at("SELECT '€', siz", 14, kEndless), "  SELECT '€', siz\n              ^\n");
  EXPECT_EQ(pointed_at("a\tb", 2, kEndless), "  a?b\n    ^\n");
  EXPECT_EQ(pointed_at("abc", 99, kEndless), "  abc\n     ^\n");
  EXPECT_EQ(pointed_at("", 0, kEndless), "  \n  ^\n");
  EXPECT_EQ(pointed_at("x\n", 1, kEndless), "  x\n   ^\n");
}

TEST(ACaret, OfALongLineHasWhatIsAroundIt) {
  std::string sql;
  for (int i = 0; i < 100; ++i) sql += "€xy ";
  for (std::size_t offset = 0; offset < sql.size(); ++offset) {
    if ((static_cast<unsigned char>(sql[offset]) & 0xc0) == 0x80) continue;  // inside of a character
    const std::string text = pointed_at(sql, offset, 60);
    const std::size_t end = text.find('\n');
    const std::string line = text.substr(0, end), caret = text.substr(end + 1);
    EXPECT_LE(text_width(line), 60U);
    EXPECT_LE(text_width(caret), 61U);
    // The character above the caret is the one that is meant.
    std::size_t byte = 0;
    for (std::size_t column = caret.find('^'); column > 0; --column) do
        ++byte;
      while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xc0) == 0x80);
    EXPECT_EQ(line[byte], sql[offset]) << offset << "\n" << text;
    EXPECT_EQ(line.find('?'), std::string::npos) << "a character was cut";
  }
}

class APipe : public ::testing::Test {
 protected:
  APipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~APipe() override {
    close(ends_[0]);
    end();
  }
  void write(std::string_view text) const {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  std::array<int, 2> ends_{};
};

TEST_F(APipe, IsReadByLines) {
  write("one\n\ntwo\nthree");
  end();
  LineReader lines(ends_[0]);
  EXPECT_EQ(lines.next(), "one");
  EXPECT_EQ(lines.next(), "");
  EXPECT_EQ(lines.next(), "two");
  EXPECT_EQ(lines.next(), "three");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_EQ(lines.next(), std::nullopt);
}

TEST_F(APipe, IsNotWaitedForByWhoWasAskedToStop) {
  LineReader lines(ends_[0]);
  Cancellation stop;
  stop.request();
  const CancellationScope scope(&stop);
  EXPECT_THROW(lines.next(), Cancelled);
}

}  // namespace
}  // namespace holdfast::cli
