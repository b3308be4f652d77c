/* Discrete Fourier transforms of volumes of any size: X(k) = sum of x(j) exp(-2 pi i j k / n) along each axis. */
#ifndef MM_IMAGE_FFT_H
#define MM_IMAGE_FFT_H

#include <stdbool.h>

#include "base/error.h"

struct mm_complex {
    double re, im;
};

/* In place, x fastest. The inverse turns the sign of the exponent and divides by the number of voxels. */
enum mm_status mm_fft_volume(struct mm_complex *x, const int size[3], bool inverse, struct mm_error *err);

#endif
