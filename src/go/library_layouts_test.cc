#include "go/library_layouts.h"

#include <gtest/gtest.h>

#include "go/type_image_for_tests.h"

namespace holdfast::go {
namespace {

TEST(LibraryLayouts, AreAbsentAsAWholeWhenOnePartIs) {
  FakeLayouts layouts;
  layouts.sizes = {{"runtime.hmap", 48}, {"runtime.hchan", 96}};
  layouts.fields = {{"runtime.hchan.qcount", {0, 8}},    {"runtime.hchan.dataqsiz", {8, 8}},
                    {"runtime.hchan.buf", {16, 8}},      {"runtime.hchan.closed", {28, 4}},
                    {"runtime.hchan.elemtype", {32, 8}}, {"runtime.hchan.recvx", {40, 8}},
                    {"runtime.hchan.elemsize", {24, 2}}, {"runtime.hchan.recvq", {56, 16}}};
  EXPECT_FALSE(read_library_layouts(layouts).channel);
  EXPECT_FALSE(read_library_layouts(layouts).hash_map);
  layouts.fields["runtime.hchan.sendq"] = {72, 16};
  const auto read = read_library_layouts(layouts);
  ASSERT_TRUE(read.channel);
  EXPECT_EQ(read.channel->buffer, 16U);
  EXPECT_EQ(read.channel->elem_type, 32U);
  EXPECT_EQ(read.channel->senders, 72U);
  EXPECT_EQ(read.channel->bytes, 96U);
}

TEST(LibraryLayouts, TakeTheRealPointersOfAWaiterSince126) {
  FakeLayouts layouts;
  layouts.sizes = {{"runtime.sudog", 96}};
  layouts.fields = {{"runtime.sudog.g", {0, 8}},         {"runtime.sudog.next", {8, 8}},
                    {"runtime.sudog.prev", {16, 8}},     {"runtime.sudog.elem", {24, 8}},
                    {"runtime.sudog.isSelect", {52, 1}}, {"runtime.sudog.c", {80, 8}},
                    {"runtime.sudog.waitlink", {64, 8}}};
  ASSERT_TRUE(read_library_layouts(layouts).waiter);
  EXPECT_EQ(read_library_layouts(layouts).waiter->elem, 24U);
  EXPECT_EQ(read_library_layouts(layouts).waiter->channel, 80U);
  layouts.fields["runtime.sudog.c"] = {88, 16};
  layouts.fields["runtime.maybeTraceablePtr.vu"] = {8, 8};
  EXPECT_EQ(read_library_layouts(layouts).waiter->elem, 32U);
  EXPECT_EQ(read_library_layouts(layouts).waiter->channel, 96U);
}

}  // namespace
}  // namespace holdfast::go
