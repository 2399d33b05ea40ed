#include "train/tensorboard_log.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "io/folder.h"

namespace radial {
namespace {

constexpr const char* event_folder = "tensorboard";
constexpr std::string_view event_prefix = "events.out.tfevents.", event_suffix = ".radial";

// 1764308000 for events.out.tfevents.1764308000.radial; 0 for files that are not ours.
int64_t time_in_name(const std::string& name) {
  if (!name.starts_with(event_prefix) || !name.ends_with(event_suffix)) return 0;
  const char *begin = name.data() + event_prefix.size(), *end = name.data() + name.size() - event_suffix.size();
  int64_t time = 0;
  const auto [stop, error] = std::from_chars(begin, end, time);
  return error == std::errc() && stop == end ? time : 0;
}

std::vector<std::string> event_files(const RunFolder& run) {
  std::vector<std::string> names;
  if (!std::filesystem::is_directory(run.file(event_folder))) return names;
  for (const auto& entry : entries_of(run.file(event_folder)))
    if (const std::string name = entry.path().filename().string(); time_in_name(name) > 0) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

// Readers take files in the order of their names, whatever the clock says.
std::string name_of_new_file(const std::vector<std::string>& others) {
  int64_t time =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (!others.empty()) time = std::max(time, time_in_name(others.back()) + 1);
  return std::string(event_prefix) + std::to_string(time) + std::string(event_suffix);
}

std::string name_in_run(const std::string& name) { return std::string(event_folder) + "/" + name; }

}  // namespace

TensorBoardLog::TensorBoardLog(const RunFolder& run, bool on) : run_(run), on_(on) {
  for (const std::string& name : event_files(run)) std::filesystem::remove(run.file(name_in_run(name)));
}

TensorBoardLog::TensorBoardLog(const RunFolder& run, bool on, const TrainingState& state)
    : run_(run), on_(on), goes_on_at_(state.step + 1) {
  for (const std::string& file : event_files(run)) {
    const std::string name = name_in_run(file);
    if (const auto mark = state.files.find(name); mark != state.files.end())
      before_[name] = MarkedFile::resume(run.file(name), mark->second, EventFile::words).sync(EventFile::words);
    else
      std::filesystem::remove(run.file(name));  // begun after the checkpoint
  }
}

void TensorBoardLog::begin_file() {
  make_folders(run_.file(event_folder));
  name_ = name_in_run(name_of_new_file(event_files(run_)));
  if (goes_on_at_)
    file_.emplace(run_.file(name_), *goes_on_at_);
  else
    file_.emplace(run_.file(name_));
  sync_folder(run_.file(event_folder));
}

void TensorBoardLog::add(int64_t step, std::span<const Scalar> scalars) {
  if (!on_) return;
  if (!file_) begin_file();
  file_->add(step, scalars);
}

void TensorBoardLog::flush() {
  if (file_) file_->flush();
}

void TensorBoardLog::sync(std::map<std::string, FileMark>& marks) {
  marks.insert(before_.begin(), before_.end());
  if (file_) marks[name_] = file_->sync();
}

}  // namespace radial
