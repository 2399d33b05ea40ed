#include "io/gnuplot.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sstream>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/folder.h"
#include "io/uninterrupted.h"
#include "io/utf8.h"

extern char** environ;

namespace radial {

namespace {

std::string script(const std::string& name, const std::string& body, FigureSize size) {
  std::ostringstream text;
  text << "# Draws " << name << ".svg and " << name << ".png. To draw again, in this folder: gnuplot " << name
       << ".gp\n"
       << "if (!exists(\"pass\")) pass = 1\n"
       << "if (pass == 1) set terminal svg size " << size.width << "," << size.height
       << " font \"Helvetica,14\" background \"white\"\n"
       << "if (pass == 1) set output " << gnuplot_file(name + ".svg") << "\n"
       << "png = strstrt(GPVAL_TERMINALS, \"pngcairo\") ? \"pngcairo\" : \"png\"\n"
       // twice the pixels, for screens that have them; 10.5 points are 14 pixels
       << "if (pass == 2) set terminal @png size " << 2 * size.width << "," << 2 * size.height
       << " font \"Helvetica,10.5\" fontscale 2 linewidth 2 pointscale 2\n"
       << "if (pass == 2) set output " << gnuplot_file(name + ".png") << "\n\n"
       << body << "\n\n"
       << "unset output\nreset\n"
       << "pass = pass + 1\n"
       << "if (pass == 2) load " << gnuplot_file(name + ".gp") << "\n";
  return text.str();
}

struct Run {
  int start_error = 0;  // errno of a program that could not be started
  int status = 0;       // of waitpid
  std::string output;   // stdout and stderr
};

// What was drawn before goes; an empty folder of that name would, too.
void make_way_for(const std::string& drawing) {
  std::error_code error;
  check(!std::filesystem::is_directory(drawing, error), ErrorKind::io, "figure: ", drawing, " is a folder");
  std::filesystem::remove(drawing, error);
  check(!error, ErrorKind::io, "remove: ", drawing, ": ", error.message());
}

// Whether a drawing is there to its end: gnuplot does not notice that a disk is full.
bool is_whole(const std::string& drawing) {
  const std::string text = std::filesystem::exists(drawing) ? read_text(drawing) : "";
  const std::string_view end = std::string_view(text).substr(text.size() - std::min<size_t>(text.size(), 16));
  return end.find(drawing.ends_with(".svg") ? "</svg>" : "IEND") != std::string_view::npos;
}

// gnuplot with one argument in `folder`. SVG and PNG are drawn without a display.
Run run_gnuplot(const std::string& folder, std::string argument) {
  int pipe_ends[2];
  check(::pipe2(pipe_ends, O_CLOEXEC) == 0, ErrorKind::io, "figure: no pipe: ", std::strerror(errno));
  std::string program = "gnuplot";
  char* arguments[] = {program.data(), argument.data(), nullptr};
  Run run;
  pid_t child = 0;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Each may fail for want of memory, and without it gnuplot would draw somewhere else.
  int& error = run.start_error;
  error = posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  if (error == 0) error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], stream);
  if (error == 0) error = ::posix_spawnp(&child, "gnuplot", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);
  if (run.start_error == 0) {
    char piece[4096];
    ssize_t count = 0;
    while ((count = uninterrupted([&] { return ::read(pipe_ends[0], piece, sizeof piece); })) > 0)
      run.output.append(piece, static_cast<size_t>(count));
    uninterrupted([&] { return ::waitpid(child, &run.status, 0); });
  }
  ::close(pipe_ends[0]);
  return run;
}

}  // namespace

std::string gnuplot_quoted(const std::string& text) {
  check(text.find_first_of(std::string_view("\n\0", 2)) == std::string::npos, "gnuplot: the text \"", printable(text),
        "\" has an end of a line, or a byte 0, in it");
  std::string quoted;
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return "'" + quoted + "'";
}

std::string gnuplot_title(const std::string& text) { return gnuplot_quoted(printable(text)); }

std::string gnuplot_file(const std::string& name) { return gnuplot_quoted("./" + name); }

std::string gnuplot_version() {
  const Run run = run_gnuplot(".", "--version");
  const bool works = run.start_error == 0 && WIFEXITED(run.status) && WEXITSTATUS(run.status) == 0;
  return works ? run.output.substr(0, run.output.find('\n')) : "";
}

void draw_figure(const std::string& stem, const std::string& body, FigureSize size) {
  namespace fs = std::filesystem;
  const fs::path path(stem);
  const std::string folder = path.parent_path().empty() ? "." : path.parent_path().string();
  const std::string name = path.filename().string();
  check(!name.empty() && name.find('\n') == std::string::npos, "figure: \"", stem, "\" is no name of a file");
  make_folders(folder);
  for (const char* suffix : {".gp", ".csv"}) remove_stale_temporaries(folder, name + suffix);
  write_atomically(stem + ".gp", script(name, body, size));
  for (const char* suffix : {".svg", ".png"}) make_way_for(stem + suffix);

  const Run run = run_gnuplot(folder, "./" + name + ".gp");
  check(run.start_error != ENOENT, "figure: gnuplot was not found (install gnuplot-nox); the script is ", stem, ".gp");
  check(run.start_error == 0, ErrorKind::io, "figure: gnuplot could not be started: ", std::strerror(run.start_error));
  check(WIFEXITED(run.status) && WEXITSTATUS(run.status) == 0, ErrorKind::io, "figure: gnuplot failed on ", stem,
        ".gp:\n", run.output);
  for (const char* suffix : {".svg", ".png"}) {
    if (!is_whole(stem + suffix)) {
      for (const char* drawing : {".svg", ".png"}) make_way_for(stem + drawing);
      fail(ErrorKind::io, "figure: gnuplot drew no ", stem, suffix,
           run.output.empty() ? "; is the disk full?" : ":\n" + run.output);
    }
    File::open(stem + suffix).sync();
  }
  sync_folder(folder);
}

}  // namespace radial
