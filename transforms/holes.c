/* Random boxes. */
#include "transforms/holes.h"

#include "transforms/box.h"

enum mm_status mm_holes_draw(struct mm_arena *arena, const struct mm_holes *holes, const struct mm_volume *image,
                             struct mm_random *random, struct mm_box **out, size_t *count, struct mm_error *err)
{
    enum mm_status s;
    int least[3], most[3];
    if (MM_TRY(s, mm_spatial_sizes(holes->size, "spatial_size", image, least, err)))
        return s;
    memcpy(most, least, sizeof most);
    if (holes->largest->count && MM_TRY(s, mm_spatial_sizes(holes->largest, "max_spatial_size", image, most, err)))
        return s;
    int64_t more = holes->most > holes->count ? holes->most - holes->count : 0;
    *count = (size_t)holes->count + mm_random_below(random, (uint32_t)more + 1);
    *out = mm_arena_array(arena, struct mm_box, *count);
    if (!*out)
        return mm_fail_memory(err, "holes");
    for (size_t i = 0; i < *count; i++) {
        struct mm_box *box = *out + i;
        *box = (struct mm_box){.size = {1, 1, 1}};
        for (int a = 0; a < image->rank; a++) {
            int room = most[a] > least[a] ? most[a] - least[a] : 0;
            int size = least[a] + (int)mm_random_below(random, (uint32_t)room + 1);
            box->size[a] = size < image->size[a] ? size : image->size[a];
        }
        mm_box_place(image, random, box);
    }
    return MM_OK;
}
