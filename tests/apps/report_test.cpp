// radial report: one page of runs that have ended, go on or were stopped.
#include <fstream>

#include "data/image.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

// Every element that is opened is closed, in order; void elements aside. Of the page without its figures and style.
void check_nesting(std::string page) {
  for (const char* element : {"svg", "style"})
    for (size_t begin = 0; (begin = page.find(std::string("<") + element)) != std::string::npos;) {
      const std::string end = std::string("</") + element + ">";
      const size_t stop = page.find(end, begin);
      REQUIRE(stop != std::string::npos);
      page.erase(begin, stop + end.size() - begin);
    }
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const bool closes = page[at + 1] == '/';
    const size_t begin = at + (closes ? 2 : 1), end = page.find_first_of(" >", begin);
    const std::string name = page.substr(begin, end - begin);
    if (name == "!DOCTYPE" || name == "meta" || name == "img" || name == "br") continue;
    if (!closes) {
      open.push_back(name);
      continue;
    }
    REQUIRE(!open.empty());
    CHECK(open.back() == name);
    open.pop_back();
  }
  CHECK(open.empty());
}

}  // namespace

TEST_CASE("a report of a run has its results, figures, settings, classes and mistakes, and needs no other file") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder, "--label-smoothing", "0.1"}).code == 0);
  const Outcome first = run({"report", folder});
  REQUIRE(first.code == 0);
  CHECK(first.out == folder + "/report.html\n");
  const std::string plain = read_text(folder + "/report.html");
  check_nesting(plain);
  CHECK_THAT(plain, ContainsSubstring("<td>finished</td>") && ContainsSubstring("label-smoothing") &&
                        ContainsSubstring("<h2>Curves</h2>") && ContainsSubstring("prefers-color-scheme: dark") &&
                        ContainsSubstring("name=\"viewport\"") && !ContainsSubstring("<h2>Mistakes</h2>"));
  CHECK(count_of(plain, "<svg") == 3);  // norm, step and top-1; then 4 further results, three a row

  REQUIRE(run({"report", folder, "--data", small_pictures(), "--worst", "5", "--out", scratch / "page.html"}).code ==
          0);
  const std::string page = read_text(scratch / "page.html");
  check_nesting(page);
  CHECK(count_of(page, "<svg") == 4);
  const CsvTable table = CsvTable::read(folder + "/predictions.csv");
  size_t wrong = 0;
  for (size_t i = 0; i < table.rows(); ++i) wrong += table.texts("class")[i] != table.texts("predicted")[i];
  CHECK(CsvTable::read(folder + "/classes.csv").rows() == 3);
  CHECK_THAT(page, ContainsSubstring(std::to_string(wrong) + " of 12 pictures are taken for another class"));
  CHECK(count_of(page, "data:image/jpeg;base64,") == std::min<size_t>(wrong, 5));
  for (const char* outside : {"src=\"http", "href=\"http", "<script", "<link", "@import"})
    CHECK_THAT(page, !ContainsSubstring(outside));
}

TEST_CASE("a report compares runs of several tasks, with names that must be escaped") {
  const ScratchFolder scratch;
  const std::string one = scratch / "<b>&\"1\"", two = scratch / "two";
  REQUIRE(run(short_training() + Arguments{"--out", one}).code == 0);
  REQUIRE(
      run(short_training() + Arguments{"--task", "adversarial", "--attack-steps", "1", "--lr", "0.25", "--out", two})
          .code == 0);
  std::ofstream(one + "/predictions.csv") << "file,class,predicted,probability\n"
                                          << "\"gone <i>\"\"x\"\".png\",<cat>,a&b,0.75\nthere.png,a,a,1\n";
  const std::string out = scratch / "both.html";
  REQUIRE(run({"report", one, two + "/", "--out", out}).code == 0);
  const std::string page = read_text(out);
  check_nesting(page);
  CHECK_THAT(page, ContainsSubstring("<title>2 runs</title>") && ContainsSubstring("&lt;b&gt;&amp;&quot;1&quot;") &&
                       ContainsSubstring("attacked_top1 (val)") && ContainsSubstring("adversarial") &&
                       ContainsSubstring("1 of 2 pictures") && ContainsSubstring("the picture is not there now") &&
                       ContainsSubstring("is &lt;cat&gt;") && ContainsSubstring("gone &lt;i&gt;&quot;x&quot;.png"));
  CHECK_THAT(page, !ContainsSubstring("<b>&\"1\"") && !ContainsSubstring("<i>"));
  const Outcome attacked = run({"report", two, "--data", small_pictures()});
  CHECK(attacked.code == 2);
  CHECK_THAT(attacked.err, ContainsSubstring("--data has no use for --task adversarial"));
  CHECK_THAT(page, ContainsSubstring("<tr><th>lr</th><td>0.05</td><td>0.25</td></tr>"));
  CHECK_THAT(page, ContainsSubstring("<tr><th>Run</th><th class=\"n\">top1 (val)</th>"
                                     "<th class=\"n\">attacked_top1 (val)</th><th class=\"n\">Best epoch</th>"));
}

TEST_CASE("runs that go on or were stopped are reported with what they have") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  std::string during;
  {
    const AtLoss actions({{6,
                           [&] {
                             REQUIRE(fs::exists(folder + "/config.toml"));
                             const std::string command = std::string(RADIAL_PROGRAM) + " report '" + folder +
                                                         "' --out '" + scratch / "now.html";
                             REQUIRE(std::system((command + "' > /dev/null").c_str()) == 0);
                             during = read_text(scratch / "now.html");
                           }},
                          {20, [] { std::raise(SIGTERM); }}});
    REQUIRE(run(short_training() + Arguments{"--out", folder}).code == 143);
  }
  check_nesting(during);
  CHECK_THAT(during, ContainsSubstring("<td>running</td>") && ContainsSubstring("0 of 2") &&
                         ContainsSubstring("No epoch has ended yet"));
  REQUIRE(run({"report", folder}).code == 0);
  const std::string page = read_text(folder + "/report.html");
  CHECK_THAT(page, ContainsSubstring("<td>stopped by SIGTERM</td>") && ContainsSubstring("1 of 2"));
  CHECK(count_of(page, "<svg") == 3);
  // A report in its folder is in nobody's way.
  CHECK(run({"train", "--resume", folder}).code == 0);
}

TEST_CASE("a report refuses what is no run, and says which file is damaged") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  CHECK(run({"report", scratch / "none"}).code == 7);
  fs::create_directories(folder);
  const Outcome empty = run({"report", folder});
  CHECK(empty.code == 2);
  CHECK_THAT(empty.err, ContainsSubstring("is no run: it has no config.toml"));
  std::ofstream(folder + "/config.toml") << "[train]\ntask = \"classify\"\nepochs = 3\nlr = 0.5\n";
  CHECK(run({"report", folder}).code == 0);  // killed as it began
  CHECK(run({"report", folder, "--data", small_pictures()}).code == 7);
  CHECK(run({"report", folder, "--out", scratch / "no/where.html"}).code == 7);
  std::ofstream(folder + "/env.json") << "{";
  const Outcome damaged = run({"report", folder});
  CHECK(damaged.code == 4);
  CHECK_THAT(damaged.err, ContainsSubstring("env.json"));
}
