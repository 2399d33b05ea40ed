// The memory's speed limit, measured: the floor of ops that do little arithmetic.
#pragma once

namespace radial::apps {

// GB/s that all threads() together read and write when y += a x passes over 2 x 64 MiB, more than caches hold on most
// machines (three transfers an element). The best of several runs, about a tenth of a second in all.
double measure_memory_bandwidth();

}  // namespace radial::apps
