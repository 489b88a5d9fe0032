#include "capture/lock_holders.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/cancel.h"
#include "base/wire.h"
#include "go/lock_code.h"

namespace holdfast::capture {
namespace {

using heap::LockHold;
using heap::LockKind;

constexpr std::size_t kMostLocks = 64;
constexpr int kMostRounds = 4;  // of calls between a function that leaves a lock locked and one that goes on with it
// A word on a stack that leads to so few bytes before a lock may be a pointer to what the lock is a part of.
constexpr std::uint64_t kNear = 512;

struct Lock {
  AddressRange range;
  std::vector<Address> semaphores;                // that goroutines wait for
  std::unordered_map<Address, go::LockUse> uses;  // by entry of the function
  bool is_hidden = false;                         // it may be used in ways that its address in code does not tell
};

std::uint64_t size_of(LockKind kind) {
  return kind == LockKind::kMutex ? 8 : 24;
}

class HolderPass {
 public:
  HolderPass(const go::FunctionTables& functions, heap::Snapshot& snapshot)
      : functions_(functions), memory_(functions.runtime().memory), snapshot_(snapshot) {}

  void run() {
    find_locks();
    if (locks_.empty()) return;
    follow_code();
    look_for_pointers();
    for (std::uint32_t g = 0; g < snapshot_.goroutines.size(); ++g) add_goroutine(GoroutineId(g));
    drop_hidden();
    std::ranges::sort(snapshot_.lock_holders);
    const auto again = std::ranges::unique(snapshot_.lock_holders);
    snapshot_.lock_holders.erase(again.begin(), again.end());
  }

 private:
  struct Claim {
    std::size_t lock = 0;
    go::LockState state;
  };

  bool is_variable(Address at) const {
    return std::ranges::any_of(functions_.runtime().modules, [&](const go::Module& module) {
      return std::ranges::any_of(module.variables(), [&](const AddressRange& range) { return range.contains(at); });
    });
  }

  void find_locks() {
    for (const heap::AwaitedLock& row : snapshot_.awaited_locks) {
      const bool is_lock = row.kind == LockKind::kMutex || row.kind == LockKind::kRwMutex;
      if (!is_lock || !row.known || (!row.locked && row.readers == 0) || !is_variable(row.at)) continue;
      auto lock = std::ranges::find(locks_, row.at, [](const Lock& each) { return each.range.begin; });
      if (lock == locks_.end()) {
        if (locks_.size() == kMostLocks) continue;
        locks_.push_back({.range = {row.at, row.at + size_of(row.kind)}, .semaphores = {}, .uses = {}});
        lock = locks_.end() - 1;
      }
      lock->semaphores.push_back(row.semaphore);
      const Address near = row.at - kNear;
      around_ = {around_.empty() ? near : std::min(around_.begin, near), std::max(around_.end, lock->range.end)};
    }
  }

  void follow_code() {
    std::vector<AddressRange> ranges;
    for (const Lock& lock : locks_) ranges.push_back(lock.range);
    auto users = go::find_references(functions_, ranges);
    for (std::size_t i = 0; i < locks_.size(); ++i)
      if (users)
        follow(locks_[i], std::move((*users)[i]));
      else
        locks_[i].is_hidden = true;
  }

  // Who calls a function that leaves the lock locked, or unlocks it, uses it as well.
  void follow(Lock& lock, std::vector<go::Code> users) {
    go::LockEffects effects;
    for (int round = 0; round < kMostRounds; ++round) {
      go::LockEffects now;
      for (const go::Code& user : users) {
        throw_if_cancelled();
        go::LockUse use = go::follow_lock(functions_, user, lock.range, effects);
        lock.is_hidden = lock.is_hidden || use.lets_out;
        if (use.effect) now.emplace(user.function.entry, use.effect);
        lock.uses.insert_or_assign(user.function.entry, std::move(use));
      }
      if (lock.is_hidden || now == effects) return;
      add_callers(now, effects, users);
      effects = std::move(now);
    }
    lock.is_hidden = true;
  }

  void add_callers(const go::LockEffects& now, const go::LockEffects& before, std::vector<go::Code>& users) const {
    std::vector<AddressRange> entries;
    for (const auto& [entry, effect] : now)
      if (!before.contains(entry)) entries.push_back({entry, entry + 1});
    const auto callers = go::find_references(functions_, entries);
    for (std::size_t i = 0; callers && i < entries.size(); ++i)
      for (const go::Code& caller : (*callers)[i])
        if (std::ranges::find(users, caller.ref, &go::Code::ref) == users.end()) users.push_back(caller);
  }

  // Data that the linker has laid out may refer to a lock, too. What code stores, code tells.
  void look_for_pointers() {
    for (const go::Module& module : functions_.runtime().modules)
      for_each_word(module.data, [&](Address word) {
        for (Lock& lock : locks_) lock.is_hidden = lock.is_hidden || lock.range.contains(word);
      });
  }

  template <typename Visit>
  void for_each_word(AddressRange range, const Visit& visit) {
    words_.resize(range.empty() ? 0 : range.size());
    if (words_.empty() || !memory_.try_read(range.begin, words_)) return;
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= words_.size(); at += sizeof(std::uint64_t))
      visit(Address(load_le<std::uint64_t>(words_.data() + at)));
  }

