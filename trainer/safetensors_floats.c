/* Elements of a safetensors tensor as floats. Data in a file may be unaligned, so elements are copied out. */
#include <math.h>
#include <string.h>

#include "trainer/safetensors_internal.h"

static uint64_t load(const unsigned char *bytes, size_t width)
{
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static float from_f32_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static float from_f16(uint16_t half)
{
    int exponent = half >> 10 & 31, mantissa = half & 1023;
    float value = exponent == 31 ? (mantissa ? NAN : INFINITY)
                  : exponent     ? ldexpf((float)(mantissa + 1024), exponent - 25)
                                 : ldexpf((float)mantissa, -24);
    return half & 0x8000 ? -value : value;
}

static float from_f64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return (float)value;
}

/* Two's complement of `width` bytes. */
static float from_signed(uint64_t bits, size_t width)
{
    unsigned unused = 64 - 8 * (unsigned)width;
    uint64_t wide = bits << unused;
    return wide >> 63 ? -(float)((~wide + 1) >> unused) : (float)bits;
}

static float element(const char *dtype, const unsigned char *at, size_t width)
{
    uint64_t bits = load(at, width);
    switch (dtype[0]) {
    case 'F':
        return width == 2 ? from_f16((uint16_t)bits) : width == 4 ? from_f32_bits((uint32_t)bits) : from_f64(bits);
    case 'I':
        return from_signed(bits, width);
    case 'B':
        return width == 2 ? from_f32_bits((uint32_t)bits << 16) : (float)(bits != 0); /* BF16, BOOL */
    default:
        return (float)bits;
    }
}

enum mm_status mm_safetensors_floats(const struct mm_st_tensor *tensor, float *out, size_t count,
                                     struct mm_error *err)
{
    size_t width = mm_safetensors_dtype_bytes(tensor->dtype);
    if (tensor->dtype[0] == 'F' && width == 1)
        return mm_fail(err, MM_ERR_DATA, "%s: dtype %s cannot be read as numbers here", tensor->name, tensor->dtype);
    if (tensor->bytes / width != count)
        return mm_fail(err, MM_ERR_DATA, "%s has %zu elements, expected %zu", tensor->name, tensor->bytes / width,
                       count);
    for (size_t i = 0; i < count; i++)
        out[i] = element(tensor->dtype, tensor->data + i * width, width);
    return MM_OK;
}
