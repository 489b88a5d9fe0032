#include "code/variable_uses.h"

#include <algorithm>
#include <tuple>

#include "go/package_names.h"

namespace holdfast::code {

bool VariableUses::User::is_before(const User& other) const {
  if (!function || !other.function) return static_cast<bool>(function);
  return std::tie(standard, reads_only, variables, function) <
         std::tie(other.standard, other.reads_only, other.variables, other.function);
}

void VariableUses::Users::add_worker(const User& user) {
  if (user.is_before(workers[0])) {
    workers[1] = workers[0];
    workers[0] = user;
  } else if (user.is_before(workers[1])) {
    workers[1] = user;
  }
}

void VariableUses::Users::add_writer(const User& user) {
  if (!user.reads_only && user.is_before(writer)) writer = user;
}

void VariableUses::Users::add_initialiser(const User& user) {
  if (user.is_before(initialiser)) initialiser = user;
}

VariableUse VariableUses::Users::best(Address variable) const {
  const auto& [first, second] = workers;
  if (!first) return {variable, {initialiser.function, Address()}};
  if (initialiser && !initialiser.reads_only) return {variable, {first.function, initialiser.function}};
  if (first.reads_only && writer) return {variable, {first.function, writer.function}};
  return {variable, {first.function, second ? second.function : initialiser.function}};
}

void VariableUses::add(Address function, std::string_view name, std::span<const Use> uses) {
  uses_.assign(uses.begin(), uses.end());
  std::sort(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) {
    return a.variable != b.variable ? a.variable < b.variable : a.stores && !b.stores;
  });
  uses_.erase(
      std::unique(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) { return a.variable == b.variable; }),
      uses_.end());
  User user{.function = function,
            .variables = static_cast<std::uint32_t>(uses_.size()),
            .standard = go::is_standard_library(go::package_of(name))};
  const bool initialises = go::is_initialiser(name);
  for (const Use& use : uses_) {
    user.reads_only = !use.stores;
    Users& users = users_[use.variable];
    if (initialises) {
      users.add_initialiser(user);
    } else {
      users.add_worker(user);
      users.add_writer(user);
    }
  }
}

void VariableUses::merge(const VariableUses& other) {
  for (const auto& [variable, users] : other.users_) {
    Users& mine = users_[variable];
    for (const User& user : users.workers)
      if (user) mine.add_worker(user);
    if (users.writer) mine.add_writer(users.writer);
    if (users.initialiser) mine.add_initialiser(users.initialiser);
  }
}

std::vector<VariableUse> VariableUses::best() const {
  std::vector<VariableUse> out;
  out.reserve(users_.size());
  for (const auto& [variable, users] : users_) out.push_back(users.best(variable));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.variable < b.variable; });
  return out;
}

}  // namespace holdfast::code
