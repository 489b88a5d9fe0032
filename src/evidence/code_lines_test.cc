#include "evidence/code_lines.h"

#include <gmock/gmock.h>

#include "evidence/headline.h"
#include "evidence/line_table.h"
#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::evidence {
namespace {

using compiler::Allocates;
using heap::KnownBy;
using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A program without a profile: its code, and objects that main.cache holds.
class Unprofiled {
 public:
  Unprofiled() { cache_ = heap_.root(RootKind::kGlobal, "main.cache"); }

  compiler::MadeType& type(std::string_view name, std::uint64_t bytes) {
    types_.push_back(name);
    compiler::MadeType& made = calls_.types.emplace_back();
    made.name = calls_.texts.add(name);
    made.bytes = bytes;
    return made;
  }
  Unprofiled& call(std::string_view type, std::string_view function, std::uint32_t line,
                   Allocates what = Allocates::kObject) {
    compiler::AllocationCall call;
    call.what = what;
    call.made = static_cast<std::uint32_t>(std::ranges::find(types_, type) - types_.begin());
    call.first_frame = static_cast<std::uint32_t>(calls_.frames.size());
    call.frames = 1;
    calls_.frames.push_back({calls_.texts.add(function), calls_.texts.add("/src/main.go"), line, 0});
    calls_.calls.push_back(call);
    return *this;
  }
  Unprofiled& alive(TypeId type, int count, KnownBy known_by = KnownBy::kPropagated) {
    for (int i = 0; i < count; ++i) heap_.refer(cache_, heap_.object(64, type, known_by));
    return *this;
  }
  HeapBuilder& heap() { return heap_; }
  StringId text(std::string_view text) { return calls_.texts.add(text); }

  LineVerdicts lines() {
    snapshot_ = heap_.build();
    const graph::Reachability reached = graph::reach(snapshot_);
    const graph::Dominators dominators = graph::dominators(snapshot_);
    const view::Groundwork groundwork(snapshot_, dominators);
    return code_lines(groundwork, reached, calls_);
  }

 private:
  HeapBuilder heap_;
  heap::Snapshot snapshot_;
  RootId cache_;
  std::vector<std::string_view> types_;
  compiler::AllocationCalls calls_;
};

TEST(CodeLines, WhatOneLineMakesIsItsOwn) {
  Unprofiled program;
  program.type("main.T", 64);
  program.call("main.T", "main.add", 12).call("main.T", "main.add", 12);
  program.alive(program.heap().structure("main.T", 64, {}), 3);
  const LineVerdicts lines = program.lines();
  ASSERT_THAT(lines.lines, SizeIs(1));
  EXPECT_EQ(place_words(lines.lines[0]), "main.add main.go:12");
  EXPECT_EQ(lines.lines[0].alive.bytes, (heap::EstimatedNumber{192, 192, 192}));
  EXPECT_EQ(lines.by_code->of_one_line, 192u);
  ASSERT_THAT(lines.lines[0].held, SizeIs(1));
  EXPECT_EQ(lines.lines[0].held[0].who.brief, "main.cache");
  EXPECT_THAT(sentences_of(lines.lines[0], lines), Contains("made 3 of main.T (192 B)"));
}

TEST(CodeLines, WhatAFewMakeIsNotDivided) {
  Unprofiled program;
  program.type("main.T", 64);
  program.call("main.T", "main.add", 12).call("main.T", "main.grow", 15, Allocates::kGrowth);
  program.alive(program.heap().structure("main.T", 64, {}), 3);
  const LineVerdicts lines = program.lines();
  ASSERT_THAT(lines.lines, SizeIs(1));
  EXPECT_EQ(place_words(lines.lines[0]), "main.add main.go:12 or 1 more");
  EXPECT_EQ(lines.lines[0].alive.bytes, (heap::EstimatedNumber{192, 0, 192}));
  EXPECT_EQ(lines.by_code->of_few, 192u);
}

TEST(CodeLines, WhatReflectionMayMakeIsAtMostTheLines) {
  Unprofiled program;
  program.type("main.T", 64).is_handed_on = true;
  program.call("main.T", "main.add", 12);
  program.alive(program.heap().structure("main.T", 64, {}), 3);
  const LineVerdicts lines = program.lines();
  ASSERT_THAT(lines.lines, SizeIs(1));
  EXPECT_EQ(lines.lines[0].alive.bytes, (heap::EstimatedNumber{192, 0, 192}));
  EXPECT_THAT(sentences_of(lines.lines[0], lines), Contains(HasSubstr("at most, of main.T: reflection")));
}

// A pointer to the first field of a main.W looks like one to a main.T; what the runtime says of a type is so.
TEST(CodeLines, WhatBeginsWithATypeMayLookLikeIt) {
  for (const auto& [known_by, doubts] : {std::pair(KnownBy::kPropagated, true), std::pair(KnownBy::kHeader, false)}) {
    Unprofiled program;
    program.type("main.T", 56);
    program.type("main.W", 64).begins_with.push_back(program.text("main.T"));
    program.call("main.T", "main.add", 12).call("main.W", "main.wrap", 15);
    program.alive(program.heap().structure("main.T", 56, {}), 3, known_by);
    const LineVerdicts lines = program.lines();
    ASSERT_THAT(lines.lines, SizeIs(1));
    EXPECT_EQ(lines.lines[0].by_code->has_doubt(), doubts);
  }
}

TEST(CodeLines, ArraysCountForTheirElements) {
  Unprofiled program;
  program.type("main.T", 64);
  program.type("[8]main.T", 512).elem = program.text("main.T");
  program.call("main.T", "main.add", 12).call("[8]main.T", "main.array", 15);
  program.alive(program.heap().structure("main.T", 64, {}), 1);
  const LineVerdicts lines = program.lines();
  ASSERT_THAT(lines.lines, SizeIs(1));
  EXPECT_THAT(lines.lines[0].by_code->places, SizeIs(2));
}

TEST(CodeLines, WhatManyMakeAndWhatNoneNamesIsSummedUp) {
  Unprofiled program;
  program.type("main.Many", 64);
  for (std::uint32_t line = 1; line <= 9; ++line) program.call("main.Many", "main.add", line);
  program.alive(program.heap().structure("main.Many", 64, {}), 2);
  program.alive(program.heap().structure("main.None", 64, {}), 1);
  program.alive({}, 1);
  LineVerdicts lines = program.lines();
  EXPECT_THAT(lines.lines, SizeIs(0));
  EXPECT_EQ(lines.by_code->of_many, 128u);
  EXPECT_EQ(lines.by_code->of_none, 64u);
  EXPECT_EQ(lines.by_code->untyped, 64u);
  lines.by_code->why_no_profile = "there is none";
  EXPECT_THAT(basis_of(lines), HasSubstr("128 B of types that many make (mostly main.Many), 64 B of what no call names "
                                         "(mostly main.None), and of 64 B the type is not known."));
}

}  // namespace
}  // namespace holdfast::evidence
