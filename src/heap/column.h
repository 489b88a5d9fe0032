// A column of a Snapshot that is large and that not every answer needs. Of a capture it is still packed in the file at
// first: it is unpacked and checked when a value of it is first asked for, by whoever asks. Apart from that it is a
// HugeArray (base/huge_array.h).
//
// Several threads may read one, also while it is packed: one of them unpacks it, the others wait. Asking for a value of
// a packed column fails as its `unpack` does, each time again; how many there are is known without that.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/huge_array.h"
#include "base/parallel.h"

namespace holdfast::heap {

template <typename T>
class Column {
 public:
  Column() = default;
  Column(HugeArray<T> values) : state_(std::make_shared<State>()) {  // NOLINT(google-explicit-constructor): it is one
    state_->count = values.size();
    state_->values = std::move(values);
    data_ = state_->values.data();
  }
  // `unpack` returns `count` values, at least one.
  Column(std::uint64_t count, std::function<HugeArray<T>()> unpack) : state_(std::make_shared<State>()) {
    HOLDFAST_CHECK(count > 0);
    state_->count = count;
    state_->unpack = std::move(unpack);
    state_->is_packed = true;
  }
  Column(Column&& other) noexcept : state_(std::move(other.state_)), data_(other.data_.exchange(nullptr)) {}
  Column& operator=(Column&& other) noexcept {
    state_ = std::move(other.state_);
    data_ = other.data_.exchange(nullptr);
    return *this;
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  ~Column() = default;

  std::uint64_t size() const { return state_ == nullptr ? 0 : state_->count; }
  bool empty() const { return size() == 0; }
  // Whether values are still to be unpacked.
  bool is_packed() const { return state_ != nullptr && state_->is_packed.load(std::memory_order_acquire); }

  const T* data() const {
    const T* const values = data_.load(std::memory_order_acquire);
    return values != nullptr ? values : unpacked();
  }
  T* data() { return const_cast<T*>(std::as_const(*this).data()); }
  const T& operator[](std::uint64_t i) const { return data()[i]; }
  T& operator[](std::uint64_t i) { return data()[i]; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }
  T* begin() { return data(); }
  T* end() { return data() + size(); }
  std::span<const T> span() const { return {data(), size()}; }
  std::span<T> span() { return {data(), size()}; }

  void unpack() const { data(); }
  // The values as they lie in memory; valid as long as this is not changed.
  const HugeArray<T>& values() const {
    static const HugeArray<T> nothing;
    data();
    return state_ == nullptr ? nothing : state_->values;
  }
  // Gives the values away; nothing is left.
  HugeArray<T> take() {
    data();
    HugeArray<T> values = state_ == nullptr ? HugeArray<T>() : std::move(state_->values);
    *this = Column();
    return values;
  }
  // Keeps the first `count` values, which must be there.
  void shrink(std::uint64_t count) {
    HOLDFAST_CHECK(state_ != nullptr && !is_packed());
    state_->values.shrink(count);
    state_->count = count;
    data_ = state_->values.data();
  }

  // Another holder of the same values, for a column that is checked by them. Neither may change them.
  Column shared() const {
    Column other;
    other.state_ = state_;
    other.data_ = data_.load(std::memory_order_acquire);
    return other;
  }

 private:
  struct State {
    std::uint64_t count = 0;
    std::mutex mutex;  // guards what follows as long as it is packed
    std::function<HugeArray<T>()> unpack;
    HugeArray<T> values;
    std::atomic<bool> is_packed = false;
  };

  // Apart, so that what is asked for in loops is a comparison and a load.
  [[gnu::noinline, gnu::cold]] const T* unpacked() const {
    if (empty()) return nullptr;
    const std::lock_guard lock(state_->mutex);
    if (state_->unpack) {
      // Whoever waits for parts of this must not begin with other work meanwhile, which could ask for this column.
      run_alone([&] { state_->values = state_->unpack(); });
      HOLDFAST_CHECK(state_->values.size() == state_->count);
      state_->unpack = nullptr;
      state_->is_packed.store(false, std::memory_order_release);
    }
    data_.store(state_->values.data(), std::memory_order_release);
    return state_->values.data();
  }

  std::shared_ptr<State> state_;
  mutable std::atomic<const T*> data_ = nullptr;  // null: packed, or empty
};

}  // namespace holdfast::heap
