#include "go/lock_code.h"

#include <gmock/gmock.h>

#include <string>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::IsEmpty;

constexpr Address kLock{0x800010};
constexpr std::uint32_t kBytes = 0x80;  // of each function
constexpr std::uint64_t kCodeBytes = 0x1000;

class LockCodeTest : public testing::Test {
 public:
  LockCodeTest() { image_.map(StackImage::kText, kCodeBytes); }

  // Begins a function whose code the following calls write.
  Address begin(const std::string& name, std::uint32_t deferreturn = 0) {
    return begin_function({.name = name, .size = kBytes, .deferreturn = deferreturn});
  }
  Address begin_function(const binary::BuiltFunction& function) {
    entry_ = at_ = image_.function(function);
    return entry_;
  }
  LockCodeTest& bytes(std::initializer_list<std::uint8_t> code) {
    for (const std::uint8_t byte : code) {
      image_.put<std::uint8_t>(at_, byte);
      at_ += 1;
    }
    return *this;
  }
  LockCodeTest& relative(Address target) {
    image_.put<std::uint32_t>(at_, static_cast<std::uint32_t>(target - (at_ + 4)));
    at_ += 4;
    return *this;
  }
  LockCodeTest& address(Address of = kLock) { return bytes({0x48, 0x8d, 0x05}).relative(of); }  // lea rax, [of]
  Address call(Address function) {                                                              // where it returns to
    bytes({0xe8}).relative(function);
    return at_;
  }
  Address lock() { return address().call(lock_); }
  Address unlock() { return address().call(unlock_); }
  void leave() { bytes({0xc3}); }

  LockUse follow(Address function, const LockEffects& effects = {}) {
    return follow_lock(image_.functions(), *image_.functions().find(function), {kLock, kLock + 8}, effects);
  }

  StackImage image_{26};
  Address entry_, at_;
  const Address lock_ = begin("sync.(*Mutex).Lock"), unlock_ = begin("sync.(*Mutex).Unlock");
  const Address slow_ = begin("internal/sync.(*Mutex).lockSlow"), other_ = begin("main.other");
};

constexpr LockState kNothing{.asks = false, .surely = false, .perhaps = false, .keeps = true};
constexpr LockState kHas{.asks = false, .surely = true, .perhaps = true, .keeps = true};
constexpr LockState kMayHave{.asks = false, .surely = false, .perhaps = true, .keeps = true};
constexpr LockState kAsks{.asks = true, .surely = false, .perhaps = false, .keeps = true};

TEST_F(LockCodeTest, AFunctionHasTheLockBetweenLockAndUnlock) {
  const Address function = begin("main.f");
  const Address before = call(other_), asking = lock(), within = call(other_);
  unlock();
  const Address behind = call(other_);
  leave();
  const LockUse use = follow(function);
  EXPECT_EQ(use.at(before), kNothing);
  EXPECT_EQ(use.at(asking), kAsks);
  EXPECT_EQ(use.at(within), kHas);
  EXPECT_EQ(use.at(behind), kNothing);
  EXPECT_FALSE(use.effect);
  EXPECT_FALSE(use.lets_out);
}

TEST_F(LockCodeTest, ALockOnOneOfTwoWaysIsNotSure) {
  const Address function = begin("main.f");
  bytes({0x74, 0x0c});  // je over the call
  lock();
  const Address behind = call(other_);
  leave();
  const LockUse use = follow(function);
  EXPECT_EQ(use.at(behind), kMayHave);
  EXPECT_EQ(use.effect, (LockEffect{.leaves_locked = true, .unlocks = false}));
}

TEST_F(LockCodeTest, ALoopThatUnlocksHasNothingWhereItBegins) {
  const Address function = begin("main.f");
  const Address first = call(other_), asking = lock(), within = call(other_);
  unlock();
  bytes({0xeb, static_cast<std::uint8_t>(function - at_ + 5 - 2)});  // jmp behind the first call
  const LockUse use = follow(function);
  EXPECT_EQ(use.at(first), kNothing);
  EXPECT_EQ(use.at(asking), kAsks);
  EXPECT_EQ(use.at(within), kHas);
}

// As the compiler does it: an attempt, and a call where that fails.
TEST_F(LockCodeTest, AnInlinedLockIsOne) {
  const std::uint32_t tree = image_.inlined_call("sync.(*Mutex).Lock");
  const Address function = begin_function({.name = "main.f",
                                           .size = kBytes,
                                           .pcdata = {{}, {}, {{0x5, -1}, {0x20, 0}, {kBytes, -1}}},
                                           .funcdata = {~0U, ~0U, ~0U, tree}});
  const Address before = call(other_);
  bytes({0x31, 0xc0, 0x48, 0x8d, 0x0d}).relative(kLock);       // xor eax, eax; lea rcx, [lock]
  bytes({0xba, 1, 0, 0, 0, 0xf0, 0x0f, 0xb1, 0x11, 0x75, 0});  // mov edx, 1; lock cmpxchg [rcx], edx; jne
  image_.put<std::uint8_t>(at_ - 1, std::uint8_t{12});
  const Address asking = address().call(slow_);
  const Address within = call(other_);
  leave();
  const LockUse use = follow(function);
  EXPECT_EQ(use.at(before), kNothing);
  EXPECT_EQ(use.at(asking), kAsks);
  EXPECT_EQ(use.at(within), kHas);
  EXPECT_FALSE(use.lets_out);
}

