/* Noise that magnetic resonance imaging knows, made where it arises: in k-space, the Fourier transform of the image with frequency 0 of an
 * axis of n voxels at n/2 (rounded down). Channels are dense float32. */
#ifndef MM_TRANSFORMS_KSPACE_H
#define MM_TRANSFORMS_KSPACE_H

#include "base/error.h"

/* Gibbs' ringing: what lies farther than (1 - alpha) * longest edge * sqrt(2) / 2 from the middle, (n - 1) / 2, becomes 0. */
enum mm_status mm_kspace_gibbs(float *x, const int size[3], int rank, double alpha, struct mm_error *err);

/* A place whose natural logarithm of the magnitude is set; NaN: `share` times the mean of all. */
struct mm_kspace_spike {
    int at[3];
    double intensity, share;
};
enum mm_status mm_kspace_spikes(float *x, const int size[3], const struct mm_kspace_spike *spikes, int count,
                                struct mm_error *err);

#endif
