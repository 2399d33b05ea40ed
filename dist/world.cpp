// Which processes there are. MPI is in a shared object of its own (mpi_group.cpp), opened where a launcher started
// several processes and nowhere else: the program needs no MPI, and MPI_Init takes half a second.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

#include "core/error.h"
#include "dist/group.h"

namespace radial {
namespace {

std::unique_ptr<Group>& group_of_world() {
  static std::unique_ptr<Group> group = std::make_unique<Group>();
  return group;
}

int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

struct Launcher {
  const char* size;  // the variable
  const char* name;
};
// The step of Slurm, not the job: within a job, but without srun, the program is alone.
constexpr std::array launchers = {Launcher{"OMPI_COMM_WORLD_SIZE", "mpirun"}, Launcher{"PMI_SIZE", "mpiexec"},
                                  Launcher{"SLURM_STEP_NUM_TASKS", "srun"}};

const Launcher* launcher_seen() {
  const auto seen =
      std::find_if(launchers.begin(), launchers.end(), [](const Launcher& l) { return number_in(l.size) > 0; });
  return seen == launchers.end() ? nullptr : &*seen;
}

// "dist/" beside "apps/" in a build, "lib/radial/" beside "bin/" where it is installed.
std::string mpi_module() {
  if (const char* file = std::getenv("RADIAL_MPI_MODULE"); file != nullptr) return file;
  namespace fs = std::filesystem;
  std::error_code unknown;
  const fs::path folder = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  for (const char* place : {"../dist", "../../dist", "../" RADIAL_MODULE_FOLDER})
    if (const fs::path file = folder / place / "libradial_mpi.so"; fs::exists(file, unknown)) return file.string();
  return "";
}

std::unique_ptr<Group> open_mpi(const Launcher& launcher, int processes) {
  const std::string file = mpi_module();
  check(!file.empty(), "several processes: ", launcher.name, " started ", processes,
        " but this build of Radial has no MPI; install libopenmpi-dev and build it again, or start one process");
  // Open MPI opens parts of itself, which look for its symbols.
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr) {
    const char* why = dlerror();
    fail(ErrorKind::usage, "several processes: ", launcher.name, " started ", processes,
         " but MPI cannot be opened: ", why == nullptr ? "" : why, " (Debian: libopenmpi3)");
  }
  auto* make = reinterpret_cast<Group* (*)()>(dlsym(module, "radial_mpi_group"));
  check(make != nullptr, "several processes: ", file, " is none of Radial's");
  std::unique_ptr<Group> group(make());
  check(group->size() == processes, "several processes: ", launcher.name, " started ", processes, " but MPI sees ",
        group->size(), group->size() == 1 ? " in each" : "",
        "; launcher and library must be of one MPI (srun: try --mpi=pmix, or salloc and mpirun)");
  return group;
}

}  // namespace

Group& world() { return *group_of_world(); }

int launched_processes() {
  const Launcher* launcher = launcher_seen();
  return launcher == nullptr ? 1 : number_in(launcher->size);
}

void join_world() {
  if (world().size() > 1) return;
  if (const Launcher* launcher = launcher_seen()) {
    if (launched_processes() > 1) group_of_world() = open_mpi(*launcher, launched_processes());
    return;
  }
  const int size = number_in("WORLD_SIZE");
  check(size <= 1, "several processes: WORLD_SIZE is ", size,
        " but no launcher of MPI started this one; use mpirun -n ", size, " radial train ..., or unset WORLD_SIZE");
}

}  // namespace radial
