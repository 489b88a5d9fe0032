#include "compiler/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/json_reader.h"
#include "compiler/text_reader.h"

namespace holdfast::compiler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A program in /src/m/a.go, package main.
class Program {
 public:
  // `lines`: that of the call and those of the calls that it was inlined to, the innermost first.
  Program& call(std::string_view callee, std::vector<std::uint32_t> lines, std::string_view type = "main.T",
                bool has_buffer = false) {
    AllocationCall one;
    one.what = find_allocator(callee)->what;
    one.callee = calls_.texts.add(callee);
    if (!type.empty()) one.type = calls_.texts.add(type);
    one.has_buffer = has_buffer;
    one.first_frame = static_cast<std::uint32_t>(calls_.frames.size());
    one.frames = static_cast<std::uint32_t>(lines.size());
    for (const std::uint32_t line : lines) {
      calls_.frames.push_back({calls_.texts.add("main.f"), calls_.texts.add("/src/m/a.go"), line, 0});
      code(line);
    }
    calls_.calls.push_back(one);
    return *this;
  }
  Program& code(std::uint32_t line) {
    calls_.lines.push_back({calls_.texts.add("/src/m/a.go"), line});
    return *this;
  }
  const AllocationCalls& build() const { return calls_; }

 private:
  AllocationCalls calls_;
};

Decisions said(const std::string& text) {
  const auto kept = std::make_shared<const std::string>("# example.com/m\n" + text);
  return read_text({*kept, kept, "/src/m"});
}

Judgement ruling(const std::string& line, const Program& program) {
  const Decisions decisions = said(line);
  return judge(decisions, program.build()).of_decisions.at(0);
}

TEST(Judge, AnEscapeIsConfirmedByACallThatFits) {
  EXPECT_EQ(ruling("./a.go:3:2: moved to heap: x\n", Program().call("newobject", {3})).ruling, Ruling::kConfirmed);
  EXPECT_EQ(ruling("./a.go:3:2: moved to heap: x\n", Program().call("mallocgcSmallScanNoHeaderSC3", {3})).ruling,
            Ruling::kConfirmed);
  EXPECT_EQ(ruling("./a.go:3:2: make([]int, n) escapes to heap\n", Program().call("makeslice", {3})).ruling,
            Ruling::kConfirmed);
  const Judgement boxed = ruling("./a.go:3:2: i escapes to heap\n", Program().call("convT64", {3}));
  EXPECT_EQ(boxed.ruling, Ruling::kConfirmed);
  EXPECT_EQ(boxed.why, "unless it is zero, empty or a number below 256");
}

TEST(Judge, AnEscapeWithoutACallIsRefutedOrHasNoCode) {
  EXPECT_EQ(ruling("./a.go:3:2: \"abc\" escapes to heap\n", Program().code(3)).ruling, Ruling::kRefuted);
  EXPECT_EQ(ruling("./a.go:3:2: moved to heap: x\n", Program().call("makechan", {3})).ruling, Ruling::kRefuted)
      << "the call does not fit";
  EXPECT_EQ(ruling("./a.go:3:2: moved to heap: x\n", Program().code(4)).ruling, Ruling::kAbsent);
}

TEST(Judge, AConstantIsNotConfirmedByTheCallOfItsNeighbour) {
  const Decisions decisions = said("./a.go:3:2: \"x\" escapes to heap\n./a.go:3:7: i escapes to heap\n");
  const Judgements judgements = judge(decisions, Program().call("convT64", {3}).build());
  EXPECT_EQ(judgements.of_decisions[0].ruling, Ruling::kRefuted);
  EXPECT_EQ(judgements.of_decisions[1].ruling, Ruling::kConfirmed);
}

TEST(Judge, OfMoreDecisionsThanCallsNoneIsCertain) {
  const Decisions decisions = said("./a.go:3:2: i escapes to heap\n./a.go:3:7: j escapes to heap\n");
  EXPECT_EQ(judge(decisions, Program().call("convT64", {3}).build()).of_decisions[0].ruling, Ruling::kPerhaps);
  EXPECT_EQ(judge(decisions, Program().call("convT64", {3}).call("convT64", {3}).build()).of_decisions[0].ruling,
            Ruling::kConfirmed);
}

TEST(Judge, TwoVariablesOfOneLineCanBeMerged) {
  const Decisions decisions = said("./a.go:3:6: moved to heap: x\n./a.go:3:9: moved to heap: y\n");
  EXPECT_EQ(judge(decisions, Program().call("mallocgcSmallNoScanSC2", {3}, "").build()).of_decisions[0].ruling,
            Ruling::kMerged);
}

TEST(Judge, SeveralVariablesCanBeInOneAllocation) {
  const std::string line =
      "./a.go:3:2: x escapes to heap in f:\n./a.go:3:2:   flow: ~r0 ← &x:\n./a.go:3:2: moved to heap: x\n";
  const Judgement judgement = ruling(line, Program().code(3).call("mallocgc", {5}, ""));
  EXPECT_EQ(judgement.ruling, Ruling::kMerged);
  EXPECT_THAT(judgement.calls, ElementsAre(0));
}

