// Tables: which settings their cells have, and what becomes of finished ones.
#include "experiments/paper_table.h"

#include <cmath>
#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

#include "tasks/adversarial/options.h"
#include "tasks/classify/options.h"
#include "tasks/tasks.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

struct PlannedCell {
  PlannedRun run;
  PlannedCell(const PaperTable& table, const TableCell& cell) { table.plan(run, cell, OptionList()); }
  const TrainOptions& train() const { return run.settings.train; }
  const ClassifyOptions& task() const { return dynamic_cast<const ClassifyOptions&>(*run.settings.task); }
};

TableResult result_with(const TableCell& cell, double top1, const std::string& settings) {
  return {.cell = cell,
          .last = {top1},
          .best = {top1 + 1},
          .norm = 2,
          .effective_step = 0.25,
          .seconds = 8,
          .commit = "abc",
          .machine = "one, with a comma",
          .data = "123",
          .settings = settings};
}

}  // namespace

TEST_CASE("cells of the paper's tables have the settings that its authors printed") {
  add_tasks();
  PaperTable table("table1");
  table.data = "pictures";
  table.full = true;
  const PlannedCell resnet(table, {"resnet18", "adamw", 2}), mobile(table, {"mobilenet_v2", "adamp", 0}),
      mixed(table, {"resnet50_cutmix", "sgdp", 0});
  CHECK(resnet.train().optimizer.name == "adamw");
  CHECK(resnet.train().optimizer.lr == 1e-3);
  CHECK(resnet.train().optimizer.weight_decay == 0.1);
  CHECK(resnet.train().batch_size == 256);
  CHECK(resnet.train().epochs == 100);
  CHECK(resnet.train().seed == 2);
  CHECK(resnet.task().model.arch == "resnet18");
  CHECK(resnet.task().model.image_size == 224);
  CHECK(mobile.train().optimizer.lr == 2e-3);
  CHECK(mobile.train().epochs == 150);
  CHECK(mixed.task().model.arch == "resnet50");
  CHECK(mixed.task().mix.cutmix == 1);
  CHECK(mixed.train().optimizer.weight_decay == 1e-5);  // SGDP divides it by 1 - momentum
  CHECK(mixed.train().optimizer.nesterov);
  CHECK(mixed.run.settings_text().find("pictures") == std::string::npos);

  table.full = false;
  CHECK(PlannedCell(table, {"resnet18", "sgd", 0}).train().batch_size == 64);
  CHECK(PlannedCell(table, {"resnet18", "sgd", 0}).task().model.image_size == 64);
}

TEST_CASE("each cell of Tables 5 and 6 has options that its task knows") {
  add_tasks();
  const auto [name, task, cells] =
      GENERATE(table<std::string, std::string, size_t>({{"table5", "audio", 3}, {"table6", "retrieve", 8}}));
  PaperTable of(name);
  CHECK(of.task() == task);
  of.pretrain = "pictures";
  CHECK(of.cells().size() == cells);
  of.full = GENERATE(false, true);
  of.only = {"adam", "adamp"};  // rows with data of their own, too
  for (const TableCell& cell : of.cells()) {
    PlannedRun run(task);
    of.plan(run, cell, OptionList());
    run.settings.resolve();
    CHECK(run.settings.train.task == task);
    CHECK(run.settings.train.optimizer.weight_decay == 1e-4);
  }
  for (const TableCell& cell : of.cells()) {
    if (of.backbone(cell.row).empty()) continue;
    PlannedRun run;
    of.plan_pretraining(run, of.backbone(cell.row));
    CHECK(run.settings.task->network() == of.backbone(cell.row));
  }
}

TEST_CASE("cells begin with the weights that were trained before") {
  add_tasks();
  PaperTable of("table6");
  of.out = "out";
  of.pretrain = "pictures";
  PlannedRun run(of.task());
  of.plan(run, {"resnet18_triplet", "adamp", 0}, OptionList());
  CHECK(run.settings.train.init == "out/pretrained.resnet18/checkpoints/best.safetensors");
  CHECK(run.settings_text().find("pretrained") == std::string::npos);
  of.init = "weights.pth";
  PlannedRun given(of.task());
  of.plan(given, {"resnet50_triplet", "adamp", 0}, OptionList());
  CHECK(given.settings.train.init == "weights.pth");
  PaperTable bare("table6");
  CHECK(bare.cells().size() == 8);  // which a list may have
}

