#!/usr/bin/env python3
"""Recall@K of many vectors: Radial's exact search beside scikit-learn's, in turn."""

import json
import subprocess
import time

import side_by_side


def radial_seconds(program, arguments):
    done = subprocess.run([program, str(arguments.pictures), str(arguments.embedding), str(arguments.k)],
                          capture_output=True, text=True, check=True, env=side_by_side.environment(arguments.threads))
    return json.loads(done.stdout)["seconds"]


def sklearn_seconds(arguments):
    import numpy
    import threadpoolctl
    from sklearn.neighbors import NearestNeighbors

    vectors = numpy.random.default_rng(0).standard_normal((arguments.pictures, arguments.embedding), numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    labels = numpy.arange(len(vectors)) // 5
    with threadpoolctl.threadpool_limits(arguments.threads):
        begin = time.perf_counter()
        found = NearestNeighbors(n_neighbors=arguments.k + 1, algorithm="brute").fit(vectors).kneighbors(
            vectors, return_distance=False)
        numpy.mean((labels[found[:, 1:]] == labels[:, None]).any(1))
        return time.perf_counter() - begin


def main():
    parser = side_by_side.parser(__doc__)
    parser.add_argument("--program", default=str(side_by_side.ROOT / "build/release/bench/recall"))
    parser.add_argument("--pictures", type=int, default=60000)
    parser.add_argument("--embedding", type=int, default=512)
    parser.add_argument("--k", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print(f"Recall@{arguments.k} of {arguments.pictures} x {arguments.embedding}, seconds")
    for run in range(arguments.runs):
        print(f"run {run + 1}: Radial {radial_seconds(arguments.program, arguments):.2f}, "
              f"scikit-learn {sklearn_seconds(arguments):.2f}", flush=True)


if __name__ == "__main__":
    main()
