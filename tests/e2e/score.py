"""Scores predictions against labels with nibabel and numpy alone: mean over cases of the mean Dice over foreground classes.

usage: score.py CLASSES PREDICTION LABEL [PREDICTION LABEL ...]
Also checks that a prediction has the grid and affine of its label's image. A class absent from the label is left out, as in MONAI.
"""
import sys

import nibabel
import numpy

classes = int(sys.argv[1])
scores = []
for prediction, label in zip(sys.argv[2::2], sys.argv[3::2]):
    p, t = nibabel.load(prediction), nibabel.load(label)
    assert p.shape == t.shape, (prediction, p.shape, t.shape)
    assert numpy.allclose(p.affine, t.affine, atol=1e-4), prediction
    p, t = numpy.asarray(p.dataobj), numpy.asarray(t.dataobj)
    dice = [2 * ((p == c) & (t == c)).sum() / ((p == c).sum() + (t == c).sum()) for c in range(1, classes) if (t == c).any()]
    scores.append(numpy.mean(dice))
print(f"{numpy.mean(scores):.6f}")
