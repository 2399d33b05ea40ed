#include "apps/report/inline_figure.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "apps/report/html.h"
#include "core/error.h"
#include "io/file.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((fs::temp_directory_path() / "radial-report-XXXXXX").string()) {
    check(::mkdtemp(path_.data()) != nullptr, ErrorKind::io, "report: cannot make the folder ", path_, ": ",
          std::strerror(errno));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::string inline_figure(const std::string& name, const std::string& title,
                          const std::function<void(const std::string& folder)>& draw) {
  const TemporaryFolder folder;
  try {
    draw(folder.path());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    return "<p class=\"faint\">No figure: " + html_text(error.what()) + "</p>\n";
  }
  const std::string file = (fs::path(folder.path()) / (name + ".svg")).string(), svg = read_text(file);
  const size_t begin = svg.find("<svg");  // what comes before is a file's
  check(begin != std::string::npos, ErrorKind::io, "report: ", file, " is no SVG");
  return "<div class=\"figure\"><svg role=\"img\" aria-label=\"" + html_text(title) + '"' + svg.substr(begin + 4) +
         "</div>\n";
}

}  // namespace radial::apps
