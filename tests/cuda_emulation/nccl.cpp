// NCCL on the emulated device: a shared object that is opened as the true one is. Bytes go by MPI, which the program
// has begun. What the true one would not take is an error: memory that is the host's or not wholly the card's, two
// ranks on one card of a machine, an id that is not rank 0's, messages that nobody expects or of another size.
//   RADIAL_EMULATION_NCCL_LOST=3   from the third gathering on, the network is said to be lost
#include "tests/cuda_emulation/nccl.h"

#include <cstdlib>
#include <cstring>
#include <mpi.h>
#include <string>
#include <vector>

#include "tests/cuda_emulation/device_memory.h"

struct EmulatedNcclComm {
  MPI_Comm mpi = MPI_COMM_NULL;
  int ranks = 0, rank = 0;
  int gatherings = 0;
};

namespace {

struct Message {
  void* place;
  size_t bytes;
  int peer;
  bool sent;
  ncclComm_t comm;
};

bool in_group = false;
std::vector<Message> messages;
std::string last_error;

ncclResult_t error(ncclResult_t result, const std::string& why) {
  last_error = why;
  return result;
}

bool lies_on_card(const void* place, size_t bytes) {
  return cuda_emulation::on_device(place) && cuda_emulation::on_device(static_cast<const char*>(place) + bytes);
}

ncclResult_t put_off(const Message& message) {
  if (!in_group) return error(ncclInvalidUsage, "a message outside of a group would wait for ever");
  if (message.peer < 0 || message.peer >= message.comm->ranks) return error(ncclInvalidArgument, "no such rank");
  if (!lies_on_card(message.place, message.bytes)) return error(ncclInvalidArgument, "memory that is no card's");
  messages.push_back(message);
  return ncclSuccess;
}

// How many bytes each rank sends each, as they say themselves: [from][to].
std::vector<long long> announced(const EmulatedNcclComm& comm) {
  const auto ranks = static_cast<size_t>(comm.ranks);
  std::vector<long long> own(ranks), all(ranks * ranks);
  for (const Message& message : messages)
    if (message.sent) own[static_cast<size_t>(message.peer)] += static_cast<long long>(message.bytes);
  MPI_Allgather(own.data(), comm.ranks, MPI_LONG_LONG, all.data(), comm.ranks, MPI_LONG_LONG, comm.mpi);
  return all;
}

bool all_expected(const EmulatedNcclComm& comm) {
  const std::vector<long long> all = announced(comm);
  const auto ranks = static_cast<size_t>(comm.ranks);
  std::vector<long long> expected(ranks);
  for (const Message& message : messages)
    if (!message.sent) expected[static_cast<size_t>(message.peer)] += static_cast<long long>(message.bytes);
  for (size_t from = 0; from < ranks; ++from)
    if (all[from * ranks + static_cast<size_t>(comm.rank)] != expected[from]) return false;
  return true;
}

}  // namespace

const char* ncclGetErrorString(ncclResult_t result) {
  switch (result) {
    case ncclSuccess:
      return "no error";
    case ncclInvalidUsage:
      return "invalid usage";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    default:
      return "invalid argument";
  }
}
const char* ncclGetLastError(ncclComm_t) { return last_error.c_str(); }

ncclResult_t ncclGetVersion(int* version) {
  *version = 22809;
  return ncclSuccess;
}
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  std::memset(id->internal, 7, sizeof id->internal);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank) {
  *comm = nullptr;
  auto made = EmulatedNcclComm();
  MPI_Comm_dup(MPI_COMM_WORLD, &made.mpi);
  MPI_Comm_rank(made.mpi, &made.rank);
  MPI_Comm_size(made.mpi, &made.ranks);
  if (id.internal[0] != 7 || made.rank != rank || made.ranks != ranks)
    return error(ncclInvalidArgument, "neither id nor rank are those of the job");
  // All processes are of one machine.
  int card = 0;
  cudaGetDevice(&card);
  std::vector<int> cards(static_cast<size_t>(ranks));
  MPI_Allgather(&card, 1, MPI_INT, cards.data(), 1, MPI_INT, made.mpi);
  for (int other = 0; other < ranks; ++other)
    if (other != rank && cards[static_cast<size_t>(other)] == card)
      return error(ncclInvalidUsage, "Duplicate GPU detected : rank " + std::to_string(rank) + " and rank " +
                                         std::to_string(other) + " both on CUDA device " + std::to_string(card));
  *comm = new EmulatedNcclComm(made);
  return ncclSuccess;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* state) {
  const char* lost = std::getenv("RADIAL_EMULATION_NCCL_LOST");
  *state = lost != nullptr && comm->gatherings >= std::atoi(lost) ? error(ncclRemoteError, "connection closed")
                                                                  : ncclSuccess;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclGroupStart() {
  in_group = true;
  return ncclSuccess;
}

ncclResult_t ncclSend(const void* from, size_t count, ncclDataType_t, int peer, ncclComm_t comm, cudaStream_t) {
  return put_off({const_cast<void*>(from), count, peer, true, comm});
}
ncclResult_t ncclRecv(void* to, size_t count, ncclDataType_t, int peer, ncclComm_t comm, cudaStream_t) {
  return put_off({to, count, peer, false, comm});
}

ncclResult_t ncclGroupEnd() {
  in_group = false;
  if (messages.empty()) return error(ncclInvalidUsage, "a group without messages: this emulation has none");
  const EmulatedNcclComm& comm = *messages.front().comm;
  if (!all_expected(comm)) return error(ncclInternalError, "a message that nobody expects, or of another size");
  cudaDeviceSynchronize();
  const cuda_emulation::DeviceAccess access;
  std::vector<MPI_Request> requests;
  for (const Message& message : messages) {
    const int bytes = static_cast<int>(message.bytes);
    if (message.sent)
      MPI_Isend(message.place, bytes, MPI_BYTE, message.peer, 0, comm.mpi, &requests.emplace_back());
    else
      MPI_Irecv(message.place, bytes, MPI_BYTE, message.peer, 0, comm.mpi, &requests.emplace_back());
  }
  messages.clear();
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  return ncclSuccess;
}

ncclResult_t ncclAllGather(const void* from, void* to, size_t count, ncclDataType_t, ncclComm_t comm, cudaStream_t) {
  const auto ranks = static_cast<size_t>(comm->ranks);
  if (!lies_on_card(from, count) || !lies_on_card(to, ranks * count))
    return error(ncclInvalidArgument, "memory that is no card's");
  const char* place = static_cast<char*>(to) + static_cast<size_t>(comm->rank) * count;
  const bool in_place = from == place;
  const auto end = [&](const void* begin, size_t bytes) { return static_cast<const char*>(begin) + bytes; };
  if (!in_place && from < end(to, ranks * count) && to < end(from, count))
    return error(ncclInvalidArgument, "source and target overlap");
  ++comm->gatherings;
  cudaDeviceSynchronize();
  const cuda_emulation::DeviceAccess access;
  const int bytes = static_cast<int>(count);
  MPI_Allgather(in_place ? MPI_IN_PLACE : from, bytes, MPI_BYTE, to, bytes, MPI_BYTE, comm->mpi);
  return ncclSuccess;
}
