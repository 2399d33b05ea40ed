#include "tests/faults/injector.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <mutex>
#include <unistd.h>

#include "tests/faults/durable_files.h"
#include "tests/faults/injector_calls.h"

namespace faults {
namespace {

struct Injector {
  std::string folder;
  Fault fault;
  Observer observer;
  std::vector<SeenCall> seen;
  bool failing = false;  // fail_from_here has begun, for this kind of calls
  Call failing_call{};
  std::map<int, std::string> descriptors;
  std::map<const void*, std::string> lists;
  DurableFiles durable;  // kept up to date for a power cut alone
};

std::mutex mutex;  // of the injector; loader threads read pictures
Injector* injector = nullptr;
std::atomic<bool> active{false};
thread_local bool inside = false;  // calls of the injector itself are let through

class Inside {
 public:
  Inside() : lock_(mutex), error_(errno) { inside = true; }
  ~Inside() {
    inside = false;
    errno = error_;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
  int error_;
};

bool lies_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_power_cut() { return injector->fault.effect == Effect::power_cut; }

}  // namespace

bool watching() { return active.load(std::memory_order_relaxed) && !inside; }

void watch(const std::string& folder, const Fault& fault) {
  auto* fresh = new Injector;  // lives as long as the process, as threads may still be under way
  fresh->folder = folder;
  fresh->fault = fault;
  if (fault.effect == Effect::power_cut) fresh->durable.take(folder);
  const Inside guard;
  injector = fresh;
  active = true;
}

std::vector<SeenCall> stop_watching() {
  active = false;
  const Inside guard;
  return injector == nullptr ? std::vector<SeenCall>() : injector->seen;
}

void observe(Observer observer) { injector->observer = std::move(observer); }

std::string path_at(int directory, const char* path) {
  const std::string name = path == nullptr ? "" : path;
  if (name.starts_with('/')) return name;
  const std::string below = directory == AT_FDCWD ? "" : path_of(directory);
  if (below.empty()) return "";
  return name.empty() ? below : below + "/" + name;
}

std::string path_of(int descriptor) {
  const Inside guard;
  const auto found = injector->descriptors.find(descriptor);
  return found == injector->descriptors.end() ? "" : found->second;
}

std::string path_of_list(const void* list) {
  const Inside guard;
  const auto found = injector->lists.find(list);
  return found == injector->lists.end() ? "" : found->second;
}

Decision decide(Call call, const std::string& path, bool changes) {
  const Inside guard;
  if (!lies_below(path, injector->folder)) return {};
  injector->seen.push_back({call, path, changes});
  const Fault& fault = injector->fault;
  if (injector->failing) return {injector->failing_call == call ? fault.error : 0};
  if (fault.at != static_cast<int64_t>(injector->seen.size())) return {};
  if (injector->observer.met) injector->observer.met(injector->seen.back());
  switch (fault.effect) {
    case Effect::none:
      return {};
    case Effect::fail_from_here:
      injector->failing = true;
      injector->failing_call = call;
      return {fault.error};
    case Effect::fail:
      return {fault.error};
    case Effect::fewer_bytes:
      return {0, true};
    case Effect::disk_full:
      injector->failing = true;
      injector->failing_call = call;
      return {0, true};
    case Effect::tear:
      return {0, true, true};
    case Effect::kill:
      end_process();
    case Effect::power_cut:
      injector->durable.bring_back(fault.lost);
      end_process();
    case Effect::terminate:
      ::raise(SIGTERM);
      return {};
  }
  return {};
}

void end_process() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

void opened(int descriptor, const std::string& path, bool is_new) {
  const Inside guard;
  if (!lies_below(path, injector->folder)) return;
  injector->descriptors[descriptor] = path;
  if (is_new && is_power_cut()) injector->durable.created(path);
}

void opened_list(const void* list, const std::string& path) {
  const Inside guard;
  if (lies_below(path, injector->folder)) injector->lists[list] = path;
}

void closed(int descriptor) {
  const Inside guard;
  injector->descriptors.erase(descriptor);
}

void closed_list(const void* list) {
  const Inside guard;
  injector->lists.erase(list);
}

void synced(const std::string& path) {
  const Inside guard;
  if (is_power_cut()) injector->durable.synced(path);
}

void finished(Call call, const std::string& path, bool changes) {
  const Inside guard;
  if (injector->observer.finished && lies_below(path, injector->folder))
    injector->observer.finished({call, path, changes});
}

}  // namespace faults
