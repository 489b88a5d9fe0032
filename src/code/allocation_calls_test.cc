#include "code/allocation_calls.h"

#include <gtest/gtest.h>

#include <string>

#include "binary/pclntab_builder_for_tests.h"
#include "go/function_tables.h"
#include "go/type_image_for_tests.h"

namespace holdfast::code {
namespace {

using compiler::Allocates;
using compiler::AllocationCall;
using compiler::AllocationCalls;
using compiler::MachineFrame;

// Machine code, written where it will run.
class AllocatingCode {
 public:
  explicit AllocatingCode(Address at) : at_(at) {}
  Address here() const { return at_ + bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

  AllocatingCode& type_in_rax(Address type) { return put("\x48\x8d\x05").relative(type); }
  AllocatingCode& type_in_rbx(Address type) { return put("\x48\x8d\x1d").relative(type); }
  AllocatingCode& buffer_in_rax() { return put("\x48\x8d\x44\x24\x20"); }  // lea rax, [rsp+32]
  AllocatingCode& number_in_rax(std::int32_t number) { return put("\xb8").number(number); }
  AllocatingCode& call(Address function) { return put("\xe8").relative(function); }
  AllocatingCode& jump(Address to) { return put("\xe9").relative(to); }

 private:
  AllocatingCode& put(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  AllocatingCode& number(std::int32_t number) {
    for (int i = 0; i < 4; ++i) bytes_ += static_cast<char>(static_cast<std::uint32_t>(number) >> (8 * i));
    return *this;
  }
  AllocatingCode& relative(Address to) { return number(static_cast<std::int32_t>(to.value - (here() + 4).value)); }

  Address at_;
  std::string bytes_;
};

// A program of Go 1.26 with three allocators, and a function main.f in a.go that begins at line 10 and is all at
// line 12.
class AllocationCallsTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kSize = 0x40;

  AllocationCallsTest() {
    item = image.structure({{"n", image.integer(), 0}}, 8, "main.Item", {"main", {}});
    text = image.space(std::uint64_t{kSize} * 8, 64);
    tables.add_file("/src/a.go");
    new_object = add("runtime.newobject");
    small = add("runtime.mallocgcSmallNoScanSC3");
    to_text = add("runtime.slicebytetostring");
    function = add("main.f");
    of_runtime = add("runtime.mstart1");
  }

  Address add(const std::string& name) {
    return text +
           tables.add({.name = name, .size = kSize, .file = {{kSize, 0}}, .line = {{kSize, 12}}, .start_line = 10});
  }

  AllocationCalls find(const AllocatingCode& code, Address at) {
    image.write_bytes(at, code.bytes());
    const std::vector<std::byte> bytes = tables.build();
    const Address table = image.space(bytes.size());
    image.write_bytes(table, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    go::Module& module = image.modules[0];
    module.pc_header = table;
    module.pclntab_end = table + bytes.size();
    module.text = module.min_pc = text;
    module.etext = module.max_pc = text + std::uint64_t{kSize} * 8;
    const go::Runtime runtime = image.runtime();
    LossLedger losses;
    return find_allocation_calls(go::FunctionTables(runtime, losses), {});
  }
  AllocationCalls find(const AllocatingCode& code) { return find(code, function); }
  AllocatingCode code() const { return AllocatingCode(function); }

  go::TypeImage image{26};
  binary::PclntabBuilder tables{binary::PclntabBuilder::Form::kGo120};
  Address item, text, new_object, small, to_text, function, of_runtime;
};

TEST_F(AllocationCallsTest, TellsWhatIsAllocatedAndWhere) {
  const AllocationCalls found = find(code().type_in_rax(item).call(new_object));
  ASSERT_EQ(found.calls.size(), 1U);
  const AllocationCall& call = found.calls[0];
  EXPECT_EQ(call.what, Allocates::kObject);
  EXPECT_EQ(found.text(call.callee), "newobject");
  EXPECT_EQ(found.text(call.type), "main.Item");
  EXPECT_EQ(call.bytes, 8U);
  ASSERT_EQ(call.frames, 1U);
  const MachineFrame& frame = found.frames[call.first_frame];
  EXPECT_EQ(found.text(frame.function), "main.f");
  EXPECT_EQ(found.text(frame.path), "/src/a.go");
  EXPECT_EQ(frame.line, 12U);
  EXPECT_EQ(frame.function_line, 10U);
}

TEST_F(AllocationCallsTest, KindsOfMallocgcTakeTheSizeBeforeTheType) {
  const AllocationCalls found = find(code().number_in_rax(24).type_in_rbx(item).call(small));
  ASSERT_EQ(found.calls.size(), 1U);
  EXPECT_EQ(found.calls[0].bytes, 24U);
  EXPECT_EQ(found.text(found.calls[0].type), "main.Item");
}

TEST_F(AllocationCallsTest, TextsMayHaveABufferOnTheStack) {
  const AllocationCalls found = find(code().buffer_in_rax().call(to_text).number_in_rax(0).call(to_text));
  ASSERT_EQ(found.calls.size(), 2U);
  EXPECT_EQ(found.calls[0].what, Allocates::kText);
  EXPECT_TRUE(found.calls[0].has_buffer);
  EXPECT_FALSE(found.calls[1].has_buffer);
}

TEST_F(AllocationCallsTest, ACallMayBeTheLastJump) {
  const AllocationCalls found = find(code().type_in_rax(item).jump(new_object));
  ASSERT_EQ(found.calls.size(), 1U);
  EXPECT_EQ(found.text(found.calls[0].type), "main.Item");
}

TEST_F(AllocationCallsTest, ACallForgetsWhatRegistersHeld) {
  const AllocationCalls found = find(code().type_in_rax(item).call(new_object).call(new_object));
  ASSERT_EQ(found.calls.size(), 2U);
  EXPECT_FALSE(found.calls[1].type);
  EXPECT_EQ(found.calls[1].bytes, 0U);
}

TEST_F(AllocationCallsTest, WhereAJumpLeadsTheTypeIsNotTold) {
  AllocatingCode some = code().type_in_rax(item);
  const Address label = some.here();
  const AllocationCalls found = find(some.call(new_object).jump(label));
  ASSERT_EQ(found.calls.size(), 1U);
  EXPECT_FALSE(found.calls[0].type);
}

TEST_F(AllocationCallsTest, CallsWithinTheRuntimeAreLeftOut) {
  const AllocationCalls found = find(AllocatingCode(of_runtime).type_in_rax(item).call(new_object), of_runtime);
  EXPECT_TRUE(found.calls.empty());
}

TEST_F(AllocationCallsTest, BytesThatAreNoCodeAreNoCalls) {
  EXPECT_TRUE(find(code()).calls.empty());
}

}  // namespace
}  // namespace holdfast::code
