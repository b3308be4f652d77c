/* 4x4 affine maths. The last row is always 0 0 0 1 and is neither used nor checked.
 * Orientation follows nibabel.orientations.io_orientation, zooming MONAI's zoom_affine. */
#include "image/affine.h"

#include <math.h>
#include <string.h>

/* |det| of the 3x3 part over the product of its column lengths: 1 for orthogonal columns, 0 when they are
 * dependent. */
#define SINGULAR_BELOW 1e-10
#define TIE            1e-12 /* direction cosines that differ by less are rounding: the first axis wins */

void mm_affine_identity(double m[16])
{
    memset(m, 0, 16 * sizeof *m);
    for (int i = 0; i < 4; i++)
        m[5 * i] = 1;
}

void mm_affine_multiply(double out[16], const double a[16], const double b[16])
{
    double product[16];
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++) {
            double sum = 0;
            for (int k = 0; k < 4; k++)
                sum += a[4 * r + k] * b[4 * k + c];
            product[4 * r + c] = sum;
        }
    }
    memcpy(out, product, sizeof product);
}

/* Cofactor of element (r, c) of the 3x3 part. */
static double cofactor(const double m[16], int r, int c)
{
    int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[4 * r1 + c1] * m[4 * r2 + c2] - m[4 * r1 + c2] * m[4 * r2 + c1];
}

static double determinant(const double m[16])
{
    return m[0] * cofactor(m, 0, 0) + m[1] * cofactor(m, 0, 1) + m[2] * cofactor(m, 0, 2);
}

bool mm_affine_invert(double out[16], const double m[16])
{
    double spacing[3], inverse[16];
    if (!mm_affine_is_finite(m))
        return false;
    double det = determinant(m);
    mm_affine_spacing(m, spacing);
    if (!(fabs(det) > SINGULAR_BELOW * spacing[0] * spacing[1] * spacing[2]))
        return false;
    mm_affine_identity(inverse);
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++)
            inverse[4 * r + c] = cofactor(m, c, r) / det;
    }
    for (int r = 0; r < 3; r++) {
        const double *row = inverse + 4 * r;
        inverse[4 * r + 3] = -(row[0] * m[3] + row[1] * m[7] + row[2] * m[11]);
    }
    if (!mm_affine_is_finite(inverse))
        return false;
    memcpy(out, inverse, sizeof inverse);
    return true;
}

void mm_affine_point(double out[3], const double m[16], const double in[3])
{
    const double p[3] = {in[0], in[1], in[2]};
    for (int r = 0; r < 3; r++)
        out[r] = m[4 * r] * p[0] + m[4 * r + 1] * p[1] + m[4 * r + 2] * p[2] + m[4 * r + 3];
}

bool mm_affine_is_finite(const double m[16])
{
    for (int i = 0; i < 16; i++) {
        if (!isfinite(m[i]))
            return false;
    }
    return true;
}

bool mm_affine_near(const double a[16], const double b[16], double tolerance)
{
    for (int i = 0; i < 16; i++) {
        if (!(fabs(a[i] - b[i]) <= tolerance))
            return false;
    }
    return true;
}

/* Length of column c over the first n rows. */
static double column_length(const double m[16], int c, int n)
{
    double sum = 0;
    for (int r = 0; r < n; r++)
        sum += m[4 * r + c] * m[4 * r + c];
    return sqrt(sum);
}

void mm_affine_spacing(const double m[16], double spacing[3])
{
    for (int c = 0; c < 3; c++)
        spacing[c] = column_length(m, c, 3);
}

void mm_affine_shift(double m[16], const double offset[3])
{
    double corner[3];
    mm_affine_point(corner, m, offset);
    for (int r = 0; r < 3; r++)
        m[4 * r + 3] = corner[r];
}

/* The upper-left n x n part with columns of unit length, the rest identity. */
static void unit_columns(double out[16], const double m[16], int n)
{
    mm_affine_identity(out);
    for (int c = 0; c < n; c++) {
        double length = column_length(m, c, n);
        for (int r = 0; r < n; r++)
            out[4 * r + c] = m[4 * r + c] / (length > 0 ? length : 1);
    }
}

/* The nearest matrix without shear (orthogonal polar factor), by Newton's iteration X = (X + X^-T) / 2 (Higham
 * 1986). It converges for every invertible matrix; a singular one is left as it is. */
static void remove_shear(double x[16])
{
    double inverse[16];
    for (int step = 0; step < 60 && mm_affine_invert(inverse, x); step++) {
        double change = 0;
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++) {
                double next = (x[4 * r + c] + inverse[4 * c + r]) / 2;
                change = fmax(change, fabs(next - x[4 * r + c]));
                x[4 * r + c] = next;
            }
        }
        if (change < 1e-15)
            break;
    }
}

/* The voxel axis not taken yet whose strongest world component is largest; the first one among equals. */
static int strongest_axis(const double strength[3], const bool taken[3], int rank)
{
    int best = -1;
    for (int a = 0; a < rank; a++) {
        if (!taken[a] && (best < 0 || strength[a] > strength[best] + TIE))
            best = a;
    }
    return best;
}

void mm_affine_orientation(const double m[16], int rank, int axis[3], int sign[3])
{
    double r[16], strength[3];
    bool taken[3] = {false}, used[3] = {false};
    unit_columns(r, m, rank);
    remove_shear(r);
    for (int a = 0; a < 3; a++) {
        axis[a] = a;
        sign[a] = 1;
        strength[a] = fmax(fmax(fabs(r[a]), fabs(r[4 + a])), fabs(r[8 + a]));
    }
    for (int turn = 0; turn < rank; turn++) {
        int a = strongest_axis(strength, taken, rank), world = -1;
        for (int w = 0; w < rank; w++) {
            if (!used[w] && (world < 0 || fabs(r[4 * w + a]) > fabs(r[4 * world + a]) + TIE))
                world = w;
        }
        taken[a] = used[world] = true;
        axis[a] = world;
        sign[a] = r[4 * world + a] < 0 ? -1 : 1;
    }
}

void mm_affine_codes(const double m[16], int rank, char codes[4])
{
    static const char letters[2][4] = {"LPI", "RAS"}; /* negative, positive */
    int axis[3], sign[3];
    mm_affine_orientation(m, rank, axis, sign);
    for (int a = 0; a < rank; a++)
        codes[a] = letters[sign[a] > 0][axis[a]];
    codes[rank] = '\0';
}

/* Zoom = R^T R with R upper triangular (Cholesky); the directions are m R^-1, that is, the columns orthogonalised
 * in their order, which Gram-Schmidt gives directly. */
void mm_affine_zoom(double out[16], const double m[16], const double spacing[3], int rank, bool diagonal)
{
    double q[16];
    unit_columns(q, m, rank);
    for (int c = 0; c < rank; c++) {
        for (int p = 0; p < c; p++) {
            double dot = q[c] * q[p] + q[4 + c] * q[4 + p] + q[8 + c] * q[8 + p];
            for (int r = 0; r < rank; r++)
                q[4 * r + c] -= dot * q[4 * r + p];
        }
        double length = column_length(q, c, rank);
        for (int r = 0; r < rank; r++)
            q[4 * r + c] /= length > 0 ? length : 1;
    }
    if (diagonal)
        mm_affine_identity(q);
    memmove(out, m, 16 * sizeof *m);
    for (int c = 0; c < rank; c++) {
        double zoom = spacing[c] == 0 ? 1 : fabs(spacing[c]);
        for (int r = 0; r < rank; r++)
            out[4 * r + c] = q[4 * r + c] * zoom;
    }
}
