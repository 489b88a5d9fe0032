#include "base/loss.h"
#include "query/tables.h"

namespace holdfast::query {
namespace {

const Loss& loss_of(At& at) {
  return at.snapshot().losses[at.row];
}

constexpr Column kLossesColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "kind",
     .kind = Kind::kText,
     .meaning = "as in JSON",
     .get = [](At& at, Out& out) { out.text(loss_of(at).kind); }},
    {.name = "severity",
     .kind = Kind::kText,
     .meaning = "may-be-wrong, data-missing or cosmetic",
     .get = [](At& at, Out& out) { out.text(id_of(words_of(loss_of(at)).severity)); }},
    {.name = "count",
     .meaning = "how often it happened",
     .get = [](At& at, Out& out) { out.integer(loss_of(at).count); }},
    {.name = "address",
     .kind = Kind::kAddress,
     .meaning = "the lowest where it happened, if it has any",
     .get =
         [](At& at, Out& out) {
           if (loss_of(at).first) out.integer(loss_of(at).first.value);
         },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "detail",
     .kind = Kind::kText,
     .meaning = "what an error said, for example",
     .get = [](At& at, Out& out) { out.text(loss_of(at).detail); }},
    {.name = "meaning",
     .kind = Kind::kText,
     .meaning = "what happened, and what it may make wrong",
     .get = [](At& at, Out& out) { out.text(words_of(loss_of(at)).words); }},
    {.name = "remedy",
     .kind = Kind::kText,
     .meaning = "what the user can do",
     .get = [](At& at, Out& out) { out.text(words_of(loss_of(at)).remedy); }},
};

}  // namespace

const Table kLosses = {.name = "losses",
                       .meaning =
                           "What the target hid or damaged: what else is said here may be wrong or incomplete "
                           "by that. No row: nothing.",
                       .columns = kLossesColumns,
                       .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().losses.size()}; },
                       .of_graph = false};

}  // namespace holdfast::query
