"""Makes classes.safetensors: scikit-learn's balanced class weights, PyTorch's weighted losses of smoothed and mixed
targets with their gradients (float64), and scikit-learn's precision, recall, F1 and confusion matrix.

Inputs come from formula.py. Run: python make_classes_golden.py (torch, scikit-learn, safetensors, numpy).
"""

import os

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from sklearn.utils.class_weight import compute_class_weight

import formula

results = {}

# ---- weights by the number of pictures ----
COUNTS = [7, 1, 12, 3, 40]
labels = numpy.repeat(numpy.arange(len(COUNTS)), COUNTS)
weights = compute_class_weight("balanced", classes=numpy.arange(len(COUNTS)), y=labels)
results["counts"] = torch.tensor(COUNTS, dtype=torch.int32)
results["balanced weights"] = torch.from_numpy(weights)

# ---- losses ----
N, CLASSES, LAMBDA = 9, 5, 0.7
rows = torch.tensor([0, 4, 2, 3, 3, 1, 0, 4, 2])
partner = torch.tensor([3, 1, 4, 0, 8, 2, 7, 6, 5])
weight = torch.from_numpy(weights)
one_hot = F.one_hot(rows, CLASSES).double()
mixed = LAMBDA * one_hot + (1 - LAMBDA) * one_hot[partner]
for smoothing in (0.0, 0.1):
    for name, target in (("labels", rows), ("mixed", mixed)):
        logits = (3 * formula.tensor("logits", (N, CLASSES))).requires_grad_()
        loss = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=smoothing)(logits, target)
        loss.backward()
        results[f"{name} {smoothing} loss"] = loss.detach()
        results[f"{name} {smoothing} gradient"] = logits.grad

# ---- what an evaluation finds of each class: class 3 has no picture, classes 3 and 5 are never predicted ----
KINDS = 6
true = (formula.sequence("true", 80) * 0.5 + 0.5) * KINDS // 1
predicted = (formula.sequence("predicted", 80) * 0.5 + 0.5) * KINDS // 1
true, predicted = true.astype(int), predicted.astype(int)
right = formula.sequence("right", 80) > 0
predicted = numpy.where(right, true, predicted)
true[true == 3] = 0
predicted[(predicted == 3) | (predicted == 5)] = 1
precision, recall, f1, support = precision_recall_fscore_support(
    true, predicted, labels=range(KINDS), zero_division=0
)
results["true"] = torch.from_numpy(true).int()
results["predicted"] = torch.from_numpy(predicted).int()
results["precision"] = torch.from_numpy(precision)
results["recall"] = torch.from_numpy(recall)
results["f1"] = torch.from_numpy(f1)
results["support"] = torch.from_numpy(support).int()
results["confusion"] = torch.from_numpy(confusion_matrix(true, predicted, labels=range(KINDS))).int()

save_file(results, os.path.join(os.path.dirname(os.path.abspath(__file__)), "classes.safetensors"))
