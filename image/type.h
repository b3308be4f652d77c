/* The element types of images and of what is made from them. */
#ifndef MM_IMAGE_TYPE_H
#define MM_IMAGE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(enum, C type, name, bytes) */
#define MM_TYPES(X)                                                                                                  \
    X(MM_U8, uint8_t, "uint8", 1)                                                                                    \
    X(MM_I8, int8_t, "int8", 1)                                                                                      \
    X(MM_U16, uint16_t, "uint16", 2)                                                                                 \
    X(MM_I16, int16_t, "int16", 2)                                                                                   \
    X(MM_U32, uint32_t, "uint32", 4)                                                                                 \
    X(MM_I32, int32_t, "int32", 4)                                                                                   \
    X(MM_U64, uint64_t, "uint64", 8)                                                                                 \
    X(MM_I64, int64_t, "int64", 8)                                                                                   \
    X(MM_F32, float, "float32", 4)                                                                                   \
    X(MM_F64, double, "float64", 8)
#define MM_TYPE_ENUM(id, ctype, name, bytes) id,
enum mm_type { MM_TYPES(MM_TYPE_ENUM) MM_TYPE_COUNT };
#undef MM_TYPE_ENUM
size_t mm_type_bytes(enum mm_type type);
const char *mm_type_name(enum mm_type type);
bool mm_type_is_integer(enum mm_type type);

#endif
