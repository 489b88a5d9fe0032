#include "report/object_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "heap/snapshot.h"

namespace holdfast::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using view::ReferenceOut;
using view::ReferencesIn;
using view::ShownObject;
using view::Value;

Value value_of(std::string name, std::string type, std::string text) {
  Value value;
  value.name = std::move(name);
  value.type = std::move(type);
  value.text = std::move(text);
  return value;
}

ShownObject session() {
  ShownObject shown;
  shown.asked = Address(0xc000001018);
  shown.address = Address(0xc000001000);
  shown.value_at = Address(0xc000001008);
  shown.field_asked = ".body";
  shown.type = "example.com/app/main.Session";
  shown.known_by = heap::KnownBy::kHeader;
  shown.span = Address(0xc000000000);
  shown.span_bytes = 8192;
  shown.slot = 3;
  shown.slots = 85;
  shown.slot_bytes = 96;
  shown.size_class = 8;
  shown.header_bytes = 8;
  shown.has_pointers = shown.reachable = shown.marks_known = shown.marked = true;
  shown.retained_bytes = 16 << 10;
  shown.retained_objects = 3;
  shown.held.text = {"example.com/app/main.registry", "main.registry"};
  shown.value.has_content = true;
  shown.value.value = value_of("", shown.type, "");
  shown.value.value.parts = {value_of(".name", "string", "\"a\""), value_of(".list", "[]int", "len 3, cap 4")};
  shown.value.value.all_parts = 2;
  Value& list = shown.value.value.parts[1];
  list.parts = {value_of("[0]", "int", "17")};
  list.all_parts = 3;
  list.at = Address(0xc000001038);
  shown.refers_to.all = 4;
  shown.refers_to.rows = {{16, ".body", Address(0xc000003000), "[]uint8", 4096, 4096}};
  shown.refers_to.left_out_count = 3;
  shown.refers_to.left_out_bytes = 100;
  shown.referred_by.all = 1;
  shown.referred_by.rows = {
      {{"example.com/app/main.Item.owner", "main.Item.owner"}, false, 9, 2, Address(0xc000004000), 32}};
  return shown;
}

TEST(ObjectText, SaysEverythingInItsPlace) {
  const std::string text = object_text(session(), "4711", {.width = 200, .color = false});
  EXPECT_THAT(text, AllOf(HasSubstr("main.Session at 0xc000001008\n"), HasSubstr("16 B into it: .body"),
                          HasSubstr("example.com/app/main.Session (known by: header)"),
                          HasSubstr("96 B, size class 8, slot 3 of 85 in the span 0xc000000000 of 8.0 KiB"),
                          HasSubstr("it begins 8 B earlier"), HasSubstr("reachable; marked by the last collection"),
                          HasSubstr("16.0 KiB in 3 objects"), HasSubstr("HELD BY main.registry")));
  EXPECT_THAT(text, AllOf(HasSubstr("  .name  string  \"a\"\n"), HasSubstr("    [0]  17\n"),
                          HasSubstr("    and 2 more; `--top 0` shows all, `holdfast show 4711 0xc000001038 --type "
                                    "'[]int' --offset 1` the next\n"),
                          HasSubstr("and 3 more with 3 pointers, to objects of 100 B; `--top 0` shows all"),
                          HasSubstr("main.Item.owner"), HasSubstr("holdfast show 4711 ADDRESS")));
  EXPECT_THAT(text, Not(HasSubstr("BYTES")));
}

TEST(ObjectText, SaysOfGarbageThatNothingReachesIt) {
  ShownObject shown = session();
  shown.reachable = shown.marked = false;
  shown.fresh = true;
  const std::string text = object_text(shown, "4711", {.width = 100, .color = false});
  EXPECT_THAT(text, AllOf(HasSubstr("garbage: nothing reaches it; allocated since the last mark"),
                          Not(HasSubstr("HELD BY")), Not(HasSubstr("retains    "))));
}

