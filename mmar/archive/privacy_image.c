/* What image files for the web say beside their picture. PNG (ISO/IEC 15948, section 11.3): chunks of length, type, data, check sum;
 * JPEG (ITU-T T.81, annex B): segments of marker and length. Exif, XMP and IPTC tell of cameras, places and persons, compressed texts of
 * anything: these are findings as they are. */

#include "mmar/archive/privacy_internal.h"

static uint32_t big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void look_in_png(struct mm_privacy_search *s, const char *file, const unsigned char *b, size_t size)
{
    const struct mm_privacy_place place = {file, file, NULL, false};
    for (size_t at = 8; size - at >= 12;) {
        const unsigned char *data = b + at + 8;
        uint32_t length = big_endian(b + at);
        const char *type = (const char *)b + at + 4;
        if (length > size - at - 12)
            return;
        const unsigned char *zero = memchr(data, 0, length);
        bool packed = !memcmp(type, "zTXt", 4) || !memcmp(type, "eXIf", 4) ||
                      (!memcmp(type, "iTXt", 4) && zero && zero + 1 < data + length && zero[1]);
        if (packed)
            mm_privacy_found(s, &place, "holds a %.4s chunk: what is in it cannot be searched", type);
        else if (!memcmp(type, "tEXt", 4) || !memcmp(type, "iTXt", 4))
            mm_privacy_look(s, &place, data, length);
        at += 12 + (size_t)length;
    }
}

static void look_in_jpeg(struct mm_privacy_search *s, const char *file, const unsigned char *b, size_t size)
{
    enum { START_OF_SCAN = 0xDA, APP1 = 0xE1, APP13 = 0xED, COMMENT = 0xFE };
    const struct mm_privacy_place place = {file, file, NULL, false};
    for (size_t at = 2; size - at >= 4 && b[at] == 0xFF && b[at + 1] != START_OF_SCAN;) {
        int marker = b[at + 1];
        size_t length = (size_t)b[at + 2] << 8 | b[at + 3];
        if (length < 2 || length > size - at - 2)
            return;
        if (marker == APP1 || marker == APP13)
            mm_privacy_found(s, &place, "holds %s, which tell of cameras, places and persons",
                             marker == APP1 ? "Exif or XMP data" : "IPTC data");
        else if (marker == COMMENT)
            mm_privacy_look(s, &place, b + at + 4, length - 2);
        at += 2 + length;
    }
}

bool mm_privacy_look_in_image(struct mm_privacy_search *search, const char *file, const unsigned char *bytes,
                              size_t size)
{
    if (size >= 8 && !memcmp(bytes, "\x89PNG\r\n\x1a\n", 8))
        look_in_png(search, file, bytes, size);
    else if (size >= 4 && !memcmp(bytes, "\xff\xd8\xff", 3))
        look_in_jpeg(search, file, bytes, size);
    else
        return false;
    return true;
}
