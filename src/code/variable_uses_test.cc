#include "code/variable_uses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace holdfast::code {
namespace {

using testing::ElementsAre;

constexpr Address kVariable{0x1000}, kOther{0x1008}, kThird{0x1010};

struct Function {
  std::uint64_t entry = 0;
  std::string name;
  std::vector<VariableUses::Use> uses;
};

VariableUses gather(const std::vector<Function>& functions) {
  VariableUses uses;
  for (const Function& function : functions) uses.add(Address(function.entry), function.name, function.uses);
  return uses;
}

// Returns the entries of the functions that the first variable is called after.
std::vector<std::uint64_t> best(const std::vector<Function>& functions) {
  const std::vector<VariableUse> all = gather(functions).best();
  std::vector<std::uint64_t> out;
  for (const VariableUse& use : all)
    for (const Address function : use.functions)
      if (use.variable == kVariable && function) out.push_back(function.value);
  return out;
}

TEST(VariableUses, PrefersFunctionsOutsideOfTheStandardLibrary) {
  EXPECT_THAT(best({{1, "net/http.Handle", {{kVariable, true}}}, {2, "main.main", {{kVariable}, {kOther}}}}),
              ElementsAre(2, 1));
}

TEST(VariableUses, PrefersThoseThatStore) {
  EXPECT_THAT(best({{1, "main.get", {{kVariable}}},
                    {2, "main.set", {{kVariable, true}, {kOther}}},
                    {3, "main.see", {{kVariable}}}}),
              ElementsAre(2, 1));
  EXPECT_THAT(
      best({{1, "main.get", {{kVariable}}}, {2, "main.swap", {{kVariable}, {kVariable, true}, {kVariable}, {kOther}}}}),
      ElementsAre(2, 1));
}

TEST(VariableUses, PrefersThoseThatUseFewVariables) {
  EXPECT_THAT(best({{1, "main.all", {{kVariable}, {kOther}, {kThird}}},
                    {2, "main.often", {{kVariable}, {kVariable}, {kVariable}}},
                    {3, "main.some", {{kVariable}, {kOther}}}}),
              ElementsAre(2, 3));
}

TEST(VariableUses, NamesSecondWhoStoresWhereTheFirstOnlyReads) {
  const std::vector<Function> functions = {{1, "main.get", {{kVariable}}},
                                           {2, "main.see", {{kVariable}}},
                                           {3, "sync.set", {{kVariable, true}, {kOther}, {kThird}}},
                                           {4, "sync.reset", {{kVariable, true}, {kOther}}}};
  EXPECT_THAT(best(functions), ElementsAre(1, 4));
  VariableUses merged = gather({functions[0], functions[1]});
  merged.merge(gather({functions[2], functions[3]}));
  EXPECT_THAT(merged.best().front().functions, ElementsAre(Address(1), Address(4)));
}

TEST(VariableUses, NamesTheInitialiserThatStoresSecond) {
  EXPECT_THAT(best({{1, "main.init", {{kVariable, true}, {kOther, true}}},
                    {2, "main.get", {{kVariable}}},
                    {3, "main.see", {{kVariable}}}}),
              ElementsAre(2, 1));
  EXPECT_THAT(best({{1, "main.init", {{kVariable}}}, {2, "main.get", {{kVariable}}}, {3, "main.see", {{kVariable}}}}),
              ElementsAre(2, 3));
  EXPECT_THAT(best({{1, "main.init", {{kVariable}}}, {2, "main.get", {{kVariable}}}}), ElementsAre(2, 1));
  EXPECT_THAT(best({{1, "main.init.0", {{kVariable}}}, {2, "main.map.init.1", {{kVariable, true}}}}), ElementsAre(2));
}

TEST(VariableUses, DoNotDependOnTheOrderOfReading) {
  std::mt19937 random(7);
  std::vector<Function> functions;
  for (std::uint64_t entry = 1; entry <= 200; ++entry) {
    const char* const names[] = {"main.f", "net.f", "main.init", "net.init.0"};
    Function function{entry, names[random() % 4], {}};
    for (auto i = random() % 6; i > 0; --i)
      function.uses.push_back({kVariable + 8 * (random() % 20), random() % 3 == 0});
    functions.push_back(function);
  }
  const auto rows = [](const VariableUses& uses) {
    std::vector<std::array<std::uint64_t, 3>> out;
    for (const VariableUse& use : uses.best())
      out.push_back({use.variable.value, use.functions[0].value, use.functions[1].value});
    return out;
  };
  const auto expected = rows(gather(functions));
  ASSERT_EQ(expected.size(), 20U);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(functions.begin(), functions.end(), random);
    const auto middle = functions.begin() + static_cast<std::ptrdiff_t>(random() % functions.size());
    VariableUses merged = gather({middle, functions.end()});
    merged.merge(gather({functions.begin(), middle}));
    ASSERT_EQ(rows(merged), expected);
  }
}

}  // namespace
}  // namespace holdfast::code
