// Passes along the lanes of x [outer, count, inner] (core/ops/lanes.h): a team of threads takes a lane, and
// neighbouring threads read neighbouring elements, be they of one lane (inner is small) or of neighbouring ones.
#pragma once

#include <algorithm>

#include "core/cuda/context.h"
#include "core/ops/lanes.h"

namespace radial::cuda {

constexpr int lane_threads = 256;  // of a block

struct LaneTeams {
  int64_t count, inner, lanes;
  int64_t part, parts;  // of a lane's elements, that a block takes; how many such parts
  int down;             // threads of a team, a power of two
  bool along;           // neighbouring threads lie along the lane

  unsigned blocks() const {
    const int64_t per_block = lane_threads / down;
    return static_cast<unsigned>((lanes + per_block - 1) / per_block * parts);
  }
};

// Each block takes whole lanes, or parts of at most `most` elements a thread.
inline LaneTeams teams_for(const Lanes& lanes, int64_t most = 0) {
  LaneTeams teams{lanes.count, lanes.inner, lanes.number(), lanes.count, 1, 1, lanes.inner < 32};
  const int limit = teams.along ? lane_threads : 8;
  while (teams.down < limit && teams.down < lanes.count) teams.down *= 2;
  if (teams.along && teams.down > 32 && lanes.count <= 1024) teams.down = 32;
  if (most > 0 && lanes.count > most * teams.down) {
    teams.part = most * teams.down;
    teams.parts = (lanes.count + teams.part - 1) / teams.part;
  }
  return teams;
}

// What a thread takes: rows [begin, end) of its lane in steps of `step`; nothing where there is no such lane.
struct LaneOfThread {
  int64_t lane, part, base, inner, begin, end;
  int step, place;  // threads of the team, and which of them this one is
  int team;         // in the block

  __device__ explicit LaneOfThread(const LaneTeams& teams) : inner(teams.inner), step(teams.down) {
    const int per_block = lane_threads / teams.down, thread = static_cast<int>(threadIdx.x);
    place = teams.along ? thread % teams.down : thread / per_block;
    team = teams.along ? thread / teams.down : thread % per_block;
    part = blockIdx.x % teams.parts;
    lane = blockIdx.x / teams.parts * per_block + team;
    base = lane / inner * teams.count * inner + lane % inner;
    begin = part * teams.part + place;
    end = lane < teams.lanes ? min(part * teams.part + teams.part, teams.count) : begin;
  }

  __device__ bool writes(const LaneTeams& teams) const { return place == 0 && lane < teams.lanes; }

  // Every thread of the team gets the values of all, combined by a fixed tree; all threads of the block must call it.
  // V: up to 24 bytes.
  template <class V, class F>
  __device__ V combined(V value, F combine) const {
    __shared__ smem_array<V, lane_threads> values;
    const int at = team * step + place;
    __syncthreads();  // all have read the values of an earlier call
    values[at] = value;
    for (int half = step / 2; half > 0; half /= 2) {
      __syncthreads();
      if (place < half) values[at] = combine(values[at], values[at + half]);
    }
    __syncthreads();
    return values[team * step];
  }
};

}  // namespace radial::cuda