TEST(Judge, CallsOfALineGoToTheDecisionsThatNameTheirTypes) {
  const Decisions decisions = said(
      "./a.go:3:2: moved to heap: x\n./a.go:3:9: &lib.T{...} escapes to heap\n./a.go:3:20: new(U) escapes to heap\n");
  const Judgements judgements = judge(decisions, Program()
                                                     .call("newobject", {3}, "example.com/m/lib.T[int]")
                                                     .call("newobject", {3}, "int")
                                                     .call("newobject", {3}, "main.U·1")
                                                     .build());
  EXPECT_THAT(judgements.of_decisions[0].calls, ElementsAre(1));
  EXPECT_THAT(judgements.of_decisions[1].calls, ElementsAre(0));
  EXPECT_THAT(judgements.of_decisions[2].calls, ElementsAre(2));
  for (const Judgement& one : judgements.of_decisions) EXPECT_EQ(one.ruling, Ruling::kConfirmed);
}

TEST(Judge, TypesThatNoCallPassesDecideNothing) {
  const Decisions decisions = said("./a.go:3:2: &A{...} escapes to heap\n./a.go:3:9: &B{...} escapes to heap\n");
  const Program program = Program().call("newobject", {3}, "main.T").call("newobject", {3}, "");
  for (const Judgement& one : judge(decisions, program.build()).of_decisions) EXPECT_THAT(one.calls, ElementsAre(0, 1));
}

TEST(Expression, NamesTypesAsTheCompilerSpellsThem) {
  EXPECT_EQ(type_named_by("&lib.T{...}"), "T");
  EXPECT_EQ(type_named_by("new(*lib.T)"), "*T");
  EXPECT_EQ(type_named_by("make([]int, n)"), "int");
  EXPECT_EQ(type_named_by("[]*T{...}"), "*T");
  EXPECT_EQ(type_named_by("lib.T{...}"), "T");
  EXPECT_EQ(type_named_by("make(chan int)"), "");
  EXPECT_EQ(type_named_by("map[string]int{...}"), "");
  EXPECT_EQ(type_named_by("&struct { x int }{...}"), "");
  EXPECT_EQ(short_type("*example.com/m.v2/lib.T[go.shape.int,a/b.C]"), "*T");
  EXPECT_EQ(short_type("[3]main.T"), "T");
  EXPECT_EQ(short_type("["), "");
  EXPECT_EQ(short_type(""), "");
}

TEST(Judge, WhatDoesNotEscapeMayAllocateAllTheSame) {
  const Judgement text =
      ruling("./a.go:3:2: string(b) does not escape\n", Program().call("slicebytetostring", {3}, "", true));
  EXPECT_EQ(text.ruling, Ruling::kBroken);
  EXPECT_EQ(text.why, "when it is longer than 32 bytes");
  EXPECT_EQ(ruling("./a.go:3:2: make([]int, n) does not escape\n", Program().call("makeslice", {3})).ruling,
            Ruling::kBroken);
  EXPECT_EQ(ruling("./a.go:3:2: append does not escape\n", Program().call("growslice", {3})).ruling, Ruling::kBroken);
  EXPECT_EQ(ruling("./a.go:3:2: make([]int, 3) does not escape\n", Program().code(3)).ruling, Ruling::kKept);
}

TEST(Judge, ACallThatAnEscapeExplainsBreaksNoPromise) {
  const Decisions decisions =
      said("./a.go:3:2: make([]int, n) escapes to heap\n./a.go:3:22: make([]int, m) does not escape\n");
  const Judgements judgements = judge(decisions, Program().call("makeslice", {3}).build());
  EXPECT_EQ(judgements.of_decisions[0].ruling, Ruling::kConfirmed);
  EXPECT_EQ(judgements.of_decisions[1].ruling, Ruling::kKept);
}

TEST(Judge, TellsWhatTheCompilerDoesNotSay) {
  const Decisions decisions = said("./a.go:3:2: moved to heap: x\n");
  const Program program = Program().call("newobject", {3}).call("makechan", {9}).call("mapassign_faststr", {10});
  EXPECT_THAT(judge(decisions, program.build()).unsaid, ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST(Judge, OfPackagesThatWereNotAskedAboutSilenceSaysNothing) {
  const Decisions decisions = said("./b.go:3:2: moved to heap: x\n");
  EXPECT_THAT(judge(decisions, Program().call("makechan", {9}).build()).unsaid, IsEmpty());
}

TEST(Judge, InlinedCodeIsLookedForWhereItWasWrittenAndOnItsWay) {
  const std::string at =
      R"({"location":{"uri":"file:///src/m/a.go","range":{"start":{"line":18,"character":9}}},"message":"inlineLoc"})";
  const auto json = std::make_shared<const std::string>(
      R"({"version":0,"package":"main","gc_version":"go1.27.4","file":"/src/m/a.go"})"
      "\n"
      R"({"range":{"start":{"line":26,"character":2}},"code":"escape","message":"&node{} escapes to heap","relatedInformation":[)" +
      at + "]}\n" +
      R"({"range":{"start":{"line":26,"character":2}},"code":"escape","message":"","relatedInformation":[)" + at +
      "]}\n");
  const Decisions decisions = read_json({{"a.json", *json, json}});
  EXPECT_EQ(judge(decisions, Program().call("newobject", {18, 26}).build()).of_decisions[0].ruling, Ruling::kConfirmed);
  EXPECT_EQ(judge(decisions, Program().call("newobject", {18, 26, 40}).build()).of_decisions[0].ruling, Ruling::kAbsent)
      << "only where the function is inlined";
  EXPECT_EQ(judge(decisions, Program().call("newobject", {18, 30}).build()).of_decisions[0].ruling, Ruling::kRefuted);
}

}  // namespace
}  // namespace holdfast::compiler