TEST_CASE("Adam followed by SGD takes the best weights along") {
  add_tasks();
  PaperTable of("table5");
  of.out = "out";
  of.full = true;
  const TableCell cell = {"words", "adam_sgd", 1};
  CHECK(of.phases(cell) == std::vector<std::string>{"", "sgd1", "sgd2", "sgd3"});
  CHECK(of.phases({"words", "adamp", 1}).size() == 1);
  PlannedRun first(of.task()), second(of.task()), last(of.task());
  of.plan(first, cell, OptionList());
  of.plan(second, cell, OptionList(), "sgd1");
  of.plan(last, cell, OptionList(), "sgd3");
  CHECK(first.settings.train.optimizer.name == "adam");
  CHECK(first.settings.train.epochs == 60);
  CHECK(second.settings.train.init == "out/words.adam_sgd.1/checkpoints/best.safetensors");
  CHECK(last.settings.train.init == "out/words.adam_sgd.1.sgd2/checkpoints/best.safetensors");
  CHECK(last.settings.train.optimizer.name == "sgd");
  CHECK(last.settings.train.optimizer.lr == 1e-5);
  CHECK(last.settings.train.epochs == 100);
  CHECK_THAT(of.settings_text(cell, OptionList()), ContainsSubstring("; then ") && ContainsSubstring("--lr 1e-5"));
}

TEST_CASE("Table 2 repeats a row of Table 1, and trains another without weight decay") {
  add_tasks();
  PaperTable first("table1"), second("table2");
  const bool full = GENERATE(false, true);
  first.full = second.full = full;
  for (const char* optimizer : {"sgd", "sgdp", "adamw", "adamp"}) {
    const PlannedCell same(first, {"resnet18", optimizer, 0}), decay(second, {"resnet18", optimizer, 0}),
        no_decay(second, {"resnet18_no_decay", optimizer, 0});
    CHECK(same.run.settings_text() == decay.run.settings_text());
    CHECK(decay.train().optimizer.weight_decay.value() > 0);
    CHECK(no_decay.train().optimizer.weight_decay.value() == 0);
    CHECK(no_decay.train().optimizer.lr == decay.train().optimizer.lr);
  }
}

TEST_CASE("parts of a table are rows, optimizers or both; seeds come one after the other") {
  PaperTable table("table1");
  CHECK(table.cells().size() == 16);
  table.seeds = 2;
  CHECK(table.cells().size() == 32);
  CHECK(table.cells()[16] == TableCell{"mobilenet_v2", "sgd", 1});
  table.only = {"resnet18", "resnet50.adamp"};
  CHECK(table.cells().size() == 10);
  CHECK(name_of(table.cells().back()) == "resnet50.adamp.1");
  table.only = {"resnet19"};
  CHECK_THROWS_WITH(table.cells(), ContainsSubstring("table1 has no part resnet19 but rows (mobilenet_v2, resnet18"));
}

TEST_CASE("rows of Table 3 that begin with trained weights need some") {
  add_tasks();
  PaperTable table("table3");
  table.out = "out";
  CHECK(table.cells().size() == 4);
  table.pretrain = "classes";
  CHECK(table.cells().size() == 8);
  PlannedRun scratch(table.task()), begun(table.task());
  table.plan(scratch, {"centernet", "adamp", 0}, OptionList());
  table.plan(begun, {"centernet_init", "adamp", 0}, OptionList());
  CHECK(scratch.settings.train.optimizer.weight_decay == 1e-5);
  CHECK(scratch.settings.train.init.empty());
  CHECK(begun.settings.train.init == "out/pretrained.resnet18/checkpoints/best.safetensors");
  CHECK(begun.settings_text() == scratch.settings_text());  // that it begins with weights is the row's name
  table.init = "weights.safetensors";
  PlannedRun given(table.task());
  table.plan(given, {"centernet_init", "adamp", 0}, OptionList());
  CHECK(given.settings.train.init == "weights.safetensors");
}