  bool waits_for(const heap::Goroutine& goroutine, const Lock& lock) const {
    const bool waits =
        goroutine.state == heap::GoroutineState::kWaiting || goroutine.state == heap::GoroutineState::kLeaked;
    return waits && std::ranges::find(lock.semaphores, goroutine.waits_on) != lock.semaphores.end();
  }

  void add(std::size_t lock, GoroutineId goroutine, FrameId frame, LockHold hold) {
    snapshot_.lock_holders.push_back({locks_[lock].range.begin, goroutine, frame, hold});
  }

  void add_goroutine(GoroutineId id) {
    const heap::Goroutine& goroutine = snapshot_.goroutines[id.row];
    if (goroutine.has_ended() || goroutine.state == heap::GoroutineState::kIdle) return;
    for (std::size_t i = 0; i < locks_.size() && !goroutine.unwound; ++i) add(i, id, {}, LockHold::kPerhaps);
    add_frames(id);
    add_near_words(id);
    for (std::size_t i = 0; i < locks_.size(); ++i)
      locks_[i].is_hidden = locks_[i].is_hidden || (waits_for(goroutine, locks_[i]) && !asks_[i]);
  }

  // From the innermost function outwards. What deferred calls have done is not known while a panic runs them.
  void add_frames(GoroutineId id) {
    const heap::Goroutine& goroutine = snapshot_.goroutines[id.row];
    bool is_sure = goroutine.wait_reason != WaitReason::kCondWait;
    std::vector<bool> keeps(locks_.size(), true);
    asks_.assign(locks_.size(), false);
    for (std::uint32_t f = 0; f < goroutine.frame_count; ++f) {
      const FrameId frame(goroutine.first_frame + f);
      const heap::Frame& row = snapshot_.frames[frame.row];
      const std::string_view name = snapshot_.strings[row.function];
      is_sure = is_sure && name != "runtime.gopanic" && name != "runtime.Goexit";
      if (row.inlined) continue;  // the function that it is a part of comes later
      for (const Claim& claim : claims_at(row.pc)) {
        const go::LockState& state = claim.state;
        const bool asks = state.asks && waits_for(goroutine, locks_[claim.lock]);
        const bool surely = state.surely && is_sure && keeps[claim.lock];
        if (asks) add(claim.lock, id, frame, LockHold::kAsks);
        asks_[claim.lock] = asks_[claim.lock] || asks;
        if (surely)
          add(claim.lock, id, frame, LockHold::kSurely);
        else if (state.surely || state.perhaps || (state.asks && !asks))
          add(claim.lock, id, frame, LockHold::kPerhaps);
        keeps[claim.lock] = keeps[claim.lock] && state.keeps;
      }
    }
  }

  const std::vector<Claim>& claims_at(Address pc) {
    const auto [known, is_new] = claims_.try_emplace(pc);
    const auto code = is_new ? functions_.find(pc - 1) : std::nullopt;
    if (!code) return known->second;
    for (std::size_t i = 0; i < locks_.size(); ++i)
      if (const auto use = locks_[i].uses.find(code->function.entry); use != locks_[i].uses.end())
        known->second.push_back({i, use->second.at(pc)});
    return known->second;
  }

  void add_near_words(GoroutineId id) {
    const heap::Goroutine& goroutine = snapshot_.goroutines[id.row];
    const AddressRange used{goroutine.stack.end - std::min(goroutine.stack_used, goroutine.stack.size()),
                            goroutine.stack.end};
    std::vector<bool> found(locks_.size());
    for_each_word(used, [&](Address word) { note_near(word, found); });
    for (std::size_t i = 0; i < locks_.size(); ++i)
      if (found[i] && !waits_for(goroutine, locks_[i])) add(i, id, {}, LockHold::kPerhaps);
  }

  // A pointer to one of the locks leads to none of the others.
  void note_near(Address word, std::vector<bool>& found) const {
    if (!around_.contains(word)) return;
    const auto lock = std::ranges::find_if(locks_, [&](const Lock& each) { return each.range.contains(word); });
    if (lock != locks_.end()) found[static_cast<std::size_t>(lock - locks_.begin())] = true;
    for (std::size_t i = 0; i < locks_.size() && lock == locks_.end(); ++i)
      found[i] = found[i] || AddressRange{locks_[i].range.begin - kNear, locks_[i].range.begin}.contains(word);
  }

  void drop_hidden() {
    std::erase_if(snapshot_.lock_holders, [&](const heap::LockHolder& holder) {
      const auto lock = std::ranges::find(locks_, holder.lock, [](const Lock& each) { return each.range.begin; });
      return lock->is_hidden;
    });
  }

  const go::FunctionTables& functions_;
  const MemorySource& memory_;
  heap::Snapshot& snapshot_;
  std::vector<Lock> locks_;
  AddressRange around_;                                     // them, and what lies near them
  std::unordered_map<Address, std::vector<Claim>> claims_;  // by pc
  std::vector<bool> asks_;                                  // of the goroutine at hand, by lock
  std::vector<std::byte> words_;
};

}  // namespace

void add_lock_holders(const go::FunctionTables& functions, heap::Snapshot& snapshot) {
  HolderPass(functions, snapshot).run();
}

}  // namespace holdfast::capture
