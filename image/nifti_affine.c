/* Which of NIfTI's three ways gives the affine, and how it is written back. nifti1.h "METHOD 1, 2, 3"; the order
 * and the repairs of pixdim are nibabel's (Nifti1Header.get_best_affine, _chk_qfac, _chk_pixdims). */
#include <float.h>
#include <math.h>

#include "image/affine.h"
#include "image/nifti_internal.h"

#define XFORM_ALIGNED 2
#define XFORM_MAX     5

static bool form_is_set(int code)
{
    return code > 0 && code <= XFORM_MAX;
}

/* Spacing along an axis; zero stands for 1, the sign does not matter. */
static double spacing_of(const struct mm_nifti *h, int axis)
{
    return h->pixdim[axis + 1] == 0 ? 1 : fabs(h->pixdim[axis + 1]);
}

/* METHOD 3 */
static void sform_affine(const struct mm_nifti *h, double m[16])
{
    mm_affine_identity(m);
    memcpy(m, h->srow, sizeof h->srow);
}

/* Rotation of the unit quaternion (a, b, c, d). The file leaves out a >= 0: below `rounding` its square is taken
 * as zero. */
static enum mm_status quaternion_rotation(const double q[3], double rounding, double r[16], struct mm_error *err)
{
    double b = q[0], c = q[1], d = q[2], square = b * b + c * c + d * d, a = 0;
    if (!(square <= 1.01))
        return mm_fail(err, MM_ERR_DATA, "the qform quaternion (%g, %g, %g) is longer than 1", b, c, d);
    if (1 - square >= rounding) {
        a = sqrt(1 - square);
    } else { /* half a turn */
        b /= sqrt(square);
        c /= sqrt(square);
        d /= sqrt(square);
    }
    const double rotation[9] = {
        a * a + b * b - c * c - d * d, 2 * (b * c - a * d),           2 * (b * d + a * c),
        2 * (b * c + a * d),           a * a + c * c - b * b - d * d, 2 * (c * d - a * b),
        2 * (b * d - a * c),           2 * (c * d + a * b),           a * a + d * d - c * c - b * b};
    mm_affine_identity(r);
    for (int i = 0; i < 9; i++)
        r[4 * (i / 3) + i % 3] = rotation[i];
    return MM_OK;
}

/* METHOD 2 */
static enum mm_status qform_affine(const struct mm_nifti *h, double m[16], struct mm_error *err)
{
    enum mm_status s;
    double rounding = 3 * (h->version == 1 ? FLT_EPSILON : DBL_EPSILON);
    if (MM_TRY(s, quaternion_rotation(h->quatern, rounding, m, err)))
        return s;
    for (int c = 0; c < 3; c++) {
        double zoom = spacing_of(h, c) * (c == 2 && h->pixdim[0] == -1 ? -1 : 1);
        for (int r = 0; r < 3; r++)
            m[4 * r + c] *= zoom;
    }
    for (int r = 0; r < 3; r++)
        m[4 * r + 3] = h->qoffset[r];
    return MM_OK;
}

/* Neither form: nibabel's get_base_affine, spacing with x to the left, origin at the centre of the grid. */
static void base_affine(const struct mm_nifti *h, double m[16])
{
    mm_affine_identity(m);
    for (int a = 0; a < 3 && a < h->dim[0]; a++) {
        m[5 * a] = spacing_of(h, a) * (a == 0 ? -1 : 1);
        m[4 * a + 3] = -m[5 * a] * (double)(h->dim[a + 1] - 1) / 2;
    }
}

enum mm_status mm_nifti_get_affine(const struct mm_nifti *h, double affine[16], struct mm_error *err)
{
    enum mm_status s = MM_OK;
    double inverse[16];
    const char *name = "pixdim";
    if (form_is_set(h->sform_code)) {
        name = "sform";
        sform_affine(h, affine);
    } else if (form_is_set(h->qform_code)) {
        name = "qform";
        s = qform_affine(h, affine, err);
    } else {
        base_affine(h, affine);
    }
    if (s)
        return s;
    if (mm_affine_invert(inverse, affine))
        return MM_OK;
    return mm_fail(
        err, MM_ERR_DATA,
        "the %s affine %s: [%g %g %g %g] [%g %g %g %g] [%g %g %g %g]; an image needs one that can be inverted", name,
        mm_affine_is_finite(affine) ? "is singular" : "holds numbers that are not finite", affine[0], affine[1],
        affine[2], affine[3], affine[4], affine[5], affine[6], affine[7], affine[8], affine[9], affine[10],
        affine[11]);
}

/* Quaternion (b, c, d) with a >= 0 of a rotation (Shepperd's choice of the largest component). */
static void rotation_quaternion(const double r[16], double out[3])
{
    const double diagonal[4] = {1 + r[0] + r[5] + r[10], 1 + r[0] - r[5] - r[10], 1 - r[0] + r[5] - r[10],
                                1 - r[0] - r[5] + r[10]};            /* four times the squares of a, b, c, d */
    const double minus[3] = {r[9] - r[6], r[2] - r[8], r[4] - r[1]}; /* 4ab 4ac 4ad */
    const double plus[3] = {r[6] + r[9], r[2] + r[8], r[1] + r[4]};  /* 4cd 4bd 4bc: index 5 minus both */
    int largest = 0;
    for (int i = 1; i < 4; i++)
        largest = diagonal[i] > diagonal[largest] ? i : largest;
    double twice = sqrt(diagonal[largest]), q[4];
    for (int i = 0; i < 4; i++) {
        if (i == largest)
            q[i] = twice / 2;
        else if (i == 0 || largest == 0)
            q[i] = minus[i + largest - 1] / (2 * twice);
        else
            q[i] = plus[5 - i - largest] / (2 * twice);
    }
    for (int i = 0; i < 3; i++)
        out[i] = q[0] < 0 ? -q[i + 1] : q[i + 1];
}

/* Columns of unit length that are orthogonal, as far as float32 tells. */
static bool is_rotation(const double r[16])
{
    for (int a = 0; a < 3; a++) {
        for (int b = a; b < 3; b++) {
            double dot = r[a] * r[b] + r[4 + a] * r[4 + b] + r[8 + a] * r[8 + b];
            if (!(fabs(dot - (a == b)) <= 1e-5))
                return false;
        }
    }
    return true;
}

void mm_nifti_set_affine(struct mm_nifti *h, const double affine[16])
{
    double rotation[16], spacing[3];
    memcpy(h->srow, affine, sizeof h->srow);
    h->sform_code = XFORM_ALIGNED;
    mm_affine_spacing(affine, spacing);
    memcpy(rotation, affine, sizeof rotation);
    for (int c = 0; c < 3; c++) {
        for (int r = 0; r < 3; r++)
            rotation[4 * r + c] /= spacing[c];
        h->pixdim[c + 1] = spacing[c];
        h->qoffset[c] = affine[4 * c + 3];
    }
    h->pixdim[0] = 1;
    if (!is_rotation(rotation))
        return;
    double volume = rotation[0] * (rotation[5] * rotation[10] - rotation[6] * rotation[9]) -
                    rotation[1] * (rotation[4] * rotation[10] - rotation[6] * rotation[8]) +
                    rotation[2] * (rotation[4] * rotation[9] - rotation[5] * rotation[8]);
    if (volume < 0) {
        h->pixdim[0] = -1;
        for (int r = 0; r < 3; r++)
            rotation[4 * r + 2] = -rotation[4 * r + 2];
    }
    rotation_quaternion(rotation, h->quatern);
    h->qform_code = XFORM_ALIGNED;
}
