#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include <fmt/core.h>

#include "apps/report/html.h"
#include "apps/report/inline_figure.h"
#include "apps/report/sections.h"
#include "core/error.h"
#include "data/image.h"
#include "data/resize.h"
#include "figures/class_figure.h"
#include "io/base64.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

constexpr int thumbnail_side = 160, thumbnail_quality = 80;
constexpr size_t rows_at_once = 40, most_pairs = 10;

// The picture in small, as an element of a page; where it cannot be read, a place that says so.
std::string thumbnail(const std::string& path) {
  try {
    const Image whole = read_image(path);
    const double scale = static_cast<double>(thumbnail_side) / std::max(whole.width, whole.height);
    const auto side = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
    const Image small = resize_image(whole, side(whole.width), side(whole.height));
    return "<img alt=\"" + html_text(path) + "\" src=\"data:image/jpeg;base64," +
           base64(encode_jpeg(small, thumbnail_quality, path)) + "\">";
  } catch (const Error&) {
    return "<div class=\"gone\">the picture is not there now</div>";
  }
}

struct Mistake {
  std::string file, of, taken_for;
  double probability = 0;
};

std::string card(const Mistake& mistake) {
  return "<figure>" + thumbnail(mistake.file) + "<figcaption><b>" + html_text(mistake.taken_for) + "</b> " +
         fmt::format("{:.1f} %", 100 * mistake.probability) + "<br>is " + html_text(mistake.of) + "<br><small>" +
         html_text(fs::path(mistake.file).filename().string()) + "</small></figcaption></figure>\n";
}

// "cat, taken for dog: 12"
std::string confused_pairs(const std::vector<Mistake>& mistakes) {
  std::map<std::pair<std::string, std::string>, int> counts;
  for (const Mistake& mistake : mistakes) ++counts[{mistake.of, mistake.taken_for}];
  std::vector<std::pair<std::pair<std::string, std::string>, int>> pairs(counts.begin(), counts.end());
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  pairs.resize(std::min(pairs.size(), most_pairs));
  HtmlTable table({"Class", "Taken for", "Pictures"});
  for (const auto& [classes, count] : pairs) table.row({classes.first, classes.second, std::to_string(count)});
  return table.text();
}

}  // namespace

std::string classes_html(const ReportedRun& run) {
  const fs::path folder = run.folder;
  if (!fs::exists(folder / "classes.csv") || !fs::exists(folder / "confusion.csv")) return "";
  std::string html = inline_figure("classes", "Answers and scores of each class", [&](const std::string& scratch) {
    for (const char* file : {"classes.csv", "confusion.csv"}) fs::copy_file(folder / file, fs::path(scratch) / file);
    draw_class_figure(scratch);
  });
  const CsvTable classes = CsvTable::read((folder / "classes.csv").string());
  const std::vector<std::string>&names = classes.texts("class"), &images = classes.texts("images");
  const std::vector<double> top1 = classes.numbers("top1"), precision = classes.numbers("precision"),
                            recall = classes.numbers("recall"), f1 = classes.numbers("f1");
  HtmlTable table({"Class", "Pictures", "Top-1 (%)", "Precision", "Recall", "F1"});
  for (size_t k = 0; k < classes.rows(); ++k)
    table.row({names[k], images[k], fmt::format("{:.1f}", top1[k]), fmt::format("{:.3f}", precision[k]),
               fmt::format("{:.3f}", recall[k]), fmt::format("{:.3f}", f1[k])});
  return html + (classes.rows() > rows_at_once
                     ? html_details(fmt::format("All {} classes", classes.rows()), table.text())
                     : table.text());
}

std::string mistakes_html(const ReportedRun& run, int most) {
  const std::string path = (fs::path(run.folder) / "predictions.csv").string();
  if (!fs::exists(path)) return "";
  const CsvTable table = CsvTable::read(path);
  for (const char* column : {"file", "class", "predicted", "probability"})
    if (!table.has(column)) return "";  // of a task that tells no classes apart
  const std::vector<std::string>&files = table.texts("file"), &classes = table.texts("class"),
        &answers = table.texts("predicted");
  const std::vector<double> probabilities = table.numbers("probability");
  std::vector<Mistake> mistakes;
  for (size_t i = 0; i < table.rows(); ++i)
    if (classes[i] != answers[i])
      mistakes.push_back({files[i], classes[i], answers[i], std::isnan(probabilities[i]) ? 0 : probabilities[i]});
  std::string html =
      fmt::format("<p>{} of {} pictures are taken for another class.</p>\n", mistakes.size(), table.rows());
  if (mistakes.empty()) return html;
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.probability > b.probability; });
  html += confused_pairs(mistakes);
  if (most == 0) return html;
  html += "<h3>Where it is most sure and wrong</h3>\n<div class=\"pictures\">\n";
  for (size_t i = 0; i < std::min(mistakes.size(), static_cast<size_t>(most)); ++i) html += card(mistakes[i]);
  return html + "</div>\n";
}

}  // namespace radial::apps
