// radial doctor: what this machine has and lacks, and what is odd about a data set.
#include <algorithm>
#include <filesystem>
#include <map>
#include <sched.h>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/environment.h"
#include "apps/commands/commands.h"
#include "core/error.h"
#include "core/gpu_names.h"
#include "core/host_memory.h"
#include "core/parallel.h"
#include "data/archive_format.h"
#include "data/folder_scan.h"
#include "data/picture_archive.h"
#include "data/picture_survey.h"
#include "data/sound.h"
#include "data/val_labels.h"
#include "dist/cards.h"
#include "io/gnuplot.h"
#include "io/json_lines.h"
#include "io/protocol_buffers.h"
#include "train/options.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct DoctorOptions {
  std::string data;
  int threads = 0;
  bool json = false;
};

// What may be worth a look: a kind, what it means, and files.
struct Finding {
  std::string kind, meaning;
  std::vector<std::string> files;  // for people; or one text for each
};

// Prints as people read it, or as JSON.
class Findings {
 public:
  explicit Findings(bool json) : json_(json) {}

  void line(const std::string& text) const {
    if (!json_) print_line(text);
  }
  void fact(const char* name, const std::string& text) const { line(fmt::format("{:<12}{}", name, text)); }
  void object(const Json& value) const {
    if (json_) print_json_line(value);
  }
  void finding(const Finding& finding) const {
    if (finding.files.empty()) return;
    line(fmt::format("{}: {} {}", finding.kind, finding.files.size(), finding.meaning));
    constexpr size_t shown = 10;
    for (size_t i = 0; i < std::min(finding.files.size(), shown); ++i) line("  " + finding.files[i]);
    if (finding.files.size() > shown) line(fmt::format("  and {} more (--json has all)", finding.files.size() - shown));
    object({{"finding", finding.kind}, {"meaning", finding.meaning}, {"files", finding.files}});
  }

 private:
  bool json_;
};

int cores_of_process() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
                                                      : static_cast<int>(std::thread::hardware_concurrency());
}

// The device, or why there is none.
std::pair<bool, std::string> gpu() {
  try {
    const Device device = parse_device("cuda");
    return {true, gpu_name(device) + ", " + gpu_libraries()};
  } catch (const Error& error) {
    return {false, error.what()};
  }
}

std::pair<bool, std::string> nccl() {
  try {
    return {true, nccl_version()};
  } catch (const Error& error) {
    return {false, error.what()};
  }
}

void examine_machine(const Findings& report) {
  const Json machine = environment(Device{});
  const auto text = [&](const char* key) { return machine.at(key).get<std::string>(); };
  const int cores = cores_of_process();
  std::error_code error;
  const fs::space_info disk = fs::space(fs::current_path(), error);
  const auto gigabytes = [](auto bytes) { return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9); };
  const auto [has_gpu, gpu_text] = gpu();
  const auto [has_nccl, nccl_text] = nccl();
  const std::string gnuplot = gnuplot_version();

  report.fact("radial", fmt::format("{}, commit {}, {}", text("version"), text("commit"), text("build")));
  report.fact("processor", fmt::format("{}; {} cores, of which this process may use {}", text("processor"),
                                       machine.at("cores").get<int>(), cores));
  report.fact("threads", fmt::format("{} compute", threads()));
  report.fact("vectors", text("simd"));
  report.fact("memory", gigabytes(host_memory()) + " with swap");
  if (!error) report.fact("disk", gigabytes(disk.available) + " free in " + fs::current_path().string());
  report.fact("GPU", has_gpu ? gpu_text : "none can be used: " + gpu_text);
  report.fact("NCCL", has_nccl ? nccl_text : "none, so several GPUs exchange through the host: " + nccl_text);
  report.fact("gnuplot", gnuplot.empty() ? "not found, so no figures are drawn: apt-get install gnuplot-nox" : gnuplot);
  report.fact("sounds", sound_libraries());
  report.fact("archives", fmt::format("zip; tar: {}", archive_library()));
  report.fact("ONNX", fmt::format("and event files: {}", protocol_buffers_library()));
  Json object = machine;
  object["cores_of_process"] = cores;
  object["memory_bytes"] = host_memory();
  object["disk_free_bytes"] = error ? Json() : Json(disk.available);
  object["gpu"] = has_gpu ? Json(gpu_text) : Json();
  object["no_gpu"] = has_gpu ? Json() : Json(gpu_text);
  object["nccl"] = has_nccl ? Json(nccl_text) : Json();
  object["gnuplot"] = gnuplot.empty() ? Json() : Json(gnuplot);
  object["sounds"] = sound_libraries();
  object["tar"] = archive_library();
  object["protocol_buffers"] = protocol_buffers_library();
  report.object(object);
}

