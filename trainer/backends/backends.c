/* The list of backends and the choice among them. */
#include "base/text.h"
#include "trainer/backends/backend.h"

#if MM_ONEDNN
extern const struct mm_backend mm_backend_onednn;
#endif
extern const struct mm_backend mm_backend_cpu;

const struct mm_backend *const mm_backends[] = {
#if MM_ONEDNN
    &mm_backend_onednn,
#endif
    &mm_backend_cpu,
    &mm_backend_reference,
    NULL,
};

static bool is_available(const struct mm_backend *backend)
{
    return !backend->available || backend->available();
}

static enum mm_status fail_unknown(const char *name, struct mm_error *err)
{
    struct mm_text names;
    mm_text_init(&names, 1024);
    mm_text_add(&names, "auto");
    for (size_t i = 0; mm_backends[i]; i++)
        mm_text_format(&names, ", %s", mm_backends[i]->name);
    enum mm_status s = mm_fail(err, MM_ERR_USAGE, "unknown backend \"%s\"; there are %s", name, names.bytes);
    mm_text_done(&names);
    return s;
}

/* A backend by name brings those behind it along, for the ops it lacks: "cpu" leaves out oneDNN, "reference"
 * everything else. */
enum mm_status mm_backend_select(const char *name, const struct mm_backend **out, size_t *count,
                                 const struct mm_device_type **device, struct mm_error *err)
{
    size_t first = 0;
    *count = 0;
    if (strcmp(name, "auto") == 0)
        while (!is_available(mm_backends[first]))
            first++;
    else
        while (mm_backends[first] && strcmp(mm_backends[first]->name, name) != 0)
            first++;
    if (!mm_backends[first])
        return fail_unknown(name, err);
    if (!is_available(mm_backends[first]))
        return mm_fail(err, MM_ERR_DEVICE, "backend \"%s\" does not work on this machine", name);
    *device = mm_backends[first]->device;
    for (size_t i = first; mm_backends[i]; i++)
        if (mm_backends[i]->device == *device && is_available(mm_backends[i]))
            out[(*count)++] = mm_backends[i];
    return MM_OK;
}