TEST(ObjectText, ShowsBytesAndWhatPartsAloneKeep) {
  ShownObject shown = session();
  shown.value.raw = {'h', 'i', 0, 1};
  for (Value& part : shown.value.value.parts) part.alone_bytes = 2048;
  shown.value.value.parts[1].parts[0].alone_bytes = 0;
  shown.value.value.parts[1].left_out_alone = 512;
  const std::string text = object_text(shown, "4711", {.width = 100, .color = false});
  EXPECT_THAT(text, AllOf(HasSubstr("0xc000001000  68 69 00 01"), HasSubstr("  hi..\n"), HasSubstr("2.0 KiB"),
                          HasSubstr("and 2 more, which alone keep at least 512 B")));
}

TEST(ObjectText, APageSaysWhatLiesBeforeItAndHowToGetTheNext) {
  ShownObject shown = session();
  shown.value.value.parts.pop_back();
  shown.value.value.first_part = 20;
  shown.value.value.all_parts = 30;
  shown.read_as = "map[string]int";
  EXPECT_THAT(object_text(shown, "4711", {.width = 200, .color = false}),
              AllOf(HasSubstr("  20 before these\n"),
                    HasSubstr("  and 9 more; `--top 0` shows all, `holdfast show 4711 0xc000001018 --type "
                              "'map[string]int' --offset 21` the next\n")));
  shown.value.value = value_of("", "string data", "\"abc\"… (100 bytes)");
  shown.value.value.text_bytes = 100;
  shown.value.value.text_shown = 3;
  shown.read_as = "";
  EXPECT_THAT(
      object_text(shown, "4711", {.width = 200, .color = false}),
      HasSubstr("  and 97 bytes more; `--top 0` shows all, `holdfast show 4711 0xc000001018 --offset 3` the next\n"));
}

TEST(ObjectText, FitsItsWidth) {
  ShownObject shown = session();
  shown.value.value.parts[0].text = std::string(500, 'x');
  const std::string text = object_text(shown, "4711", {.width = 60, .color = false});
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 64U) << text.substr(at, end - at);  // an ellipsis has three bytes
    at = end + 1;
  }
}

TEST(ObjectText, IsHarmlessForATerminal) {
  ShownObject shown = session();
  shown.value.value.parts[0].name = ".\033[2J";
  shown.value.value.parts[0].text = "\033]0;evil\a";
  EXPECT_THAT(object_text(shown, "4711", {.width = 100, .color = false}), Not(HasSubstr("\033")));
}

TEST(ObjectJson, HasExactNumbers) {
  const nlohmann::ordered_json json = object_json({}, session());
  EXPECT_EQ(json["schema"], "holdfast.show/1");
  EXPECT_EQ(json["address"], "0xc000001000");
  EXPECT_EQ(json["value_address"], "0xc000001008");
  EXPECT_EQ(json["slot"]["size_class"], 8);
  EXPECT_EQ(json["collector"]["marked"], true);
  EXPECT_EQ(json["collector"]["may_be_marked"], nullptr);
  EXPECT_EQ(json["value"]["parts"][1]["parts"][0]["text"], "17");
  EXPECT_EQ(json["value"]["parts"][1]["part_count"], 3);
  EXPECT_EQ(json["refers_to"]["left_out_pointers"], 3);
  EXPECT_EQ(json["referred_to_by"]["rows"][0]["from_garbage"], 2);
  EXPECT_FALSE(json.contains("raw"));
  ShownObject swept = session();
  swept.marks_known = false;
  EXPECT_EQ(object_json({}, swept)["collector"]["marked"], nullptr);
}

TEST(DebuggerText, IsAListOfCommandsWithRemarksBehind) {
  EXPECT_EQ(debugger_text({"dlv attach 7", {"print 1", "print 2"}, {"beware"}}),
            "dlv attach 7\nprint 1\nprint 2\n# beware\n");
}

}  // namespace
}  // namespace holdfast::report