TEST_F(LockCodeTest, WhoCallsAFunctionThatForgetsToUnlockMayHaveIt) {
  const Address forgets = begin("main.forgets");
  lock();
  leave();
  const Address caller = begin("main.f");
  const Address calling = call(forgets), behind = call(other_);
  leave();
  const LockEffect effect = follow(forgets).effect;
  EXPECT_TRUE(effect.leaves_locked);
  EXPECT_EQ(follow(caller).at(behind), kNothing);
  const LockUse use = follow(caller, {{forgets, effect}});
  EXPECT_EQ(use.at(calling), kNothing);
  EXPECT_EQ(use.at(behind), kMayHave);
}

TEST_F(LockCodeTest, AClosureOfItsOwnUnlocksForIt) {
  const Address closure = begin("main.f.func1");
  const Address inside = unlock();
  leave();
  const Address function = begin("main.f", 0x70);
  lock();
  const Address within = call(other_), deferred = call(closure), behind = call(other_);
  leave();
  const LockUse use = follow(closure);
  EXPECT_EQ(use.at(inside), kNothing);
  EXPECT_EQ(use.effect, (LockEffect{.leaves_locked = false, .unlocks = true}));
  const LockUse of_function = follow(function, {{closure, use.effect}});
  EXPECT_EQ(of_function.at(within), kHas);
  EXPECT_EQ(of_function.at(deferred), kHas);
  EXPECT_EQ(of_function.at(behind), kNothing);
  EXPECT_FALSE(of_function.effect);
}

// Its defer keeps the address of the lock in the frame, and calls the closure through a register.
TEST_F(LockCodeTest, ADeferredUnlockMayHaveRun) {
  const Address function = begin("main.f", 0x70);
  lock();
  address().bytes({0x48, 0x89, 0x44, 0x24, 0x18});  // mov [rsp+24], rax
  const Address within = call(other_);
  bytes({0xff, 0xd1});  // call rcx
  const Address behind = call(other_);
  leave();
  const LockUse use = follow(function);
  EXPECT_EQ(use.at(within), kHas);
  EXPECT_EQ(use.at(behind), kMayHave);
  EXPECT_FALSE(use.effect);
  EXPECT_FALSE(use.lets_out);
}

TEST_F(LockCodeTest, SeesThatTheAddressIsStoredOrPassedOn) {
  const Address passes = begin("main.passes");
  address().call(other_);
  leave();
  const Address passes_second = begin("main.passesSecond");
  bytes({0x48, 0x8d, 0x1d}).relative(kLock).call(other_);  // lea rbx, [lock]
  leave();
  const Address stores = begin("main.stores");
  address().bytes({0x48, 0x89, 0x01, 0xc3});  // mov [rcx], rax
  EXPECT_TRUE(follow(passes).lets_out);
  EXPECT_TRUE(follow(passes_second).lets_out);
  EXPECT_TRUE(follow(stores).lets_out);
}

TEST_F(LockCodeTest, APanicLeadsNowhere) {
  const Address panics = begin("runtime.panicIndex");
  const Address function = begin("main.f");
  lock();
  bytes({0x74, 0x05});  // je over the panic
  call(panics);
  unlock();
  leave();
  EXPECT_FALSE(follow(function).effect);
}

TEST_F(LockCodeTest, OfJumpsThroughATableItIsNotSure) {
  const Address function = begin("main.f");
  lock();
  const Address within = call(other_);
  bytes({0xff, 0xe1});  // jmp rcx
  EXPECT_EQ(follow(function).at(within), kMayHave);
}

TEST_F(LockCodeTest, FindsWhoRefersToMemory) {
  begin("main.one");
  lock();
  leave();
  begin("main.two");
  address(kLock + 8).leave();
  Module& module = image_.runtime().modules.front();
  module.etext = StackImage::kText + kCodeBytes;
  const AddressRange ranges[] = {{kLock, kLock + 8}, {kLock + 0x100, kLock + 0x108}};
  const auto found = find_references(image_.functions(), ranges);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  ASSERT_EQ(found->front().size(), 1U);
  EXPECT_EQ(found->front()[0].function.name, "main.one");
  EXPECT_THAT(found->back(), IsEmpty());
  module.etext += 1;
  EXPECT_FALSE(find_references(image_.functions(), ranges)) << "not all code can be read";
}

}  // namespace
}  // namespace holdfast::go
