// The figures of the toys: what their files hold.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "figures/toy3d_figure.h"
#include "figures/toy_animation.h"
#include "io/csv.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;

namespace {

std::vector<ToyRun> runs(int iterations) {
  std::vector<ToyRun> runs;
  for (const std::string& optimizer : toy_optimizers())
    runs.push_back({0.9, optimizer, run_toy(optimizer, {.momentum = 0.9, .iterations = iterations})});
  return runs;
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// Every list of times begins at 0, ends at 1 and does not go back: browsers do not play others.
void check_times(const std::string& svg) {
  const std::string begin = "keyTimes=\"";
  size_t lists = 0;
  for (size_t at = svg.find(begin); at != std::string::npos; at = svg.find(begin, at + 1), ++lists) {
    const size_t first = at + begin.size();
    std::stringstream words(svg.substr(first, svg.find('"', first) - first));
    std::vector<double> times;
    for (std::string word; std::getline(words, word, ';');) times.push_back(std::stod(word));
    REQUIRE(!times.empty());
    CHECK(times.front() == 0);
    CHECK(times.back() <= 1);
    CHECK(std::is_sorted(times.begin(), times.end()));
  }
  CHECK(lists > 0);
}

}  // namespace

TEST_CASE("the animation has a path and a moving point for each run, and the last numbers where nothing moves") {
  const std::string svg = toy_animation(runs(500));
  CHECK(svg.starts_with("<svg xmlns"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "<animateMotion") == 3);
  CHECK(count(svg, "stroke-dashoffset") == 3);
  CHECK(count(svg, "<g opacity=\"1\">") == 1);
  CHECK(svg.find(">iteration 499<") != std::string::npos);
  CHECK(svg.find(">2.93<") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.size() < 60'000);
  check_times(svg);
}

TEST_CASE("one iteration can be animated, too") {
  const std::string svg = toy_animation(runs(1));
  CHECK(svg.find("nan") == std::string::npos);
  check_times(svg);
}

TEST_CASE("the figure of the toy on the sphere is drawn") {
  const ScratchFolder scratch;
  std::vector<SphereRun> spheres;
  CsvWriter csv(scratch / "toy3d.csv", {"optimizer", "iteration", "x", "y", "z", "psi", "phi", "norm", "loss"});
  for (const std::string& optimizer : toy3d_optimizers()) {
    spheres.push_back({optimizer, run_toy3d(optimizer)});
    for (const SpherePoint& p : spheres.back().points)
      csv.row({optimizer, p.iteration, p.x, p.y, p.z, p.psi, p.phi, p.norm, p.loss});
  }
  csv.sync();
  draw_toy3d_figure(spheres, "toy3d.csv", scratch / "toy3d");
  for (const char* suffix : {".svg", ".png", ".gp"})
    CHECK(std::filesystem::file_size(scratch / (std::string("toy3d") + suffix)) > 1000);
}