struct Split {
  std::string name;
  ImageFolder folder;
  std::vector<PictureFacts> facts;
  bool is_flat = false;  // all pictures in one folder, of classes that it does not say

  std::string file(size_t i) const { return folder.path(static_cast<int64_t>(i)).string(); }
};

void describe(const Findings& report, const Split& split) {
  const std::vector<int64_t> counts = split.folder.class_counts();
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  const auto class_of = [&](auto at) { return split.folder.classes[static_cast<size_t>(at - counts.begin())]; };
  report.fact(split.name.c_str(),
              split.is_flat
                  ? fmt::format("{} pictures in one folder, whose classes --val-labels FILE says in training",
                                split.folder.size())
                  : fmt::format("{} pictures in {} classes, {} ({}) to {} ({}) in a class", split.folder.size(),
                                counts.size(), *least, class_of(least), *most, class_of(most)));
  std::vector<std::pair<int64_t, std::string>> sizes;
  int64_t grey = 0;
  for (const PictureFacts& facts : split.facts) {
    if (!facts.error.empty()) continue;
    sizes.emplace_back(int64_t{facts.width} * facts.height, fmt::format("{} x {}", facts.width, facts.height));
    grey += facts.grey;
  }
  std::sort(sizes.begin(), sizes.end());
  Json object = {{"split", split.name}, {"images", split.folder.size()}, {"grey", grey}, {"classes", Json::object()}};
  for (size_t i = 0; i < counts.size() && !split.is_flat; ++i) object["classes"][split.folder.classes[i]] = counts[i];
  if (!sizes.empty()) {
    report.fact("", fmt::format("{} to {} pixels, the middle one {}; {} grey", sizes.front().second,
                                sizes.back().second, sizes[sizes.size() / 2].second, grey));
    object["smallest"] = sizes.front().second;
    object["median"] = sizes[sizes.size() / 2].second;
    object["largest"] = sizes.back().second;
  }
  report.object(object);
}

// Of all splits: a picture that cannot be read, or looks like a mistake.
void examine_pictures(const Findings& report, const std::vector<Split>& splits) {
  Finding unreadable{"unreadable", "cannot be read (train and evaluate: --on-bad-image skip)", {}};
  Finding small{"small", "with a side below 32 pixels", {}};
  Finding narrow{"narrow", "more than four times as long as wide", {}};
  Finding cmyk{"CMYK", "for print, whose colours are converted roughly", {}};
  for (const Split& split : splits) {
    for (const BadSample::Entry& entry : split.folder.unusable) unreadable.files.push_back(entry.message);
    for (size_t i = 0; i < split.facts.size(); ++i) {
      const PictureFacts& facts = split.facts[i];
      const auto [shorter, longer] = std::minmax(facts.width, facts.height);
      const std::string sized = fmt::format("{} ({} x {})", split.file(i), facts.width, facts.height);
      if (!facts.error.empty()) {
        unreadable.files.push_back(facts.error);
        continue;
      }
      if (shorter < 32) small.files.push_back(sized);
      if (longer > 4 * shorter) narrow.files.push_back(sized);
      if (facts.cmyk) cmyk.files.push_back(split.file(i));
    }
  }
  for (const Finding& finding : {unreadable, small, narrow, cmyk}) report.finding(finding);
}

