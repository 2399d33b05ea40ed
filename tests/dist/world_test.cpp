// Which launchers are seen.
#include <cstdlib>

#include "core/error.h"
#include "dist/cores.h"
#include "tests/catch.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

// Variables of the environment while one lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("without a launcher, and with one of one process, there is one") {
  join_world();
  CHECK(world().size() == 1);
  const Variable one("OMPI_COMM_WORLD_SIZE", "1"), job("SLURM_NTASKS", "8");  // of a job, but not by srun
  join_world();
  CHECK(world().size() == 1);
  CHECK(world().leads());
  CHECK(world().gather("a") == std::vector<std::string>{"a"});
  CHECK(fair_threads(world()) == cores_of_process());
  CHECK(cores_of_process() <= cores_of_machine());
}

TEST_CASE("several processes that cannot speak to each other are an error, not several runs") {
  {
    const Variable torchrun("WORLD_SIZE", "4");
    CHECK_THROWS_WITH(join_world(), ContainsSubstring("WORLD_SIZE is 4") && ContainsSubstring("mpirun -n 4"));
  }
  {
    const Variable launched("OMPI_COMM_WORLD_SIZE", "2"), module("RADIAL_MPI_MODULE", "/nowhere/libradial_mpi.so");
    CHECK_THROWS_WITH(join_world(), ContainsSubstring("mpirun started 2") && ContainsSubstring("/nowhere"));
    CHECK(launched_processes() == 2);
  }
  CHECK(world().size() == 1);
}
