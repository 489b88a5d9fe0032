#include "formats/hprof_threads.h"

#include "base/text.h"
#include "view/labels.h"

namespace holdfast::formats {

std::pair<std::string_view, std::string_view> split_package(std::string_view name) {
  // Type arguments and receivers have slashes and dots of their own.
  const std::string_view path = name.substr(0, name.find_first_of("[("));
  const std::size_t slash = path.rfind('/');
  const std::size_t dot = name.find('.', slash == std::string_view::npos ? 0 : slash);
  if (dot == std::string_view::npos || dot >= path.size()) return {{}, name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

HprofThreads::HprofThreads(const heap::Snapshot& snapshot) : snapshot_(snapshot) {
  std::vector<bool> is_wanted(snapshot.goroutines.size());
  for (std::size_t row = 0; row < is_wanted.size(); ++row) is_wanted[row] = bool{snapshot.goroutines[row].root};
  for (const heap::Root& root : snapshot.roots)
    if (root.goroutine && root.target_count > 0) is_wanted[root.goroutine.row] = true;
  row_of_goroutine_.resize(is_wanted.size());
  for (std::uint32_t row = 0; row < is_wanted.size(); ++row) {
    const heap::Goroutine& goroutine = snapshot.goroutines[row];
    row_of_goroutine_[row] = threads_.size();
    if (!is_wanted[row]) continue;
    HprofThread thread{
        .goroutine = GoroutineId(row), .name = fmt::format("goroutine {}", goroutine.goid), .frames = {}};
    if (goroutine.root) {
      const heap::Root& root = snapshot.roots[goroutine.root.row];
      thread.name = view::root_text(snapshot, root.parent ? snapshot.roots[root.parent.row] : root);
    }
    for (std::uint32_t f = 0; f < goroutine.frame_count; ++f)
      thread.frames.push_back(row_of(snapshot.frames[goroutine.first_frame + f]));
    threads_.push_back(std::move(thread));
  }
}

std::uint32_t HprofThreads::row_of(const heap::Frame& frame) {
  const auto [at, is_new] = row_of_frame_.try_emplace({frame.function, frame.file, frame.line}, frames_.size());
  if (!is_new) return at->second;
  const std::string_view function = snapshot_.strings[frame.function];
  const auto [package, method] = split_package(function);
  frames_.push_back({package.empty() ? "(unknown)" : std::string(package),
                     method.empty() ? hex(frame.pc) : std::string(method),
                     std::string(base_name(snapshot_.strings[frame.file])), static_cast<std::int32_t>(frame.line)});
  return at->second;
}

}  // namespace holdfast::formats
