/* Synthetic images with labels (phantom.h tells what is in them). */
#include "image/phantom.h"

#include <math.h>

#include "base/random.h"

enum shape { ELLIPSOID, BOX, TUBE, SHELL, SHAPES };
static const double intensities[SHAPES] = {160, 55, 220, 190};
#define BODY 100.0

struct object {
    enum shape shape;
    int value; /* label; 0: a decoy */
    double intensity;
    double centre[3], radius[3]; /* mm; radius along the object's own axes */
    double axes[9];              /* rows: the object's axes               */
    double reach;                /* no voxel farther than this is inside  */
};

static struct mm_random stream(const struct mm_phantom *spec, uint32_t number, uint32_t object, uint32_t purpose)
{
    struct mm_random random;
    mm_random_init(&random, spec->seed, MM_RANDOM_SYNTHESIS, number, object, purpose);
    return random;
}

/* Rotation by random Euler angles; in 2D about z alone. */
static void rotate(struct mm_random *random, int rank, double m[9])
{
    double a = mm_random_uniform(random, 0, 2 * M_PI), b = rank == 3 ? mm_random_uniform(random, 0, M_PI) : 0,
           g = rank == 3 ? mm_random_uniform(random, 0, 2 * M_PI) : 0;
    double ca = cos(a), sa = sin(a), cb = cos(b), sb = sin(b), cg = cos(g), sg = sin(g);
    const double r[9] = {ca * cg - sa * cb * sg,
                         sa * cg + ca * cb * sg,
                         sb * sg,
                         -ca * sg - sa * cb * cg,
                         -sa * sg + ca * cb * cg,
                         sb * cg,
                         sa * sb,
                         -ca * sb,
                         cb};
    memcpy(m, r, sizeof r);
}

/* Extent of the image in mm and the smallest one: what object sizes are measured against. */
static double extent(const struct mm_phantom *spec, double mm[3])
{
    double least = INFINITY;
    for (int a = 0; a < 3; a++) {
        mm[a] = a < spec->rank ? spec->size[a] * spec->spacing[a] : 0;
        if (a < spec->rank && mm[a] < least)
            least = mm[a];
    }
    return least;
}

static struct object draw_object(const struct mm_phantom *spec, uint32_t number, uint32_t index, int class_value,
                                 bool decoy)
{
    struct mm_random random = stream(spec, number, index, 1);
    double mm[3], least = extent(spec, mm);
    struct object o = {.shape = (enum shape)((class_value - 1) % SHAPES), .value = decoy ? 0 : class_value};
    double contrast = intensities[o.shape] - BODY + 10.0 * ((class_value - 1) / SHAPES);
    o.intensity = BODY + (decoy ? 0.5 : 1.0) * contrast;
    double base = least * mm_random_uniform(&random, 0.10, 0.17) * (decoy ? 0.7 : 1.0);
    for (int a = 0; a < 3; a++) {
        o.radius[a] = base * mm_random_uniform(&random, 0.7, 1.3);
        o.centre[a] = mm[a] * mm_random_uniform(&random, 0.27, 0.73);
    }
    if (o.shape == TUBE) {
        o.radius[0] *= 1.8;
        o.radius[1] *= 0.6;
        o.radius[2] = o.radius[1];
    }
    rotate(&random, spec->rank, o.axes);
    for (int a = 0; a < 3; a++)
        o.reach += o.radius[a] * o.radius[a];
    o.reach = sqrt(o.reach);
    return o;
}

static bool inside(const struct object *o, const double offset[3])
{
    double q[3], r = 0;
    for (int a = 0; a < 3; a++)
        q[a] = (o->axes[3 * a] * offset[0] + o->axes[3 * a + 1] * offset[1] + o->axes[3 * a + 2] * offset[2]) /
               o->radius[a];
    if (o->shape == BOX)
        return fabs(q[0]) <= 1 && fabs(q[1]) <= 1 && fabs(q[2]) <= 1;
    if (o->shape == TUBE)
        return fabs(q[0]) <= 1 && q[1] * q[1] + q[2] * q[2] <= 1;
    for (int a = 0; a < 3; a++)
        r += q[a] * q[a];
    return r <= 1 && (o->shape != SHELL || r >= 0.36);
}

