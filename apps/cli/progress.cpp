#include "apps/cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "train/stopwatch.h"

namespace radial::apps {
namespace {

size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// What does not reach a reader is lost; that is no reason to stop.
void print(const std::string& text) {
  const size_t written = std::fwrite(text.data(), 1, text.size(), stderr);
  static_cast<void>(written);
  std::fflush(stderr);
}

double share(int64_t done, int64_t total) {
  return static_cast<double>(done) / static_cast<double>(std::max<int64_t>(total, 1));
}

std::string details(const StepProgress& report) {
  std::string text =
      fmt::format("{}  {:.1f} img/s  wait {:.0f} %", report.numbers, report.images_per_second, 100 * report.data_wait);
  if (report.eta_seconds >= 0) text += "  ETA " + duration_text(report.eta_seconds);
  return text;
}

}  // namespace

Progress::Progress() {
  const char* terminal = std::getenv("TERM");
  bar_ = isatty(STDERR_FILENO) == 1 && terminal != nullptr && *terminal != '\0' && std::strcmp(terminal, "dumb") != 0;
  colour_ = bar_ && !is_set("NO_COLOR");
  interval_ = bar_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
  next_ = Clock::now() + interval_;
}

Progress::~Progress() {
  if (drawn_) print("\r\x1b[K");
}

bool Progress::due() {
  if (Clock::now() < next_) return false;
  next_ = Clock::now() + interval_;
  return true;
}

void Progress::step(const StepProgress& report) {
  if (!due()) return;
  const std::string head = fmt::format("epoch {}/{}", report.epoch, report.epochs);
  const std::string place = fmt::format("{}/{}", report.done, report.total);
  if (bar_)
    draw(head, share(report.done, report.total), place + "  " + details(report));
  else
    line(head + "  " + place + "  " + details(report));
}

void Progress::evaluating(int64_t batch, int64_t batches) {
  if (!bar_ || !due()) return;
  draw("evaluation", share(batch, batches), fmt::format("{}/{}", batch, batches));
}

// The bar takes what the texts leave, from 10 to 30 columns; on a narrow terminal it goes, then the end of the text.
void Progress::draw(const std::string& head, double part, const std::string& tail) {
  const size_t width = terminal_width() - 1;
  const size_t texts = head.size() + tail.size() + 4;
  const size_t room = width > texts ? std::min<size_t>(width - texts, 30) : 0;
  std::string text = head + " ";
  if (room >= 10) {
    const auto full = static_cast<size_t>(std::lround(part * static_cast<double>(room)));
    const std::string bar = std::string(full, '=') + std::string(room - full, '-');
    text += colour_ ? "\x1b[32m" + bar.substr(0, full) + "\x1b[2;39m" + bar.substr(full) + "\x1b[0m" : "[" + bar + "]";
    text += " " + tail;
  } else {
    text = (text + " " + tail).substr(0, width);
  }
  print("\r" + text + "\x1b[K");
  drawn_ = true;
}

void Progress::line(const std::string& text) {
  print((drawn_ ? "\r\x1b[K" : "") + text + "\n");
  drawn_ = false;
}

}  // namespace radial::apps