// Pictures with the same pixels: in two splits, in two classes, or twice.
void examine_doubles(const Findings& report, const std::vector<Split>& splits) {
  struct Place {
    const Split* split;
    size_t sample;
    const std::string& label() const {
      return split->folder.classes[static_cast<size_t>(split->folder.samples[sample].label)];
    }
  };
  std::map<uint64_t, std::vector<Place>> places;
  for (const Split& split : splits)
    for (size_t i = 0; i < split.facts.size(); ++i)
      if (split.facts[i].error.empty()) places[split.facts[i].pixels].push_back({&split, i});
  Finding leaked{
      "in two splits", "pictures that train and val share: accuracy is too high by what was learnt by heart", {}};
  Finding contradicting{"in two classes", "pictures with more than one label", {}};
  Finding twice{"twice", "pictures more than once in a class", {}};
  for (const auto& places_of_one : places) {
    const std::vector<Place>& same = places_of_one.second;
    if (same.size() < 2) continue;
    std::string text;
    for (const Place& place : same) text += (text.empty() ? "" : " = ") + place.split->file(place.sample);
    const auto differs = [&](auto&& what) {
      return std::any_of(same.begin(), same.end(),
                         [&](const Place& place) { return what(place) != what(same.front()); });
    };
    const bool splits_differ = differs([](const Place& place) { return place.split; });
    const bool labels_differ = differs([](const Place& place) { return place.label(); });
    (splits_differ ? leaked : labels_differ ? contradicting : twice).files.push_back(text);
  }
  for (const Finding& finding : {leaked, contradicting, twice}) report.finding(finding);
}

void examine_classes(const Findings& report, const std::vector<Split>& splits) {
  Finding uneven{"uneven", "classes with less than half as many pictures as the largest", {}};
  for (const Split& split : splits) {
    const std::vector<int64_t> counts = split.folder.class_counts();
    const int64_t most = *std::max_element(counts.begin(), counts.end());
    for (size_t i = 0; i < counts.size(); ++i)
      if (2 * counts[i] < most)
        uneven.files.push_back(fmt::format("{}/{}: {} of {}", split.name, split.folder.classes[i], counts[i], most));
  }
  report.finding(uneven);
  if (splits.size() < 2 || splits[1].is_flat) return;
  Finding alone{"in one split", "classes that train or val does not have", {}};
  for (const bool first : {true, false}) {
    const Split &here = splits[first ? 0 : 1], &there = splits[first ? 1 : 0];
    for (const std::string& name : here.folder.classes)
      if (!std::binary_search(there.folder.classes.begin(), there.folder.classes.end(), name))
        alone.files.push_back(here.name + "/" + name);
  }
  report.finding(alone);
}

void examine_data(const Findings& report, const std::string& data) {
  check(is_picture_folder(data), ErrorKind::dataset, "doctor: ", data,
        " is neither a folder nor an archive (tar, zip)");
  std::vector<Split> splits;
  const auto add = [&](const std::string& name, ImageFolder folder, bool is_flat = false) {
    std::vector<PictureFacts> facts = survey(folder);
    splits.push_back({name, std::move(folder), std::move(facts), is_flat});
  };
  if (folder_of_data(data, "train")) {
    add("train", open_split(data, "train", OnBadSample::skip));
    const auto val = folder_of_data(data, "val");
    // An archive of one folder of pictures: that of a single class, or of all.
    const bool one_class = splits.front().folder.classes.size() == 1;
    const auto flat = val && !one_class ? flat_folder_of(*val) : val;
    if (flat && contents_of(*flat) == Contents::files)
      add("val", open_flat_folder(*flat, OnBadSample::skip), true);
    else if (val || folder_of_data(data, "test"))
      add("val", open_split(data, "val", OnBadSample::skip));
    else
      report.line("val: there is none beside train/, and training needs one");
  } else {
    add("pictures", open_image_folder(data, OnBadSample::skip));
  }
  for (const Split& split : splits) describe(report, split);
  examine_pictures(report, splits);
  examine_doubles(report, splits);
  examine_classes(report, splits);
}

int run_doctor(const DoctorOptions& options) {
  set_threads(options.threads);
  const Findings report(options.json);
  examine_machine(report);
  if (!options.data.empty()) examine_data(report, options.data);
  return 0;
}

void list_doctor_options(OptionList& list, DoctorOptions& options) {
  list.add_argument("data", options.data, "DATA", "Pictures whose folders are examined, too: each is read once");
  list_threads(list, options.threads);
  add_json(list, options.json);
}

}  // namespace

Command doctor_command() {
  return command("doctor", "Tell what this machine has and lacks, and what is odd about a data set",
                 list_doctor_options, run_doctor);
}

}  // namespace radial::apps