/* Voxels of the object's bounding box that are inside it. */
static void paint(const struct mm_phantom *spec, const struct object *o, float *image, uint8_t *label)
{
    int low[3] = {0, 0, 0}, high[3] = {1, 1, 1};
    for (int a = 0; a < spec->rank; a++) {
        low[a] = (int)fmax(0, floor((o->centre[a] - o->reach) / spec->spacing[a]));
        high[a] = (int)fmin(spec->size[a], ceil((o->centre[a] + o->reach) / spec->spacing[a]) + 1);
    }
    for (int z = low[2]; z < high[2]; z++)
        for (int y = low[1]; y < high[1]; y++)
            for (int x = low[0]; x < high[0]; x++) {
                const double p[3] = {(x + 0.5) * spec->spacing[0] - o->centre[0],
                                     (y + 0.5) * spec->spacing[1] - o->centre[1],
                                     spec->rank == 3 ? (z + 0.5) * spec->spacing[2] - o->centre[2] : 0};
                size_t i = ((size_t)z * (size_t)spec->size[1] + (size_t)y) * (size_t)spec->size[0] + (size_t)x;
                if (!inside(o, p))
                    continue;
                image[i] = (float)o->intensity;
                label[i] = (uint8_t)o->value;
            }
}

static void paint_body(const struct mm_phantom *spec, uint32_t number, float *image, uint8_t *label)
{
    struct mm_random random = stream(spec, number, 0, 0);
    double mm[3];
    extent(spec, mm);
    struct object body = {.shape = ELLIPSOID, .intensity = BODY, .axes = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (int a = 0; a < 3; a++) {
        body.centre[a] = mm[a] / 2;
        body.radius[a] = a < spec->rank ? mm[a] * mm_random_uniform(&random, 0.44, 0.49) : 1;
        body.reach += body.radius[a];
    }
    paint(spec, &body, image, label);
}

/* Quadratic in the position normalised to [-1, 1]: one multiplier a voxel. */
struct bias {
    double linear[3], square[3];
};

static void finish(const struct mm_phantom *spec, uint32_t number, float *image)
{
    struct mm_random random = stream(spec, number, 0, 3), noise = stream(spec, number, 0, 2);
    struct bias b;
    for (int a = 0; a < 3; a++) {
        b.linear[a] = mm_random_uniform(&random, -spec->bias, spec->bias) / 2;
        b.square[a] = mm_random_uniform(&random, -spec->bias, spec->bias) / 2;
    }
    for (int z = 0; z < spec->size[2]; z++)
        for (int y = 0; y < spec->size[1]; y++)
            for (int x = 0; x < spec->size[0]; x++, image++) {
                const int at[3] = {x, y, z};
                double gain = 1;
                for (int a = 0; a < spec->rank; a++) {
                    double t = 2.0 * at[a] / spec->size[a] - 1;
                    gain += b.linear[a] * t + b.square[a] * t * t;
                }
                *image = (float)(*image * gain + spec->noise * mm_random_normal(&noise));
            }
}

static enum mm_status check_spec(const struct mm_phantom *spec, struct mm_error *err)
{
    if (spec->rank != 2 && spec->rank != 3)
        return mm_fail(err, MM_ERR_USAGE, "a phantom has 2 or 3 dimensions, not %d", spec->rank);
    if (spec->classes < 1 || spec->classes > 200 || spec->per_class < 1)
        return mm_fail(err, MM_ERR_USAGE, "a phantom has 1 to 200 classes and at least one object of each");
    for (int a = 0; a < spec->rank; a++)
        if (spec->size[a] < 8 || !(spec->spacing[a] > 0))
            return mm_fail(err, MM_ERR_USAGE,
                           "a phantom has at least 8 voxels and a positive spacing along each axis");
    return MM_OK;
}

enum mm_status mm_phantom_make(struct mm_arena *arena, const struct mm_phantom *spec, uint32_t number,
                               struct mm_volume **image, struct mm_volume **label, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, check_spec(spec, err)))
        return s;
    struct mm_phantom flat = *spec;
    if (spec->rank == 2)
        flat.size[2] = 1;
    struct mm_volume *values = mm_volume_make(arena, MM_F32, spec->rank, 1, flat.size);
    *label = mm_volume_make(arena, MM_U8, spec->rank, 1, flat.size);
    if (!values || !*label)
        return mm_fail_memory(err, "a phantom");
    uint32_t index = 0;
    paint_body(&flat, number, values->data, (*label)->data);
    for (int decoy = 1; decoy >= 0; decoy--) /* decoys lie under the labelled objects */
        for (int c = 1; c <= spec->classes; c++)
            for (int i = 0; i < spec->per_class; i++) {
                struct object o = draw_object(&flat, number, ++index, c, decoy);
                paint(&flat, &o, values->data, (*label)->data);
            }
    finish(&flat, number, values->data);
    for (int a = 0; a < spec->rank; a++)
        values->affine[5 * a] = (*label)->affine[5 * a] = spec->spacing[a];
    *image = mm_volume_convert(arena, values, spec->type);
    return *image ? MM_OK : mm_fail_memory(err, "a phantom");
}
