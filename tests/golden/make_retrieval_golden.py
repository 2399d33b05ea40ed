"""Makes retrieval.safetensors: losses of embeddings with their gradients (PyTorch, float64), and Recall@K of
scikit-learn's brute force.

Inputs come from formula.py. Run: python make_retrieval_golden.py (torch, scikit-learn, safetensors, numpy).
"""

import os

import numpy
import torch
from safetensors.torch import save_file
from sklearn.neighbors import NearestNeighbors

import formula

N, D, CLASSES = 18, 5, 6


def unit(x):
    return x / (x.pow(2).sum(-1, keepdim=True) + 1e-12).sqrt()


def triplets_all(e, labels, margin):
    """pytorch-metric-learning's TripletMarginMiner("semihard") and TripletMarginLoss with its mean over what is left."""
    d = (e[:, None] - e[None]).pow(2).sum(-1)
    d = torch.where(d > 0, d, torch.ones_like(d)).sqrt() * (d > 0)
    same = labels[:, None] == labels[None]
    losses = []
    for a in range(len(labels)):
        for p in range(len(labels)):
            for n in range(len(labels)):
                if a != p and same[a, p] and not same[a, n] and 0 < d[a, n] - d[a, p] < margin:
                    losses.append(margin - (d[a, n] - d[a, p]))
    return torch.stack(losses).mean()


def triplets_nearest(e, labels, margin):
    """tensorflow_addons' triplet_semihard_loss."""
    d = (e[:, None] - e[None]).pow(2).sum(-1)
    same = labels[:, None] == labels[None]
    losses = []
    for a in range(len(labels)):
        negatives = d[a][~same[a]]
        for p in range(len(labels)):
            if a == p or not same[a, p]:
                continue
            farther = negatives[negatives > d[a, p]]
            n = farther.min() if len(farther) else negatives.max()
            losses.append(torch.clamp(margin + d[a, p] - n, min=0))
    return torch.stack(losses).mean()


def proxy_anchor(e, proxies, labels, alpha=32, margin=0.1):
    cosines = e @ unit(proxies).T
    own = torch.nn.functional.one_hot(labels, len(proxies))
    positive = torch.where(own == 1, torch.exp(-alpha * (cosines - margin)), 0.0).sum(0)
    negative = torch.where(own == 0, torch.exp(alpha * (cosines + margin)), 0.0).sum(0)
    return torch.log(1 + positive).sum() / len(labels.unique()) + torch.log(1 + negative).sum() / len(proxies)


def leaf(name, shape):
    return formula.tensor(name, shape).requires_grad_()


def losses():
    labels = torch.tensor([i * 7 % 5 for i in range(N)])  # none of class 5
    cases = {
        "all 0.1": lambda e: triplets_all(e, labels, 0.1),
        "all 0.5": lambda e: triplets_all(e, labels, 0.5),
        "nearest 0.2": lambda e: triplets_nearest(e, labels, 0.2),
        "nearest 1": lambda e: triplets_nearest(e, labels, 1.0),
    }
    file = {"labels": labels.int()}
    for name, loss in cases.items():
        x = leaf("embeddings", (N, D))
        value = loss(unit(x))
        value.backward()
        file[name], file[name + " gradient"] = value.detach().reshape(1), x.grad
    x, proxies = leaf("embeddings", (N, D)), leaf("proxies", (CLASSES, D))
    value = proxy_anchor(unit(x), proxies, labels)
    value.backward()
    file["proxy anchor"], file["proxy anchor gradient"] = value.detach().reshape(1), x.grad
    file["proxy anchor proxies"] = proxies.grad
    return file


def recalls():
    n, queries = 90, 40
    e = unit(formula.tensor("gallery", (n, 6))).numpy()
    labels = numpy.array([i * i % 11 for i in range(n)])
    itself = NearestNeighbors(n_neighbors=17, algorithm="brute", metric="cosine").fit(e).kneighbors(e)[1]
    others = numpy.array([[j for j in row if j != i][:16] for i, row in enumerate(itself)])
    of_queries = NearestNeighbors(n_neighbors=16, algorithm="brute", metric="cosine").fit(e[queries:])
    among = of_queries.kneighbors(e[:queries])[1] + queries
    at = [1, 2, 4, 8, 16]

    def recall(found, asked):
        return [100 * float(numpy.mean((labels[found[:, :k]] == labels[asked][:, None]).any(1))) for k in at]

    return {
        "recall labels": torch.tensor(labels, dtype=torch.int32),
        "recall": torch.tensor(recall(others, numpy.arange(n)), dtype=torch.float64),
        "recall of queries": torch.tensor(recall(among, numpy.arange(queries)), dtype=torch.float64),
    }


if __name__ == "__main__":
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "retrieval.safetensors")
    save_file({name: tensor.contiguous() for name, tensor in {**losses(), **recalls()}.items()}, path)
