// Small texts of /proc and /sys, and how they are taken apart.
#pragma once

#include <sys/types.h>

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::os {

// The whole file. None with errno set if it cannot be opened or read; such a file can vanish between the two.
std::optional<std::string> try_read_text(const std::string& path);

// Takes the first line, without its end, off `text`. None at the end.
std::optional<std::string_view> next_line(std::string_view& text);
// Takes the first word, ended by spaces or tabs, off `text`; empty at the end.
std::string_view next_word(std::string_view& text);
// What follows "<name>:" in the lines of `text`, without blanks around it.
std::optional<std::string_view> labelled(std::string_view text, std::string_view name);

// The number that `text` begins with, or none.
template <std::integral T>
std::optional<T> leading_number(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return std::nullopt;
  return value;
}
// Only if all of `text` is the number.
template <std::integral T>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Undoes the kernel's three-digit octal escapes ("\012"). A path that really holds such a text cannot be told apart.
std::string unescape_octal(std::string_view text);

// /proc/PID/task/TID/FILE.
std::string thread_file(pid_t pid, pid_t tid, std::string_view file);

}  // namespace holdfast::os
