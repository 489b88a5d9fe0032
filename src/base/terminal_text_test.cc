#include "base/terminal_text.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(TerminalText, SentencesGoOnInTheNextLineAndCommandsStayWhole) {
  EXPECT_EQ(wrapped("  12 × ", "one two three four five", 27), "  12 × one two three four\n       five\n");
  EXPECT_EQ(wrapped_at(" · ", "holdfast types 17 · holdfast roots 17 · holdfast audit 17", 40, 6, Parts::kCommands),
            "holdfast types 17 · holdfast roots 17\n      holdfast audit 17\n");
  EXPECT_EQ(wrapped_at(" · ", "holdfast types a-long-name.core", 10, 6, Parts::kCommands),
            "holdfast types a-long-name.core\n");
  EXPECT_EQ(wrapped_at("; ", "one; two three four five six; seven; an-endless-word", 12, 2, Parts::kPhrases),
            "one\n  two three\n  four five\n  six; seven\n  an-e…-word\n");
}

TEST(TerminalText, ACommandInASentenceIsNeitherDividedNorFolded) {
  EXPECT_EQ(wrapped("", "no verb: `holdfast types --help`, or ask", 20),
            "no verb:\n`holdfast types --help`,\nor ask\n");
  EXPECT_EQ(wrapped("", "one ` two three four five", 20), "one ` two three four\nfive\n");  // it opens nothing
  EXPECT_EQ(wrapped_at("; ", "one two; `--image a-long-name` for the other", 14, 2, Parts::kPhrases),
            "one two\n  `--image a-long-name`\n  for the\n  other\n");
}

TEST(TerminalText, LongWordsStayIfWished) {
  const std::string path(30, 'p');
  EXPECT_EQ(wrapped("", "there is no " + path + " here", 20), "there is no\npppppp…ppppppppppppp\nhere\n");
  EXPECT_EQ(wrapped("", "there is no " + path + " here", 20, LongWords::kStay), "there is no\n" + path + "\nhere\n");
}

TEST(TerminalText, FoldsInTheMiddleAndKeepsMoreOfTheEnd) {
  EXPECT_EQ(folded("abcdefghijklmnop", 10), "abc…klmnop");
  EXPECT_EQ(folded("short", 5), "short");
  EXPECT_EQ(folded("大小大小", 6), "…大小");  // half of a wide letter is not shown
  EXPECT_EQ(folded("ab", 1), "…");
  EXPECT_EQ(folded("ab", 0), "");
}

TEST(TerminalText, NothingThatATerminalWouldObeyComesThrough) {
  EXPECT_EQ(folded("a\x1b[31mb\n\xff\xc3", 20), "a?[31mb???");
  EXPECT_EQ(text_width("\xe5\xa4"), 2U);  // cut short: two bytes that mean nothing
}

}  // namespace
}  // namespace holdfast