TEST_CASE("finished cells are written and read, and merged with those of elsewhere") {
  add_tasks();
  const ScratchFolder scratch;
  PaperTable table("table2");
  table.out = scratch / "here";
  const auto settings = [&](const TableCell& cell) { return PlannedCell(table, cell).run.settings_text(); };
  const TableCell sgd{"resnet18", "sgd", 0}, again{"resnet18", "sgd", 1}, adamp{"resnet18_no_decay", "adamp", 0};
  std::filesystem::create_directories(scratch / "here");
  std::filesystem::create_directories(scratch / "there");
  write_table_results({result_with(sgd, 60, settings(sgd))}, table.measures(), table.file("table.csv"));
  write_table_results({result_with(sgd, 10, settings(sgd)), result_with(again, 64, settings(again)),
                       result_with({"resnet50", "sgd", 0}, 1, "of another table")},
                      table.measures(), scratch / "there/table.csv");
  write_table_results({result_with(adamp, 70, settings(adamp))}, table.measures(), scratch / "adamp.csv");
  table.results = {scratch / "there", scratch / "adamp.csv"};
  const std::vector<TableResult> merged = table.finished(OptionList());
  REQUIRE(merged.size() == 3);
  CHECK(merged[0].last[0] == 60);  // one's own first
  CHECK(merged[1].cell == again);
  CHECK(merged[1].machine == "one, with a comma");
  CHECK(merged[2].settings == settings(adamp));

  const std::vector<TableEntry> entries = table.entries(merged);
  REQUIRE(entries.size() == 8);
  CHECK(entries[0].runs == 2);
  CHECK(entries[0].last == 62);
  CHECK(entries[0].deviation.value() == Catch::Approx(std::sqrt(8)));
  CHECK(entries[0].published == 70.28);
  CHECK(entries[1].runs == 0);
  CHECK_FALSE(entries[7].deviation);
  CHECK(entries[7].published == 70.50);
  CHECK(table_json(entries)[0]["top1"] == 62);
  CHECK_THAT(table_markdown(entries),
             ContainsSubstring("| with weight decay | SGD | 2 | 62.00 | 2.83 | 63.00 | 70.28 |"));
  CHECK_THAT(table_text(entries), ContainsSubstring("without weight decay   SGD           0       -"));

  table.results = {scratch.path()};
  CHECK_THROWS_WITH(table.finished(OptionList()), ContainsSubstring("has neither table2.csv nor table.csv"));
  table.results = {scratch / "there", scratch / "adamp.csv"};
  write_table_results({result_with(adamp, 70, settings(sgd))}, table.measures(), scratch / "adamp.csv");
  CHECK_THROWS_WITH(table.finished(OptionList()), ContainsSubstring("adamp.csv was trained with"));
  TableResult other = result_with(adamp, 70, settings(adamp));
  other.data = "124";
  write_table_results({other}, table.measures(), scratch / "adamp.csv");
  CHECK_THROWS_WITH(table.finished(OptionList()), ContainsSubstring("different data"));
}

TEST_CASE("Figure 4 has two numbers of each cell, and two learning rates, of which the paper has one") {
  add_tasks();
  const ScratchFolder scratch;
  PaperTable table("figure4");
  table.full = true;
  const auto planned = [&](const TableCell& cell) {
    auto run = std::make_unique<PlannedRun>(table.task());
    table.plan(*run, cell, OptionList());
    run->settings.resolve();
    return run;
  };
  const auto linf = planned({"linf", "adam", 0}), l2 = planned({"l2_slow", "adamp", 0});
  const auto& attack = dynamic_cast<const AdversarialOptions&>(*l2->settings.task);
  CHECK(attack.norm == AttackNorm::l2);
  CHECK(attack.epsilon.value() == Catch::Approx(80.0 / 255));
  CHECK(attack.gradient == AttackGradient::sign);
  CHECK(attack.model.arch == "wide_resnet34_10");
  CHECK(l2->settings.train.optimizer.lr == 1e-3);
  CHECK(linf->settings.train.optimizer.lr == 1e-2);
  CHECK(linf->settings.train.optimizer.name == "adam");
  CHECK(linf->settings.train.optimizer.weight_decay.value() == 2e-4);

  TableResult result = result_with({"linf", "adam", 0}, 50, linf->settings_text());
  result.last.push_back(70);
  result.best.push_back(72);
  write_table_results({result}, table.measures(), scratch / "table.csv");
  table.results = {scratch / "table.csv"};
  const std::vector<TableEntry> entries = table.entries(table.finished(OptionList()));
  REQUIRE(entries.size() == 16);
  CHECK(entries[0].last == 50);
  CHECK(entries[0].published.value() == 56.58);
  CHECK(entries[1].last == 70);
  CHECK(entries[1].published.value() == 80.12);
  CHECK_FALSE(entries.back().published);
  CHECK_THAT(table_text(entries), ContainsSubstring("Linf 4/255             Adam       attacked          1   50.00"));
  CHECK_THAT(table_markdown(entries),
             ContainsSubstring("| Linf 4/255 | Adam | clean | 1 | 70.00 | - | 72.00 | 80.12 |"));
  CHECK(table_json(entries)[1]["clean"] == 70);
}
