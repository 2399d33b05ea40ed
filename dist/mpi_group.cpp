// The processes of an MPI job. The only source that knows MPI: a shared object, which Open MPI's and MPICH's users
// compile each with theirs. What MPI finds wrong ends the job, as MPI does by default.
#include <algorithm>
#include <limits>
#include <mpi.h>
#include <stdexcept>

#include "dist/group.h"

namespace radial {
namespace {

class MpiGroup : public Group {
 public:
  MpiGroup() {
    // Other threads (of the loader, of OpenMP) are there but never call it.
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    if (provided < MPI_THREAD_FUNNELED) throw std::runtime_error("MPI allows no threads");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm local = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &local);
    MPI_Comm_rank(local, &local_rank_);
    MPI_Comm_size(local, &local_size_);
    MPI_Comm_free(&local);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return local_rank_; }
  int local_size() const override { return local_size_; }

  std::vector<std::string> gather(const std::string& mine) override {
    const int64_t own = static_cast<int64_t>(mine.size());
    std::vector<int64_t> sizes(ranks());
    MPI_Allgather(&own, 1, MPI_INT64_T, sizes.data(), 1, MPI_INT64_T, MPI_COMM_WORLD);
    std::vector<std::string> parts(ranks());
    const int64_t longest = *std::max_element(sizes.begin(), sizes.end());
    // MPI counts in int: so much of each rank at once.
    const int64_t most = std::numeric_limits<int>::max() / size_;
    for (int64_t begin = 0; begin < longest; begin += most) {
      std::vector<int> counts(ranks()), offsets(ranks());
      int all = 0;
      for (size_t r = 0; r < ranks(); ++r) {
        counts[r] = static_cast<int>(std::clamp<int64_t>(sizes[r] - begin, 0, most));
        offsets[r] = all;
        all += counts[r];
      }
      std::string text(static_cast<size_t>(all), '\0');
      MPI_Allgatherv(mine.data() + std::min(begin, own), counts[static_cast<size_t>(rank_)], MPI_BYTE, text.data(),
                     counts.data(), offsets.data(), MPI_BYTE, MPI_COMM_WORLD);
      for (size_t r = 0; r < ranks(); ++r)
        parts[r].append(text, static_cast<size_t>(offsets[r]), static_cast<size_t>(counts[r]));
    }
    return parts;
  }

  // All messages at once, to the next ranks first, so that nobody is everyone's first.
  void all_to_all(const std::byte* from, std::span<const Piece> sent, std::byte* to,
                  std::span<const Piece> received) override {
    std::vector<MPI_Request> requests;
    for (int distance = 0; distance < size_; ++distance) {
      const int source = (rank_ + size_ - distance) % size_, target = (rank_ + distance) % size_;
      if (const Piece piece = received[static_cast<size_t>(source)]; piece.bytes > 0)
        MPI_Irecv(to + piece.offset, static_cast<int>(piece.bytes), MPI_BYTE, source, tag, MPI_COMM_WORLD,
                  &requests.emplace_back());
      if (const Piece piece = sent[static_cast<size_t>(target)]; piece.bytes > 0)
        MPI_Isend(from + piece.offset, static_cast<int>(piece.bytes), MPI_BYTE, target, tag, MPI_COMM_WORLD,
                  &requests.emplace_back());
    }
    MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  }

  void all_gather(std::byte* all, int64_t bytes) override {
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, all, static_cast<int>(bytes), MPI_BYTE, MPI_COMM_WORLD);
  }

  void leave() override { MPI_Finalize(); }
  void abort(int code) override { MPI_Abort(MPI_COMM_WORLD, code); }

 private:
  static constexpr int tag = 1;
  size_t ranks() const { return static_cast<size_t>(size_); }

  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1;
};

}  // namespace
}  // namespace radial

extern "C" __attribute__((visibility("default"))) radial::Group* radial_mpi_group() { return new radial::MpiGroup(); }
