#include "core/profile.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

namespace radial {

namespace {
std::chrono::steady_clock::time_point origin;
std::vector<ProfileEvent> collected;
}  // namespace

thread_local bool detail::profiling = false;

double detail::profile_clock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - origin).count();
}

void detail::add_profile_event(const char* kernel, const char* op, double start) {
  const double duration = profile_clock() - start;
  std::string name = op ? op : kernel;
  if (op)
    for (const char* pass : {"_forward", "_backward"})
      if (std::string_view(kernel).ends_with(pass)) name += pass;
  collected.push_back({std::move(name), start, duration});
}

void start_profile() {
  collected.clear();
  origin = std::chrono::steady_clock::now();
  detail::profiling = true;
}

std::vector<ProfileEvent> stop_profile() {
  detail::profiling = false;
  return std::move(collected);
}

std::vector<ProfileRow> summarise(const std::vector<ProfileEvent>& events) {
  std::map<std::string, ProfileRow> rows;
  for (const ProfileEvent& event : events) {
    ProfileRow& row = rows[event.name];
    row.name = event.name;
    row.calls += 1;
    row.seconds += event.duration;
  }
  std::vector<ProfileRow> sorted;
  for (auto& [name, row] : rows) sorted.push_back(row);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return sorted;
}

std::string chrome_trace(const std::vector<ProfileEvent>& events) {
  std::ostringstream out;
  out.precision(12);
  out << "{\"traceEvents\":[";
  const char* separator = "\n";
  for (const ProfileEvent& event : events) {
    out << separator << "{\"name\":\"" << event.name
        << "\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":" << event.start * 1e6 << ",\"dur\":" << event.duration * 1e6
        << "}";
    separator = ",\n";
  }
  out << "\n]}\n";
  return out.str();
}

}  // namespace radial
