#include "formats/escape_forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compiler/text_reader.h"

namespace holdfast::formats {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kText =
    "# example.com/m\n"
    "./a.go:3:15: x escapes to heap in f:\n"
    "./a.go:3:15:   flow: ~r0 ← &x:\n"
    "./a.go:3:15:     from return &x (return) at ./a.go:4:2\n"
    "./a.go:3:15: moved to heap: x\n";
constexpr const char* kSource = "package m\nfunc f() *int {\n\t/* ä𝄞 */ x := \"<b>\"\n\treturn &x\n}\n";

class EscapeForms : public testing::Test {
 protected:
  EscapeForms() {
    const auto kept = std::make_shared<const std::string>(kText);
    decisions_ = std::make_shared<const compiler::Decisions>(compiler::read_text({*kept, kept, "/src/m"}));
    rows_ = view::escape_rows({decisions_, nullptr, nullptr}, {.folder = "/src/m/"});
  }
  EscapeForm form() const {
    return {rows_, *decisions_, "/src/m/", [](const std::string& path) {
              return path == "/src/m/a.go" ? std::optional<std::string>(kSource) : std::nullopt;
            }};
  }

  std::shared_ptr<const compiler::Decisions> decisions_;
  view::EscapeRows rows_;
};

TEST_F(EscapeForms, TheSourceHasTheDecisionBelowItsLine) {
  EXPECT_THAT(escape_source(form()), HasSubstr("x := \"<b>\"\n      > moved to heap: x\n     4  \treturn &x\n"));
}

TEST_F(EscapeForms, ThePageHasNoMarksOfTheSource) {
  const std::string page = escape_page(form());
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("usual cure"));
}

TEST_F(EscapeForms, EditorsCountFromZeroInUtf16) {
  const auto json = nlohmann::json::parse(escape_lsp(form()));
  const auto& at = json.at("file:///src/m/a.go").at(0).at("range").at("start");
  EXPECT_EQ(at.at("line"), 2);
  EXPECT_EQ(at.at("character"), 11) << "14 bytes, of which two make one sign and four another, of two units";
}

TEST_F(EscapeForms, SarifNamesFileLineAndFlow) {
  const auto json = nlohmann::json::parse(escape_sarif(form()));
  EXPECT_EQ(json.at("version"), "2.1.0");
  const auto& run = json.at("runs").at(0);
  EXPECT_EQ(run.at("originalUriBaseIds").at("SRCROOT").at("uri"), "file:///src/m/");
  const auto& result = run.at("results").at(0);
  EXPECT_EQ(result.at("ruleId"), "moved-to-heap");
  const auto& place = result.at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "a.go");
  EXPECT_EQ(place.at("region").at("startLine"), 3);
  EXPECT_EQ(place.at("region").at("startColumn"), 12);
  const auto& step = result.at("codeFlows").at(0).at("threadFlows").at(0).at("locations").at(0).at("location");
  EXPECT_EQ(step.at("message").at("text"), "return &x (return)");
}

}  // namespace
}  // namespace holdfast::formats
