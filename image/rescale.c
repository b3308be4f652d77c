/* Rescaling at once and later. */
#include "image/rescale.h"

void mm_rescale_run(float *x, size_t n, float by, float plus)
{
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] * by + plus;
}

void mm_rescale_run_all(const struct mm_rescale *rescale, float *x, size_t n)
{
    if (!rescale)
        return;
    mm_rescale_run_all(rescale->before, x, n);
    mm_rescale_run(x, n, rescale->by, rescale->plus);
}

struct mm_volume *mm_volume_rescale_later(struct mm_arena *arena, const struct mm_volume *from, double by,
                                          double plus)
{
    struct mm_volume *view = mm_volume_view(arena, from);
    struct mm_rescale *rescale = mm_arena_new(arena, struct mm_rescale);
    if (!view || !rescale)
        return NULL;
    *rescale = (struct mm_rescale){.by = (float)by, .plus = (float)plus, .before = from->rescale};
    view->rescale = rescale;
    return view;
}
