#include "dist/nccl_group.h"

#include <chrono>
#include <cstring>
#include <thread>

#include "core/cuda/context.h"
#include "core/error.h"

namespace radial {
namespace {

class NcclGroup : public Group {
 public:
  NcclGroup(Group& hosts, Device card) : hosts_(hosts), card_(card), nccl_(open_nccl()) {
    cuda::use(card_);
    ncclUniqueId id{};
    if (leads()) done("ncclGetUniqueId", nccl_.get_unique_id(&id));
    const std::string told = gather(leads() ? std::string(id.internal, sizeof id.internal) : "").front();
    std::memcpy(id.internal, told.data(), sizeof id.internal);
    done("ncclCommInitRank", nccl_.comm_init_rank(&communicator_, size(), id, rank()));
  }

  // Where all went well nothing is under way; else nobody waits for what is.
  ~NcclGroup() override {
    if (communicator_ != nullptr) nccl_.comm_abort(communicator_);
  }

  int rank() const override { return hosts_.rank(); }
  int size() const override { return hosts_.size(); }
  int local_rank() const override { return hosts_.local_rank(); }
  int local_size() const override { return hosts_.local_size(); }
  std::vector<std::string> gather(const std::string& mine) override { return hosts_.gather(mine); }

  Device memory() const override { return card_; }

  void all_to_all(const std::byte* from, std::span<const Piece> sent, std::byte* to,
                  std::span<const Piece> received) override {
    const cudaStream_t stream = cuda::use(card_).stream;
    done("ncclGroupStart", nccl_.group_start());
    for (int rank = 0; rank < size(); ++rank) {
      if (const Piece piece = sent[static_cast<size_t>(rank)]; piece.bytes > 0)
        done("ncclSend",
             nccl_.send(from + piece.offset, static_cast<size_t>(piece.bytes), ncclInt8, rank, communicator_, stream));
      if (const Piece piece = received[static_cast<size_t>(rank)]; piece.bytes > 0)
        done("ncclRecv",
             nccl_.recv(to + piece.offset, static_cast<size_t>(piece.bytes), ncclInt8, rank, communicator_, stream));
    }
    done("ncclGroupEnd", nccl_.group_end());
  }

  // It ends an exchange, and so the host waits: NCCL does not end by itself where another rank or the network is lost.
  void all_gather(std::byte* all, int64_t bytes) override {
    done("ncclAllGather", nccl_.all_gather(all + rank() * bytes, all, static_cast<size_t>(bytes), ncclInt8,
                                           communicator_, cuda::use(card_).stream));
    wait();
  }

  void leave() override { hosts_.leave(); }
  void abort(int code) override { hosts_.abort(code); }

 private:
  void wait() const {
    const cudaStream_t stream = cuda::use(card_).stream;
    while (true) {
      ncclResult_t state = ncclSuccess;
      done("ncclCommGetAsyncError", nccl_.comm_get_async_error(communicator_, &state));
      done("an exchange between cards", state);
      const cudaError_t error = cudaStreamQuery(stream);
      if (error != cudaErrorNotReady) return cuda::check_cuda(error, "an exchange between cards");
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  void done(const char* call, ncclResult_t result) const {
    if (result == ncclSuccess) [[likely]]
      return;
    const std::string more = nccl_.get_last_error(communicator_);
    const bool misused = result == ncclInvalidUsage || result == ncclInvalidArgument;
    fail(misused ? ErrorKind::usage : ErrorKind::internal, "several processes: rank ", rank(), " (", card_, "): ", call,
         ": NCCL says: ", nccl_.get_error_string(result), more.empty() ? "" : " (", more, more.empty() ? "" : ")",
         misused ? "; each process needs a card of its own" : "; NCCL_DEBUG=WARN tells more",
         " (RADIAL_NCCL_LIBRARY=off exchanges through the host)");
  }

  Group& hosts_;
  const Device card_;
  const NcclLibrary& nccl_;
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<Group> nccl_group(Group& hosts, Device card) { return std::make_unique<NcclGroup>(hosts, card); }

}  // namespace radial
